/** voxpop's public API. */
export { score, planScore } from './score.ts';
export type { ScoreHooks, ScorePlan, ScoreProgress, ScoreSummary } from './score.ts';
export type { FileFormat, ScoreColumns, ScoreOptions } from './options.ts';
export { loadPredictor, Predictor } from './predictor/predictor.ts';
export type {
  MultiLabelPrediction,
  Prediction,
  PredictorOptions,
  SingleLabelPrediction,
} from './predictor/predictor.ts';
export { loadBundle } from './bundle/load-bundle.ts';
export type { Bundle } from './bundle/load-bundle.ts';
export type { BundleManifest, BundleTask } from './bundle/manifest.ts';
export { verifyBundle } from './predictor/verify-bundle.ts';
export type { BundleVerification } from './predictor/verify-bundle.ts';
export {
  BundleError,
  exitCodes,
  InputError,
  OutputError,
  PredictError,
  UsageError,
  VoxpopError,
} from './errors.ts';
