/** What crosses the thread boundary between the pipeline and its workers. */

export type ProblemType = 'single_label_classification' | 'multi_label_classification';

/** A task as the streams side sees it: names only, in the order of the bundle. */
export interface TaskLayout {
  name: string;
  problemType: ProblemType;
  /** Labels in the order of the logits. */
  labels: string[];
}

/** Labels of all the tasks together: the width of a row of `ShardPredictions.scores`. */
export function labelCountOf(tasks: readonly Pick<TaskLayout, 'labels'>[]): number {
  return tasks.reduce((sum, { labels }) => sum + labels.length, 0);
}

/** Bits of `ShardPredictions.flags`. */
export const textFlags = {
  /** Nothing to score: no token is left after normalisation. */
  empty: 1,
  /** Only the first `max_length` tokens were scored. */
  truncated: 2,
  /** The bundle's gate says that it is no feedback: tasks other than the gate's have no labels, and scores of 0. */
  noFeedback: 4,
} as const;

/** Whether a task's labels were silenced: scores are above 0 wherever a model gave them. */
export function isSilenced(scores: Float32Array, from: number, labels: number): boolean {
  for (let label = from; label < from + labels; label++) if (scores[label] !== 0) return false;
  return true;
}

/** Rows sent to a worker in one message; `texts` holds all text columns of a row side by side. */
export interface Shard {
  texts: string[];
  /** Ask for sentence vectors in place of predictions. */
  vectors?: true;
}

/**
 * Predictions for the texts of a shard, as a worker sends them. `labels` below is the number of labels of all scored
 * tasks.
 */
export interface ShardPredictions {
  /** Scores after softmax or sigmoid, float32 [texts, labels], tasks side by side in bundle order. */
  scores: Float32Array;
  /** 1 where the label is assigned to the text, uint8 [texts, labels]. */
  assigned: Uint8Array;
  /** `textFlags` of each text, uint8 [texts]. */
  flags: Uint8Array;
  counts: PredictCounts;
}

export interface PredictCounts {
  /** Texts that took over the prediction of an equal text in the same call. */
  duplicates: number;
  /** Tokens that the model saw, special tokens included, padding not. */
  tokens: number;
  /** Tokens that the model computed: `batch * sequence`, summed. */
  paddedTokens: number;
  batches: number;
  /** Time that a worker took, in ms. */
  computeMs: number;
  /** Texts of which the prediction was found in a cache; like `misses`, texts that are empty are not counted. */
  hits: number;
  /** Texts that were looked for in a cache, and computed. */
  misses: number;
  /** Time that the hits would have taken a worker, in ms. */
  savedMs: number;
}

/** Predictions of texts of which nothing is known yet; for no texts, where there is nothing to score. */
export function blankPredictions(texts: number, labelCount: number): ShardPredictions {
  return {
    scores: new Float32Array(texts * labelCount),
    assigned: new Uint8Array(texts * labelCount),
    flags: new Uint8Array(texts),
    counts: {
      duplicates: 0,
      tokens: 0,
      paddedTokens: 0,
      batches: 0,
      computeMs: 0,
      hits: 0,
      misses: 0,
      savedMs: 0,
    },
  };
}

/** Copies one text's prediction from one shard to another. */
export function copyPrediction(
  to: PredictionArrays,
  toText: number,
  from: PredictionArrays,
  fromText: number,
  labelCount: number,
): void {
  const [target, start] = [toText * labelCount, fromText * labelCount];
  to.scores.set(from.scores.subarray(start, start + labelCount), target);
  to.assigned.set(from.assigned.subarray(start, start + labelCount), target);
  to.flags[toText] = from.flags[fromText] as number;
}

/** What is known of texts, without what it took to find it out. */
export type PredictionArrays = Omit<ShardPredictions, 'counts'>;

/** An error on its way out of a worker: classes do not survive the thread boundary. */
export interface Fault {
  kind: 'VoxpopError' | 'UsageError' | 'BundleError' | 'PredictError';
  code: string;
  exitCode: number;
  message: string;
  hint: string | undefined;
}

/** Sentence vectors of a shard, float32 [size] each; undefined for a text of which the tokenizer leaves nothing. */
export type ShardVectors = (Float32Array | undefined)[];

export type ShardReply = { predictions: ShardPredictions } | { vectors: ShardVectors } | { fault: Fault };

/** A shard on its way to a worker. */
export interface ShardRequest extends Shard {
  /** Names it in signs of life. */
  id: number;
}

/** Sent by each worker once, when its model is loaded or turned out not to be loadable. */
export interface WorkerLoaded {
  /** The worker's `threadId`. */
  loaded: number;
}

/** What a worker does with a shard: it reads texts, or runs the model, which is native code. */
export type WorkPhase = 'texts' | 'model';

/** Sent by a worker when it begins with a phase of a shard, and now and then while it is at it. */
export interface WorkerAlive {
  /** The shard's `id`. */
  alive: number;
  phase: WorkPhase;
  /** The worker's `threadId`. */
  thread: number;
}

/** Given to each worker once, at its start. */
export interface WorkerSettings {
  bundlePath: string;
  /** What the bundle was when it was checked; undefined: it may be any. */
  bundleSha256: string | undefined;
  /** Tasks to score, in any order; all when absent. */
  tasks: string[] | undefined;
  /** Threshold per multi-label task, in place of the bundle's thresholds per label. */
  thresholds: Record<string, number>;
  /** Padded tokens per batch at most. */
  maxBatchTokens: number;
  /** Score row by row: one text per `session.run`. */
  deterministic: boolean;
  /** Whether texts that the bundle's gate calls no feedback get the labels of the other tasks all the same. */
  keepNonAnswers: boolean;
  /** Whether texts that are longer than `max_length` are read whole, part by part. */
  readWhole: boolean;
}
