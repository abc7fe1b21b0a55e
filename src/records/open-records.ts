import type { Readable } from 'node:stream';
import { InputError, UsageError } from '../errors.ts';
import { type ByteSource, inputSize, openBytes, openBytesAt, peek } from './byte-source.ts';
import { checkUtf8, decodeBytes, encodingName, type InvalidText, skipBytes } from './decode-bytes.ts';
import { openDelimited } from './delimited.ts';
import { delimiterOf } from './delimiter.ts';
import type { FormatReader, ReaderOptions, ResumedText, RowPlace } from './format-reader.ts';
import { openJsonLines } from './json-lines.ts';
import { readTexts } from './read-texts.ts';
import { isDelimited, type RecordFormat, type RecordsHead, type Row } from './row.ts';
import {
  delimiterLine,
  detectDelimiter,
  detectFormat,
  detectNewline,
  formatOfPath,
  sniffBytes,
} from './sniff.ts';
import { requireTextPaths } from './text-columns.ts';
import { nameList } from '../text/name-list.ts';

export interface RecordsOptions {
  /** Paths, read one after another as one stream; `-` is `stdin`. */
  inputs: string[];
  /** Format of the inputs, in place of the one by extension and content. */
  from?: RecordFormat | undefined;
  /** One character, in place of the one detected; `\t` may be written with a backslash. */
  delimiter?: string | undefined;
  /** WHATWG label for files without byte order mark, `utf-8` by default. */
  encoding?: string | undefined;
  /** How bytes are treated that are not valid in the encoding, of any encoding; `error` by default. */
  invalidUtf8?: InvalidText | undefined;
  /** Whether the first record of CSV and TSV names the columns; true by default. */
  header?: boolean | undefined;
  /** Longest record in bytes of UTF-8 without its line end, 64 MiB by default; bounds memory. */
  maxRowBytes?: number | undefined;
  /**
   * Give out a record that cannot be read as a {@link Row} that is `rejected`, in its place among the
   * others, instead of ending with an error. A bad header, and everything that is wrong with a file as
   * a whole, is still an error.
   */
  rejectRows?: boolean | undefined;
  /**
   * For JSONL, make every line a row, blank ones too (without text), and give each out as soon as it is read:
   * whether any row has the wanted texts is then not looked at, and `head` is that of the first line.
   */
  everyLine?: boolean | undefined;
  /** Score texts that are no answers, such as `n/a`, too; false by default. */
  keepNonAnswers?: boolean | undefined;
  stdin?: Readable | undefined;
  /** Called with the bytes of each read, before decompression, and the place of their input in `inputs`. */
  onBytes?: ((bytes: Uint8Array, input: number) => void) | undefined;
}

const defaultMaxRowBytes = 64 * 1024 * 1024;

export interface Records {
  /** Facts about the first input. */
  head: RecordsHead;
  /**
   * All rows in input order, in arrays of any length. To be called once; pulling drives the reading,
   * and returning early closes the files.
   * @throws {InputError} on the first bad record, after the rows before it, unless such rows are rejected; {@link UsageError} when a
   * text path is missing in the first 100 rows of JSONL.
   * @param start - the row to begin with, in place of the first one; text paths are not looked for then
   */
  rows(textColumns: string[], start?: RowStart): AsyncGenerator<Row[]>;
  /** Where all rows start. To be called in place of `rows`; cheaper, since nobody looks into them. */
  places(): AsyncGenerator<RowPlaces>;
  /** Closes the files. Not needed after `rows` has ended, and may be called twice. */
  close(): Promise<void>;
}

/** Where some rows of one input start, one after another. */
export interface RowPlaces {
  /** Place of their input in `inputs`. */
  input: number;
  places: RowPlace[];
  /** Whether reading can start there: not where text is decompressed or decoded. */
  canStart: boolean;
}

/** A row to begin with: `skip` rows after one whose place is known. */
export interface RowStart {
  /** Input, by its place in `inputs`, and ordinal of the row at `place`. */
  input: number;
  ordinal: number;
  /** Place of a row to start from; undefined for the first row of the input. */
  place: RowPlace | undefined;
  skip: number;
}

/**
 * Opens the inputs and finds out what they are. Later files are looked into as well, so that a header
 * that differs is known before the first row is scored.
 * @throws {UsageError} for a wrong option; {@link InputError} when a file cannot be read, is empty, or
 * differs from the first in format or header.
 */
export async function openRecords(options: RecordsOptions): Promise<Records> {
  const [firstFile, ...otherFiles] = checkOptions(options);
  const sizes = await Promise.all(options.inputs.map((file) => inputSize(file)));
  const first = await openInput(firstFile, 0, options);
  let current: OpenInput | undefined = first;
  try {
    for (const [index, file] of otherFiles.entries()) {
      // A pipe can be opened only once: its head is checked when its turn comes.
      if (sizes[index + 1] !== undefined) await checkHead(file, index + 1, options, first);
    }
  } catch (error) {
    await first.close();
    throw error;
  }

  const totalBytes = sizes.reduce<number | undefined>(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );

  /** Opens the inputs in turn and closes them after use. */
  async function* eachInput(from = 0): AsyncGenerator<[index: number, input: OpenInput]> {
    for (const [index, file] of options.inputs.entries()) {
      if (index >= from) {
        current ??= await openNext(file, index, options, first);
        try {
          yield [index, current];
        } finally {
          await current.close();
          current = undefined;
        }
      } else {
        await current?.close();
        current = undefined;
      }
    }
  }

  async function* readRows(textColumns: string[], found: boolean[], start: RowStart): AsyncGenerator<Row[]> {
    let ordinal = start.ordinal + start.skip;
    for await (const [index, { reader, readOn }] of eachInput(start.input)) {
      const isStart = index === start.input;
      const rest = isStart && start.place !== undefined ? await readOn(start.place) : undefined;
      try {
        const skip = isStart ? start.skip : 0;
        for await (const rows of reader.rows({ textColumns, ordinal, found, skip, from: rest })) {
          ordinal += rows.length;
          await readTexts(rows, { keepNonAnswers: options.keepNonAnswers ?? false });
          yield rows;
        }
      } finally {
        await rest?.close();
      }
    }
  }

  return {
    head: { ...first.head, totalBytes },
    rows(textColumns, start) {
      const found = textColumns.map(() => false);
      const rows = readRows(textColumns, found, start ?? { input: 0, ordinal: 0, place: undefined, skip: 0 });
      const asTheyCome = start !== undefined || options.everyLine === true;
      if (isDelimited(first.head.format) || asTheyCome) return rows;
      return requireTextPaths(rows, { textColumns, found });
    },
    async *places() {
      for await (const [input, { reader, canStart }] of eachInput()) {
        for await (const places of reader.places()) yield { input, places, canStart };
      }
    },
    close: async () => current?.close(),
  };
}

function checkOptions({ inputs, encoding, delimiter }: RecordsOptions): [string, ...string[]] {
  const [first, ...others] = inputs;
  if (first === undefined) throw new UsageError('NO_INPUT', 'Expected at least one input, got none');
  if (inputs.indexOf('-') !== inputs.lastIndexOf('-')) {
    throw new UsageError('STDIN_TWICE', 'Expected the input `-` once at most, got it twice');
  }
  if (encoding !== undefined) encodingName(encoding);
  if (delimiter !== undefined) delimiterOf(delimiter, '--delimiter');
  return [first, ...others];
}

interface OpenInput {
  head: RecordsHead;
  reader: FormatReader;
  /** Whether `readOn` is possible. */
  canStart: boolean;
  /** Opens the input again, at the start of a row. */
  readOn: (place: RowPlace) => Promise<ResumedText & { close(): Promise<void> }>;
  close(): Promise<void>;
}

async function openInput(file: string, index: number, options: RecordsOptions): Promise<OpenInput> {
  const { stdin, onBytes } = options;
  const source = await openBytes(file, { stdin, onBytes: (bytes) => onBytes?.(bytes, index) });
  try {
    const input = await readHead(file, source, options);
    const readOn = async (place: RowPlace): ReturnType<OpenInput['readOn']> => {
      const bytes = await openBytesAt(file, place.byteOffset, { onBytes: (read) => onBytes?.(read, index) });
      const chunks = checkUtf8(file, bytes.chunks, options.invalidUtf8 ?? 'error', place.line);
      return { ...place, chunks, close: bytes.close };
    };
    return { ...input, readOn };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readHead(
  file: string,
  source: ByteSource,
  options: RecordsOptions,
): Promise<Omit<OpenInput, 'readOn'>> {
  const decoded = await decodeBytes(file, source.chunks, {
    encoding: options.encoding,
    invalid: options.invalidUtf8,
  });
  // JSON Lines need no look ahead, so that a slow pipe is not kept waiting.
  const isJsonLines = (options.from ?? formatOfPath(file)) === 'jsonl';
  const [sample, chunks] = await peek(decoded.chunks, isJsonLines ? 1 : sniffBytes);
  const text = sample.toString('utf8');
  const format = detectFormat(file, options.from, text);
  const head: RecordsHead = {
    format,
    delimiter: undefined,
    encoding: decoded.encoding,
    gzip: source.gzip,
    byteOrderMark: decoded.byteOrderMark,
    newline: '\n',
    columns: [],
    hasHeader: options.header ?? true,
    totalBytes: undefined,
  };
  const readerOptions: ReaderOptions = {
    file,
    maxRowBytes: options.maxRowBytes ?? defaultMaxRowBytes,
    mayBeInvalid: options.invalidUtf8 === 'reject',
    rejectRows: options.rejectRows ?? false,
    everyLine: options.everyLine ?? false,
    line: 1,
    byteOffset: decoded.byteOrderMark ? 3 : 0,
  };
  let reader: FormatReader;
  if (isDelimited(format)) {
    const told = delimiterLine(text);
    const table = text.slice(told?.line.length ?? 0);
    const newline = detectNewline(table);
    const complete = sample.length < sniffBytes;
    const sniffed = format === 'tsv' ? '\t' : detectDelimiter(table, newline, complete);
    const delimiter =
      options.delimiter === undefined
        ? (told?.delimiter ?? sniffed)
        : delimiterOf(options.delimiter, '--delimiter');
    head.delimiter = delimiter;
    const tableOptions = { ...readerOptions, delimiter, newline, hasHeader: head.hasHeader };
    const toldBytes = Buffer.byteLength(told?.line ?? '');
    if (told !== undefined) {
      tableOptions.line++;
      tableOptions.byteOffset += toldBytes;
    }
    reader = await openDelimited(told === undefined ? chunks : skipBytes(chunks, toldBytes), tableOptions);
  } else {
    head.hasHeader = true;
    reader = await openJsonLines(chunks, readerOptions);
  }
  head.newline = reader.newline;
  head.columns = reader.columns;
  const close = async (): Promise<void> => {
    // Not awaited: a read of a pipe that waits for data would hold it up.
    chunks.return(undefined).catch(() => {});
    await source.close();
  };
  // Where bytes are replaced, places in the text are not those in the file.
  const canStart = !source.gzip && decoded.encoding === 'utf-8' && options.invalidUtf8 !== 'replace';
  return { head, reader, canStart, close };
}

async function openNext(
  file: string,
  index: number,
  options: RecordsOptions,
  first: OpenInput,
): Promise<OpenInput> {
  const next = await openInput(file, index, options);
  try {
    requireSameHead(file, next.head, first.head);
    return next;
  } catch (error) {
    await next.close();
    throw error;
  }
}

async function checkHead(
  file: string,
  index: number,
  options: RecordsOptions,
  first: OpenInput,
): Promise<void> {
  const other = await openNext(file, index, { ...options, onBytes: undefined }, first);
  await other.close();
}

function requireSameHead(file: string, head: RecordsHead, first: RecordsHead): void {
  if (isDelimited(head.format) !== isDelimited(first.format)) {
    const message = `expected ${first.format} as in the first input, found ${head.format}`;
    const hint = 'Score the files one by one, or name their format with `--from`.';
    throw new InputError('MIXED_FORMATS', message, { file }, { hint });
  }
  if (!isDelimited(head.format)) return;
  const difference = headerDifference(first.columns, head.columns);
  if (difference === undefined) return;
  throw new InputError(
    'HEADER_DIFFERS',
    `expected the header of the first input, found ${difference}`,
    { file, line: 1 },
    {
      hint: 'Inputs of one run need the same columns in the same order; score files that differ one by one.',
    },
  );
}

function headerDifference(expected: string[], found: string[]): string | undefined {
  const missing = expected.filter((column) => !found.includes(column));
  const added = found.filter((column) => !expected.includes(column));
  if (missing.length > 0 || added.length > 0) {
    const parts = [
      missing.length > 0 ? `no ${nameList(missing)}` : '',
      added.length > 0 ? `a new ${nameList(added)}` : '',
    ];
    return parts.filter((part) => part !== '').join(' and ');
  }
  if (expected.length !== found.length) return `${found.length} columns in place of ${expected.length}`;
  const index = expected.findIndex((column, place) => column !== found[place]);
  if (index === -1) return undefined;
  return `column ${index + 1} to be \`${found[index]}\` in place of \`${expected[index]}\``;
}
