import type { BundleTask } from '../bundle/bundle-json.ts';

/** A task with what decides on its labels. */
export interface TaskDecoder {
  task: BundleTask;
  /** Position of its first label among the labels of all scored tasks. */
  offset: number;
  /** Per label; a single-label task has the same for each, 0 unless asked for. */
  thresholds: number[];
}

/**
 * Turns a text's logits into scores and assigned labels. Single-label: softmax, and the best label if it
 * reaches the threshold. Multi-label: sigmoid, and every label that reaches its own.
 * Computed in float64 from the row alone, so that it is the same everywhere.
 * @param logits float32 [batch, labels]
 * @param row of the batch
 * @param scores float32, written from `at`
 * @param assigned uint8, written from `at`
 * @returns false when a logit is not a finite number
 */
export function decodeRow(
  { task, thresholds }: TaskDecoder,
  logits: Float32Array,
  row: number,
  scores: Float32Array,
  assigned: Uint8Array,
  at: number,
): boolean {
  const labels = task.labels.length;
  const first = row * labels;
  let best = 0;
  for (let label = 0; label < labels; label++) {
    if (!Number.isFinite(logits[first + label])) return false;
    if ((logits[first + label] as number) > (logits[first + best] as number)) best = label;
  }
  if (task.problemType === 'single_label_classification') {
    const largest = logits[first + best] as number;
    let sum = 0;
    for (let label = 0; label < labels; label++) sum += Math.exp((logits[first + label] as number) - largest);
    for (let label = 0; label < labels; label++) {
      scores[at + label] = Math.exp((logits[first + label] as number) - largest) / sum;
    }
    if ((scores[at + best] as number) >= (thresholds[best] as number)) assigned[at + best] = 1;
    return true;
  }
  for (let label = 0; label < labels; label++) {
    const score = 1 / (1 + Math.exp(-(logits[first + label] as number)));
    scores[at + label] = score;
    if (score >= (thresholds[label] as number)) assigned[at + label] = 1;
  }
  return true;
}
