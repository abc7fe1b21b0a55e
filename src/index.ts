/** voxpop's public API. */
/// <reference types="node" preserve="true" />
export { score } from './score.ts';
export type { ScoreHooks, ScoreSummary } from './score.ts';
export { planScore } from './score-plan.ts';
export type { ScorePlan } from './score-plan.ts';
export type { ScoreProgress } from './scoring.ts';
export { merge } from './merge.ts';
export type { MergeSummary } from './merge.ts';
export type { MergeOptions } from './merge-options.ts';
export type { ScoreOptions } from './score-options.ts';
export type { RecordFormat as FileFormat } from './records/row.ts';
export type { ScoresShown as ScoreColumns } from './records/prediction-view.ts';
export { loadPredictor, Predictor } from './predictor/predictor.ts';
export type {
  MultiLabelPrediction,
  Prediction,
  PredictorOptions,
  SingleLabelPrediction,
} from './predictor/predictor.ts';
export { evaluate } from './evaluate/evaluate.ts';
export type { EvaluateHooks } from './evaluate/evaluate.ts';
export type { Evaluation } from './evaluate/evaluation-run.ts';
export type { EvaluateOptions } from './evaluate/options.ts';
export type { EvaluationDocument } from './evaluate/evaluation-document.ts';
export { compare } from './compare/compare.ts';
export type { Comparison } from './compare/compare.ts';
export type { CompareOptions } from './compare/options.ts';
export type { ComparisonDocument } from './compare/comparison-document.ts';
export { formatReport, report } from './report/report.ts';
export type { ReportFormat, ReportOptions } from './report/options.ts';
export type { ReportDocument } from './report/report-document.ts';
export { review } from './review/review.ts';
export { reviewPage } from './review/page.ts';
export type { Review } from './review/review.ts';
export type { ReviewOptions } from './review/options.ts';
export { explain } from './explain.ts';
export type { ExplainedPrediction, ExplainTextOptions as ExplainOptions } from './explain.ts';
export { teach } from './teach/teach.ts';
export type { Taught, TeachHooks } from './teach/teach.ts';
export type { TeachOptions } from './teach/options.ts';
export type { TeachDocument } from './teach/teach-document.ts';
export type { LabelMap } from './pipeline/label-map.ts';
export { loadBundle } from './bundle/load-bundle.ts';
export type { Bundle, BundleDescription } from './bundle/load-bundle.ts';
export type {
  BundleGate,
  BundleJson as BundleManifest,
  BundleTask,
  BundleVectors,
} from './bundle/bundle-json.ts';
export { verifyBundle } from './predictor/verify-bundle.ts';
export type { BundleVerification } from './predictor/verify-bundle.ts';
export type { ProbeComparison } from './predictor/check-probes.ts';
export {
  BundleError,
  exitCodes,
  InputError,
  OutputError,
  PredictError,
  RejectsError,
  UsageError,
  VoxpopError,
} from './errors.ts';
