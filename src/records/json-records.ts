import {
  type FormatReader,
  type ReaderOptions,
  type ResumedText,
  type RowsRequest,
  type Sample,
  skipItems,
} from './format-reader.ts';
import { valueText } from './column-reader.ts';
import { isJsonObject, type JsonObject, leafPaths, topLevelFields, valueAt } from './json-fields.ts';
import { invalidJson, notAnObject, textNotScalar } from './json-fault.ts';
import { Lookahead } from './lookahead.ts';
import type { Row } from './row.ts';
import { faultError, rejectReason, type RowFault } from './row-fault.ts';
import { sampledBytes, sampledRecords } from './sample-records.ts';
import { isBlank, type JsonText } from './split-lines.ts';

/** Bad records looked through at the start for an object whose keys are the columns. */
const recordsUntilUnknown = 100;

/** Cuts the text of a file into the texts of its records; from the middle of a file when reading goes on there. */
export type JsonSplitter = (
  chunks: AsyncGenerator<Buffer>,
  options: ReaderOptions,
  isResumed: boolean,
) => AsyncGenerator<JsonText[]>;

/**
 * Reads records that are JSON objects, one per line or however they are split. Each is kept as it stands.
 * @param chunks - UTF-8 without byte order mark
 * @throws {InputError} when the first record is not a JSON object, unless bad rows are rejected.
 */
export async function openJsonRecords(
  chunks: AsyncGenerator<Buffer>,
  options: ReaderOptions,
  split: JsonSplitter,
): Promise<FormatReader> {
  const ahead = new Lookahead(split(chunks, options, false));
  const isObject = (one: JsonText): boolean => !isBlank(one.text) && 'value' in parseRecord(one, options);
  // Where every line counts, none waits for a later one.
  const taken = await ahead.first(options.everyLine ? 1 : recordsUntilUnknown, isObject);
  const first = taken.find(isObject);
  const bad = taken.find(({ text }) => !isBlank(text));
  if (first !== bad && bad !== undefined && !options.rejectRows) {
    const record = parseRecord(bad, options);
    if ('fault' in record) throw faultError(options.file, record.fault);
  }
  if (taken.length === 0 && ahead.failure !== undefined) throw ahead.failure.error;
  const columns = first === undefined ? [] : topLevelFields(first.text).map(({ key }) => key);
  const newline = (first ?? taken[0])?.carriageReturn === true ? '\r\n' : '\n';
  const readOn = ({ chunks: rest, line, byteOffset }: ResumedText): AsyncGenerator<JsonText[]> =>
    split(rest, { ...options, line, byteOffset }, true);
  return {
    columns: [...new Set(columns)],
    newline,
    headerRows: 0,
    questions: undefined,
    sample: async () => {
      const records = await ahead.first(sampledRecords, undefined, {
        sizeOf: ({ text }) => text.length,
        maxSize: sampledBytes,
      });
      const values = records.flatMap((record) => {
        const parsed = parseRecord(record, options);
        return 'value' in parsed ? [parsed.value] : [];
      });
      return sampleOf(values);
    },
    notices: () => [],
    rows: (request) =>
      toRows(request.from === undefined ? ahead.all() : readOn(request.from), request, options),
    places: () => ahead.all(),
  };
}

async function* toRows(
  batches: AsyncGenerator<JsonText[]>,
  request: RowsRequest,
  options: ReaderOptions,
): AsyncGenerator<Row[]> {
  const { file, rejectRows } = options;
  let { ordinal } = request;
  for await (const lines of skipItems(batches, request.skip)) {
    const rows: Row[] = [];
    let failure: RowFault | undefined;
    for (const each of lines) {
      const { line, byteOffset, text } = each;
      const record = readRecord(each, request, options);
      const place = { ordinal, file, line, byteOffset };
      if ('texts' in record) {
        rows.push({ ...place, texts: record.texts, json: text });
      } else if (rejectRows) {
        const texts = request.textColumns.map(() => '');
        rows.push({ ...place, texts, rejected: rejectReason(record.fault, text) });
      } else {
        failure = record.fault;
        break;
      }
      ordinal++;
    }
    if (rows.length > 0) yield rows;
    if (failure !== undefined) throw faultError(file, failure);
  }
}

/** How far inside of a record texts are looked for. */
const sampledDepth = 5;

/** Values by path: those of the top first, then what lies inside of objects and first elements of lists. */
function sampleOf(records: readonly JsonObject[]): Sample {
  const top = records.flatMap((record) => Object.keys(record));
  const inner = records.flatMap((record) => leafPaths(record, sampledDepth));
  return [...new Set([...top, ...inner])].map((reference) => ({
    reference,
    values: records.map((record) => valueText(valueAt(record, reference))),
  }));
}

/** The texts of a record, or why there are none. */
function readRecord(
  line: JsonText,
  request: RowsRequest,
  options: ReaderOptions,
): { texts: string[] } | { fault: RowFault } {
  if (line.fault === undefined && isBlank(line.text)) return { texts: request.textColumns.map(() => '') };
  const record = parseRecord(line, options);
  if ('fault' in record) return record;
  const texts: string[] = [];
  for (const [index, path] of request.textColumns.entries()) {
    const value = valueAt(record.value, path);
    if (value !== undefined) request.found[index] = true;
    const text = textOf(value);
    if (text === undefined) return { fault: textNotScalar(line.line, path, value, options) };
    texts.push(text);
  }
  return { texts };
}

function parseRecord(
  { text, line, fault }: JsonText,
  { file }: ReaderOptions,
): { value: JsonObject } | { fault: RowFault } {
  if (fault !== undefined) return { fault };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return { fault: invalidJson(file, line, text, cause as Error) };
  }
  return isJsonObject(value) ? { value } : { fault: notAnObject(file, line, text, value) };
}

/** @returns undefined for an object or an array. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? undefined : JSON.stringify(value);
}
