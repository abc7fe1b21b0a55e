import type { TaskDecoder } from './decode.ts';

/**
 * Tokens of a part of a text that is longer than the model reads at once, about. Parts as long as comments mostly are
 * were read better than parts of full length.
 */
export const longTextPartTokens = 64;

/**
 * Makes of the scores of a text's parts those of the text. Of one label only: their mean, and the best label if it
 * reaches the threshold. Of several: the highest, as a long text has everything that a part of it has.
 * @param rows places of the parts in `scores` and `assigned`; the first one is that of the text
 * @param width labels in a row
 */
export function joinParts(
  { task, offset, thresholds }: TaskDecoder,
  rows: readonly number[],
  scores: Float32Array,
  assigned: Uint8Array,
  width: number,
): void {
  const to = (rows[0] as number) * width + offset;
  const isSingle = task.problemType === 'single_label_classification';
  let best = 0;
  for (let label = 0; label < task.labels.length; label++) {
    const parts = rows.map((row) => scores[row * width + offset + label] as number);
    const score = isSingle ? parts.reduce((sum, part) => sum + part, 0) / parts.length : Math.max(...parts);
    scores[to + label] = score;
    assigned[to + label] = !isSingle && score >= (thresholds[label] as number) ? 1 : 0;
    if (score > (scores[to + best] as number)) best = label;
  }
  if (isSingle && (scores[to + best] as number) >= (thresholds[best] as number)) assigned[to + best] = 1;
}
