import type { ScoringOptions } from './options.ts';
import { explainTexts } from './pipeline/explain-texts.ts';
import { loadPredictor } from './predictor/predictor.ts';
import type { CarryingPart } from './records/explained-label.ts';
import { isNonAnswer } from './text/non-answers.ts';

/** Options that a caller of `explain` may set. */
export interface ExplainTextOptions extends Pick<
  ScoringOptions,
  'tasks' | 'threshold' | 'model' | 'keepNonAnswers'
> {
  text: string;
}

/** A label of a text and the words that carried it. */
export interface ExplainedPrediction {
  task: string;
  label: string;
  score: number;
  /** In their order, with offsets in UTF-16 units; none where the label stays whatever is left out. */
  parts: CarryingPart[];
}

/**
 * Labels one text, and finds the words that carried each label: what `voxpop explain` does.
 * @returns labels in the order of the bundle; none for a text that says nothing
 * @throws BundleError, UsageError, PredictError
 */
export async function explain(options: ExplainTextOptions): Promise<ExplainedPrediction[]> {
  const { text, tasks, threshold = {}, model, keepNonAnswers } = options;
  const predictor = await loadPredictor(model, {
    tasks,
    thresholds: threshold,
    keepNonAnswers,
    readWhole: true,
  });
  // As in `score`: what would be a non-answer there has no labels here.
  if (keepNonAnswers !== true && isNonAnswer(text)) return [];
  const thresholds = predictor.tasks.flatMap(({ name, labels, thresholds: own }) =>
    labels.map((_, label) => threshold[name] ?? own?.[label] ?? 0),
  );
  const predictions = await predictor.predictShard([text]);
  const [labels = []] = await explainTexts([text], predictions, {
    tasks: predictor.tasks,
    thresholds,
    predict: (texts) => predictor.predictShard(texts),
  });
  const names = predictor.tasks.flatMap(({ name, labels: own }) => own.map((label) => [name, label]));
  return labels.map(({ task, label, parts }) => {
    const place = names.findIndex(([name, own]) => name === task && own === label);
    return { task, label, score: predictions.scores[place] as number, parts };
  });
}
