import { openRecords, type RowStart } from './open-records.ts';
import type { RecordsOptions } from './records-options.ts';

/** Rows between two places that are kept, so that those of any number of rows fit into memory. */
const markRows = 8192;

/** How many rows there are, and where some of them start. */
export interface Survey {
  rows: number;
  /** Places of the first row of each input, and of a row now and then, in their order. */
  marks: RowMark[];
}

type RowMark = Omit<RowStart, 'skip'>;

/**
 * Counts rows and notes where they start, without a look into them: CSV and TSV are cut into records, JSON Lines
 * into lines, nothing is parsed. Ends early after `limit` rows.
 * @throws {InputError} for what reading the rows would find wrong, except inside a JSON line
 */
export async function surveyRows(
  options: RecordsOptions,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Survey> {
  const marks: RowMark[] = [];
  let rows = 0;
  /** Input of the last mark, by its place among the inputs. */
  let input = -1;
  const records = await openRecords(options);
  try {
    if (limit === 0) return { rows, marks };
    for await (const batch of records.places()) {
      signal?.throwIfAborted();
      for (const place of batch.places) {
        if (batch.input !== input) {
          input = batch.input;
          marks.push({ input, ordinal: rows, place: undefined });
        } else if (batch.canStart && rows % markRows === 0) {
          marks.push({ input, ordinal: rows, place: { line: place.line, byteOffset: place.byteOffset } });
        }
        if (++rows === limit) return { rows, marks };
      }
    }
    return { rows, marks };
  } finally {
    await records.close();
  }
}

/** How to begin with a row: from the nearest mark before it. */
export function startAt({ marks }: Survey, ordinal: number): RowStart {
  const mark = marks.findLast((each) => each.ordinal <= ordinal) ?? {
    input: 0,
    ordinal: 0,
    place: undefined,
  };
  return { ...mark, skip: ordinal - mark.ordinal };
}
