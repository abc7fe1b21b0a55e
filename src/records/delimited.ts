import { InputError } from '../errors.ts';
import type { DelimitedRecord, Newline } from './delimited-record.ts';
import { DelimitedRow } from './delimited-row.ts';
import {
  type FormatReader,
  type ReaderOptions,
  type ResumedText,
  type RowsRequest,
  skipItems,
} from './format-reader.ts';
import { precede } from './precede.ts';
import { RecordScanner, type ScannerOptions } from './record-scanner.ts';
import type { Row } from './row.ts';

export interface DelimitedOptions extends ReaderOptions {
  delimiter: string;
  newline: Newline;
  /** Whether the first record names the columns. */
  hasHeader: boolean;
}

/**
 * Reads CSV or TSV: {@link RecordScanner} says how. Without a header the columns are `column_1`, ...
 * @param chunks - UTF-8 without byte order mark
 * @throws {InputError} when there is no first record, or it is a bad one.
 */
export async function openDelimited(
  chunks: AsyncGenerator<Buffer>,
  options: DelimitedOptions,
): Promise<FormatReader> {
  const { file, newline, hasHeader } = options;
  const batches = readBatches(chunks, options);
  const [first, rest] = await takeFirst(file, hasHeader, batches);
  const cells = first.cells();
  const columns = hasHeader ? cells : cells.map((_, index) => `column_${index + 1}`);
  const all = hasHeader ? rest : precede([[first]], rest);
  /** Every record has as many cells as the first one of its file, wherever reading starts. */
  const readOn = (from: ResumedText): AsyncGenerator<DelimitedRecord[]> =>
    readBatches(from.chunks, {
      ...options,
      line: from.line,
      byteOffset: from.byteOffset,
      width: cells.length,
    });
  return {
    columns,
    newline,
    rows: (request) =>
      toRows(file, columns, request.from === undefined ? all : readOn(request.from), request),
    places: () => all,
  };
}

/** The first record, and the batches that follow it. */
async function takeFirst(
  file: string,
  hasHeader: boolean,
  batches: AsyncGenerator<DelimitedRecord[]>,
): Promise<[first: DelimitedRecord, rest: AsyncGenerator<DelimitedRecord[]>]> {
  const next = await batches.next();
  const [first, ...records] = next.done === true ? [] : next.value;
  if (first === undefined) {
    const hint = hasHeader
      ? 'Expected a first line with the names of the columns.'
      : 'Expected at least one row, which tells the number of columns.';
    throw new InputError('EMPTY_INPUT', 'the input is empty', { file }, { hint });
  }
  return [first, precede(records.length === 0 ? [] : [records], batches)];
}

async function* readBatches(
  chunks: AsyncGenerator<Buffer>,
  options: ScannerOptions,
): AsyncGenerator<DelimitedRecord[]> {
  const scanner = new RecordScanner(options);
  for await (const chunk of chunks) yield* scanner.scan(chunk);
  yield* scanner.scan(undefined);
}

async function* toRows(
  file: string,
  columns: string[],
  batches: AsyncGenerator<DelimitedRecord[]>,
  request: RowsRequest,
): AsyncGenerator<Row[]> {
  const places = request.textColumns.map((column) => columns.indexOf(column));
  let { ordinal } = request;
  for await (const records of skipItems(batches, request.skip)) {
    yield records.map((record) => new DelimitedRow(ordinal++, file, record, places));
  }
}
