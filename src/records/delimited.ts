import { InputError } from '../errors.ts';
import { columnPlace, columnReference } from './column-place.ts';
import type { DelimitedRecord, Dialect } from './delimited-record.ts';
import { DelimitedRow } from './delimited-row.ts';
import {
  type FormatReader,
  type ReaderOptions,
  type ResumedText,
  type RowsRequest,
  skipItems,
} from './format-reader.ts';
import { findHeaderRows } from './header-rows.ts';
import { HeaderTexts } from './header-texts.ts';
import { Lookahead } from './lookahead.ts';
import { RecordScanner, type ScannerOptions } from './record-scanner.ts';
import type { Row } from './row.ts';
import { sampledBytes, sampledRecords } from './sample-records.ts';

export interface DelimitedOptions extends ReaderOptions, Dialect {
  isDoubledReturn: boolean;
  /** Whether the first record names the columns. */
  hasHeader: boolean;
  /** Rows of the header, names included, where somebody said how many. */
  headerRows: number | undefined;
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
  const merged = new MergedRows();
  const scanner = { ...options, onMergedRows: (line: number) => merged.add(line) };
  const ahead = new Lookahead(readBatches(chunks, scanner));
  const [first, ...below] = await ahead.first(1 + sampledRecords, undefined, {
    sizeOf: ({ size }) => size,
    maxSize: sampledBytes,
  });
  if (first === undefined) throw ahead.failure?.error ?? emptyInput(file, hasHeader);
  const cells = first.cells();
  const columns = hasHeader ? cells : cells.map((_, index) => `column_${index + 1}`);
  const good = (hasHeader ? below : [first, ...below]).filter(({ rejected }) => rejected === undefined);
  const values = good.map((record) => record.cells());
  const place = { file, line: below[0]?.line ?? first.line };
  const header = hasHeader
    ? findHeaderRows(columns, values, { ...place, told: options.headerRows })
    : { count: 0, questions: undefined };
  const headerTexts = hasHeader ? new HeaderTexts(first, good.slice(0, header.count)) : undefined;
  /** Every record has as many cells as the first one of its file, wherever reading starts. */
  const readOn = (from: ResumedText): AsyncGenerator<DelimitedRecord[]> =>
    readBatches(from.chunks, {
      ...scanner,
      line: from.line,
      byteOffset: from.byteOffset,
      width: cells.length,
    });
  const all = (): AsyncGenerator<DelimitedRecord[]> => ahead.all(hasHeader ? 1 : 0);
  return {
    columns,
    newline,
    headerRows: header.count,
    questions: header.questions,
    sample: async () =>
      columns.map((_, column) => ({
        reference: columnReference(columns, column),
        values: values.slice(header.count).map((row) => row[column] ?? ''),
      })),
    notices: () => [...merged.notices(), ...(headerTexts?.notices() ?? [])],
    rows: (request) =>
      toRows(request.from === undefined ? all() : readOn(request.from), request, {
        file,
        columns,
        headerTexts,
      }),
    places: all,
  };
}

function emptyInput(file: string, hasHeader: boolean): InputError {
  const hint = hasHeader
    ? 'Expected a first line with the names of the columns.'
    : 'Expected at least one row, which tells the number of columns.';
  return new InputError('EMPTY_INPUT', 'the input is empty', { file }, { hint });
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
  batches: AsyncGenerator<DelimitedRecord[]>,
  request: RowsRequest,
  { file, columns, headerTexts }: { file: string; columns: string[]; headerTexts: HeaderTexts | undefined },
): AsyncGenerator<Row[]> {
  const places = request.textColumns.map((column) => columnPlace(columns, column));
  let { ordinal } = request;
  for await (const records of skipItems(batches, request.skip)) {
    yield records.map((record) => {
      const isHeader = headerTexts?.matches(record) ?? false;
      return new DelimitedRow(ordinal++, file, record, places, isHeader);
    });
  }
}

/** Records of which each holds several rows, because quotes in their text were taken for those around a cell. */
class MergedRows {
  #records = 0;
  #firstLine = 0;

  add(line: number): void {
    if (this.#records++ === 0) this.#firstLine = line;
  }

  notices(): string[] {
    if (this.#records === 0) return [];
    const found = this.#records === 1 ? 'A quoted cell holds' : `${this.#records} quoted cells hold`;
    return [
      `${found} lines that look like rows of their own (from line ${this.#firstLine} on): if quotes mean nothing in this file, read it with --quote none`,
    ];
  }
}
