import { getOrInsert } from '../collections.ts';

/** Padded tokens per batch unless asked for otherwise; larger batches were no faster when measured, and take more memory. */
export const defaultMaxBatchTokens = 512;

/** Texts that go through the model in one `session.run`, dims `[batch, sequence]`. */
export interface Batch {
  /** Indices of the texts. */
  texts: number[];
  /** Tokens per text, padding included. */
  sequence: number;
}

/**
 * Cuts texts into batches of one sequence length each, at most `maxBatchTokens` padded tokens in a batch
 * (one text may exceed it). A text's sequence length follows from its own length alone, never from its
 * neighbours: what the model computes for it is then the same in every batch.
 * @param lengths tokens per text; texts of length 0 are left out
 * @param maxLength of the bundle; no sequence is longer
 */
export function cutBatches(lengths: ArrayLike<number>, maxLength: number, maxBatchTokens: number): Batch[] {
  const bySequence = new Map<number, number[]>();
  for (let text = 0; text < lengths.length; text++) {
    const length = lengths[text] as number;
    if (length === 0) continue;
    const sequence = Math.min(sequenceLength(length), maxLength);
    getOrInsert(bySequence, sequence, () => []).push(text);
  }
  const batches: Batch[] = [];
  for (const [sequence, texts] of [...bySequence].toSorted(([a], [b]) => a - b)) {
    const size = Math.max(1, Math.floor(maxBatchTokens / sequence));
    for (let from = 0; from < texts.length; from += size) {
      batches.push({ texts: texts.slice(from, from + size), sequence });
    }
  }
  return batches;
}

/**
 * Tokens that a text of `length` tokens is padded to: short texts, which are most, not at all; long ones to a
 * multiple of 4 or 8, because exact lengths would leave them in batches of one.
 */
export function sequenceLength(length: number): number {
  const step = length <= 32 ? 1 : length <= 64 ? 4 : 8;
  return Math.ceil(length / step) * step;
}
