import { type Random, seededRandom } from '../random.ts';
import { openRecords } from '../records/open-records.ts';
import type { RecordsOptions } from '../records/records-options.ts';
import type { Row } from '../records/row.ts';

/** A random sample of the rows of all inputs, each row with the same chance. */
export interface SamplePlan {
  /** Rows that are drawn. */
  rows: number;
  /** Rows that there are. */
  inputRows: number;
  seed: number;
}

/**
 * Counts the rows to draw from, those of headers apart. They are read again when the sample is drawn: kept rows would
 * need memory, and would have to be put in order.
 * @throws InputError
 */
export async function planSample(
  options: RecordsOptions,
  { size, seed, signal }: { size: number; seed: number; signal: AbortSignal | undefined },
): Promise<SamplePlan> {
  const records = await openRecords({ ...options, onBytes: undefined });
  let inputRows = 0;
  try {
    for await (const rows of records.rows([])) {
      signal?.throwIfAborted();
      for (const { isHeader } of rows) if (isHeader !== true) inputRows++;
    }
  } finally {
    await records.close();
  }
  return { rows: Math.min(size, inputRows), inputRows, seed };
}

/** The rows of a sample, in input order, and those of headers, which say what the others are. */
export async function* drawSample(
  batches: AsyncIterable<Row[]>,
  { rows, inputRows, seed }: SamplePlan,
): AsyncGenerator<Row[]> {
  const draw = drawer({ rows, inputRows }, seededRandom(seed));
  for await (const batch of batches) {
    const drawn = batch.filter(({ isHeader }) => isHeader === true || draw());
    // Each would otherwise keep all that was read along with it.
    if (drawn.length > 0) yield drawn.map((row) => row.alone?.() ?? row);
  }
}

/** All rows, those of a sample marked to be explained. */
export async function* markSample(
  batches: AsyncIterable<Row[]>,
  { rows, inputRows, seed }: SamplePlan,
): AsyncGenerator<Row[]> {
  const draw = drawer({ rows, inputRows }, seededRandom(seed));
  for await (const batch of batches) {
    for (const row of batch) if (row.isHeader !== true && draw()) row.isExplained = true;
    yield batch;
  }
}

/** Says of one row after another whether it is drawn, exactly as many as wanted (Knuth's algorithm S). */
function drawer({ rows, inputRows }: Omit<SamplePlan, 'seed'>, random: Random): () => boolean {
  let left = inputRows;
  let wanted = rows;
  return () => {
    const isDrawn = random() * left < wanted;
    left--;
    if (isDrawn) wanted--;
    return isDrawn;
  };
}
