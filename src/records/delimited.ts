import { type CsvError, Parser } from 'csv-parse';
import { InputError, type VoxpopErrorOptions } from '../errors.ts';
import { errorCode } from './byte-source.ts';
import type { FormatReader, RowsRequest } from './format-reader.ts';
import { LineCounter } from './line-counter.ts';
import { precede } from './precede.ts';
import type { Newline, Row } from './row.ts';

export interface DelimitedOptions {
  file: string;
  delimiter: string;
  newline: Newline;
}

interface RawRecord {
  cells: string[];
  line: number;
}

/** What one chunk of bytes gave: records, and why there are no more. */
interface Batch {
  records: RawRecord[];
  failure?: Error;
}

/**
 * Reads CSV or TSV: RFC 4180 quoting, line ends mixed at will, cells exactly as they are.
 * @param chunks - UTF-8 without byte order mark
 * @throws {InputError} when there is no header.
 */
export async function openDelimited(
  chunks: AsyncGenerator<Buffer>,
  options: DelimitedOptions,
): Promise<FormatReader> {
  const { file, newline } = options;
  const batches = readBatches(chunks, options);
  const [header, rest] = await takeHeader(file, batches);
  return {
    columns: header.cells,
    newline,
    rows: (request) => toRows(file, header.cells, rest, request),
  };
}

/** The first record, and the batches that follow it. */
async function takeHeader(
  file: string,
  batches: AsyncGenerator<Batch>,
): Promise<[header: RawRecord, rest: AsyncGenerator<Batch>]> {
  for (;;) {
    const next = await batches.next();
    if (next.done === true) {
      const hint = 'Expected a first line with the names of the columns.';
      throw new InputError('EMPTY_INPUT', 'the input is empty', { file }, { hint });
    }
    const [header, ...records] = next.value.records;
    if (header !== undefined) return [header, precede([{ ...next.value, records }], batches)];
    if (next.value.failure !== undefined) throw next.value.failure;
  }
}

async function* toRows(
  file: string,
  header: string[],
  batches: AsyncGenerator<Batch>,
  request: RowsRequest,
): AsyncGenerator<Row[]> {
  const places = request.textColumns.map((column) => header.indexOf(column));
  let { ordinal } = request;
  for await (const { records, failure } of batches) {
    if (records.length > 0) {
      yield records.map(({ cells, line }) => {
        const texts = places.map((place) => cells[place] ?? '');
        return { ordinal: ordinal++, file, line, texts, cells };
      });
    }
    if (failure !== undefined) throw failure;
  }
}

async function* readBatches(
  chunks: AsyncGenerator<Buffer>,
  options: DelimitedOptions,
): AsyncGenerator<Batch> {
  const splitter = new RecordSplitter(options);
  for await (const chunk of chunks) {
    const batch = splitter.split(chunk);
    yield batch;
    if (batch.failure !== undefined) return;
  }
  yield splitter.split(undefined);
}

/** Cuts bytes into records of equal width, and knows the line of each. */
class RecordSplitter {
  readonly #file: string;
  readonly #parser: SynchronousParser;
  readonly #lines: LineCounter;
  #width: number | undefined;
  #offset = 0;

  constructor({ file, delimiter, newline }: DelimitedOptions) {
    this.#file = file;
    this.#parser = new SynchronousParser(delimiter, newline);
    this.#lines = new LineCounter((newline === '\r' ? '\r' : '\n').charCodeAt(0));
  }

  /** @param chunk - undefined at the end of the input */
  split(chunk: Buffer | undefined): Batch {
    if (chunk !== undefined) this.#lines.add(chunk);
    const error = this.#parser.feed(chunk);
    const records: RawRecord[] = [];
    for (const { cells, end } of this.#parser.collect()) {
      const start = this.#offset;
      const line = this.#lines.lineAt(start);
      this.#offset = end;
      if (this.#isBlankLine(cells, end - start)) continue;
      this.#width ??= cells.length;
      if (cells.length !== this.#width) {
        return { records, failure: raggedRow(this.#file, line, this.#width, cells.length) };
      }
      records.push({ cells, line });
    }
    if (error === undefined) return { records };
    // csv-parse counts \r\n inside quotes as two lines; the offset of the field that failed is right.
    const line = this.#lines.lineAt(this.#parser.info.bytes);
    return { records, failure: explain(error, this.#file, line) };
  }

  /** A blank line is an empty value in a file of one column, and nothing anywhere else. */
  #isBlankLine(cells: string[], bytes: number): boolean {
    return this.#width !== 1 && cells.length === 1 && cells[0] === '' && bytes <= 2;
  }
}

/**
 * csv-parse without its stream: records are collected as they are found, with their place in the input.
 * The parser calls `push` from within `_transform`, and both end before they return.
 */
class SynchronousParser extends Parser {
  #found: { cells: string[]; end: number }[] = [];

  constructor(delimiter: string, newline: Newline) {
    super({
      delimiter,
      record_delimiter: newline === '\r' ? ['\r'] : ['\r\n', '\n'],
      relax_column_count: true,
    });
  }

  override push(record: string[] | null): boolean {
    if (record !== null) this.#found.push({ cells: record, end: this.info.bytes });
    return true;
  }

  feed(chunk: Buffer | undefined): Error | undefined {
    let failure: Error | undefined;
    const done = (error?: Error | null): void => {
      failure = error ?? undefined;
    };
    try {
      // oxlint-disable no-underscore-dangle -- the names of Node's Transform
      if (chunk === undefined) this._flush(done);
      else this._transform(chunk, 'utf8', done);
      // oxlint-enable no-underscore-dangle
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    return failure;
  }

  collect(): { cells: string[]; end: number }[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }
}

function raggedRow(file: string, line: number, expected: number, found: number): InputError {
  const hint =
    expected === 1
      ? 'Quote the value; or, when each line is one text, name a delimiter that does not occur: `--delimiter "\\t"`.'
      : 'Look for a delimiter or line break in a cell that is not quoted, or name the right `--delimiter`.';
  const message = `expected ${expected} ${plural(expected)} as in the header, found ${found}`;
  return new InputError('RAGGED_ROW', message, { file, line }, { hint });
}

function plural(fields: number): string {
  return fields === 1 ? 'field' : 'fields';
}

/** Words for what csv-parse found; every code that it can raise while reading is here. */
function explain(error: Error, file: string, line: number): InputError {
  const index = (error as Partial<CsvError>)['index'];
  const column = typeof index === 'number' ? index + 1 : undefined;
  const fail = (code: string, message: string, options: VoxpopErrorOptions): InputError =>
    new InputError(code, message, { file, line, column }, { ...options, cause: error });
  switch (errorCode(error)) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return fail('QUOTE_NOT_CLOSED', 'expected a closing quote, found the end of the file', {
        hint: 'The cell that starts here opens with `"`; close it, or double a quote that is part of the text.',
      });
    case 'CSV_INVALID_CLOSING_QUOTE':
      return fail(
        'STRAY_QUOTE',
        'expected a delimiter or a line end after the quote that closes the cell, found more text',
        { hint: 'Write a quote inside a quoted cell twice: `""`.' },
      );
    case 'INVALID_OPENING_QUOTE':
      return fail('STRAY_QUOTE', 'expected no quote inside a cell that does not start with one, found `"`', {
        hint: 'Put the whole cell in quotes and write the quotes inside it twice: `""`.',
      });
    case 'ERR_STRING_TOO_LONG':
      return fail('VALUE_TOO_LONG', 'expected cells of at most 512 MB, found a longer one', {
        hint: 'A quote that is never closed takes the rest of the file for one cell.',
      });
    default:
      return fail('INVALID_CSV', error.message, { hint: 'Check the file around this line.' });
  }
}
