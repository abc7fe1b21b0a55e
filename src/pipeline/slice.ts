import { UsageError } from '../errors.ts';

/** Which part of the rows a run takes, as `--shard index/of` says: one machine's share of the work. */
export interface Slice {
  /** Number of this slice, from 0. */
  index: number;
  of: number;
}

/**
 * Reads a slice such as `3/16`.
 * @throws UsageError unless it is like 3/16
 */
export function parseSlice(text: string): Slice {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  const slice = { index: Number(match?.[1]), of: Number(match?.[2]) };
  if (match !== null && slice.index < slice.of) return slice;
  const range = match !== null && slice.of > 0 ? `0/${slice.of} to ${slice.of - 1}/${slice.of}` : '0/16';
  throw new UsageError('SHARD_INVALID', `Expected --shard to be i/n like ${range}, got ${text}`, {
    hint: 'Shards count from 0: the first of two is 0/2, the last one 1/2. In an array of jobs: --shard auto.',
  });
}

/**
 * The rows of a slice. Slices follow each other without gap, differ by one cut at most, and the first one is never
 * empty if there is any row.
 * @param rowsPerCut slices begin at multiples of it
 */
export function sliceRows(
  { index, of }: Slice,
  rows: number,
  rowsPerCut: number,
): { firstRow: number; rows: number } {
  const cuts = Math.ceil(rows / rowsPerCut);
  const start = (slice: number): number => Math.min(rows, Math.ceil((cuts * slice) / of) * rowsPerCut);
  return { firstRow: start(index), rows: start(index + 1) - start(index) };
}
