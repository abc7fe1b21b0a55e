import { UsageError } from '../errors.ts';
import { openRecords, type RowStart } from '../records/open-records.ts';
import type { RecordsOptions } from '../records/records-options.ts';
import { startAt, surveyRows } from '../records/survey.ts';
import { identifyInputs, InputLog, type InputRead } from './input-log.ts';
import { type Slice, sliceRows } from './slice.ts';

/** A slice whose rows were found in the inputs. */
export interface SlicePlan extends Slice {
  /** Rows of all inputs that come before the slice. */
  firstRow: number;
  rows: number;
  inputRows: number;
  start: RowStart;
  /** Hashes over all bytes of the inputs, which tell what this is a slice of. */
  read: InputRead[];
}

export interface SliceRequest {
  slice: Slice;
  inputs: string[];
  records: RecordsOptions;
  textColumns: string[];
  /** Rows to share out at most. */
  limit: number;
  rowsPerCut: number;
  signal?: AbortSignal | undefined;
}

/**
 * Looks through the inputs to find a part of their rows. Each part does this for itself: reading takes seconds where
 * scoring takes hours, and it tells that all parts are of the same bytes.
 * @throws InputError
 */
export async function planSlice(request: SliceRequest): Promise<SlicePlan> {
  const { slice, inputs, records } = request;
  await requireTexts(records, request.textColumns);
  const log = new InputLog(inputs.length);
  const onBytes = (bytes: Uint8Array, input: number): void => log.add(bytes, input);
  const survey = await surveyRows({ ...records, onBytes }, request.limit, request.signal);
  await log.readToEnd(inputs);
  const part = sliceRows(slice, survey.rows, request.rowsPerCut);
  const start = startAt(survey, part.firstRow);
  return { ...slice, ...part, inputRows: survey.rows, start, read: log.read() };
}

/**
 * Refuses inputs that cannot be read twice, as slices and samples have to be.
 * @param option - without dashes
 * @throws UsageError when an input cannot be read twice
 */
export async function requireFiles(
  inputs: readonly string[],
  option: 'shard' | 'sample' | 'explain-sample',
): Promise<void> {
  const stream = (await identifyInputs(inputs)).find(({ bytes }) => bytes === undefined);
  if (stream === undefined) return;
  const name = stream.path === '-' ? 'stdin' : stream.path;
  const code = option === 'shard' ? 'SHARD_OF_STREAM' : 'SAMPLE_OF_STREAM';
  throw new UsageError(code, `Expected files along with --${option}, got ${name}`, {
    hint: `A ${option} reads its inputs twice, the first time to count the rows: write them to a file.`,
  });
}

/** Reads the first rows to tell whether they have the text columns, whichever part of the rows is scored. */
async function requireTexts(options: RecordsOptions, textColumns: string[]): Promise<void> {
  const records = await openRecords(options);
  try {
    for await (const rows of records.rows(textColumns)) {
      if (rows.some(({ rejected }) => rejected === undefined)) return;
    }
  } finally {
    await records.close();
  }
}
