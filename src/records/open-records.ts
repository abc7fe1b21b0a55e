import { InputError, UsageError } from '../errors.ts';
import { inputSize } from './byte-source.ts';
import { columnPlace } from './column-place.ts';
import { type ColumnProfile, profileColumn } from './column-profile.ts';
import { encodingName } from './decode-bytes.ts';
import { delimiterOf } from './delimiter.ts';
import type { RowPlace } from './format-reader.ts';
import { openInput } from './open-input.ts';
import type { OpenInput } from './opened-input.ts';
import type { RecordsOptions } from './records-options.ts';
import { quotingOf } from './quoting.ts';
import { readTexts } from './read-texts.ts';
import { isContainer, isTable, type RecordsHead, type Row } from './row.ts';
import { lookFor, requirePaths } from './require-paths.ts';
import { unknownTextColumn } from './text-columns.ts';
import { unknownColumn } from './kept-columns.ts';
import { nameList } from '../text/name-list.ts';

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
  /** What the first rows of the first input show about its columns. To be called before `rows`. */
  profiles: () => Promise<ColumnProfile[]>;
  /** What came up while reading that people should know, beside the notices of the head. */
  notices: () => string[];
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

  const notices: string[] = [];
  const isSingle = options.inputs.length === 1;

  /** Opens the inputs in turn and closes them after use. */
  async function* eachInput(from = 0): AsyncGenerator<[index: number, input: OpenInput]> {
    for (const [index, file] of options.inputs.entries()) {
      if (index >= from) {
        current ??= await openNext(file, index, options, first);
        try {
          yield [index, current];
        } finally {
          // Those of the first head are told before anything is read.
          const found = [...(index === 0 ? [] : current.head.notices), ...current.reader.notices()];
          notices.push(...found.map((notice) => (isSingle ? notice : `${file}: ${notice}`)));
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
      const own = found.map(() => false);
      let hasRows = false;
      try {
        const skip = isStart ? start.skip : 0;
        for await (const rows of reader.rows({ textColumns, ordinal, found: own, skip, from: rest })) {
          for (const place of own.keys()) found[place] ||= own[place] === true;
          hasRows ||= rows.some(({ rejected }) => rejected === undefined);
          ordinal += rows.length;
          await readTexts(rows, {
            keepNonAnswers: options.keepNonAnswers ?? false,
            keepPlaces: options.keepPlaces ?? false,
          });
          yield rows;
        }
        const lacking = textColumns.filter((_, place) => own[place] === false);
        const isWhole = !isStart || (rest === undefined && start.skip === 0);
        // Of a single input it is an error.
        if (!isSingle && isWhole && hasRows && !isTable(first.head.format) && lacking.length > 0) {
          notices.push(`${options.inputs[index]}: no row has ${nameList(lacking)}, and all count as empty`);
        }
      } finally {
        await rest?.close();
      }
    }
  }

  return {
    head: { ...first.head, totalBytes },
    profiles: async () =>
      (await first.reader.sample()).map(({ reference, values }) => {
        const place = columnPlace(first.head.columns, reference);
        const question = first.head.questions?.[place];
        return profileColumn({ reference, number: place === -1 ? undefined : place + 1, question }, values);
      }),
    notices: () => notices,
    rows(textColumns, start) {
      const found = textColumns.map(() => false);
      const rows = readRows(textColumns, found, start ?? { input: 0, ordinal: 0, place: undefined, skip: 0 });
      const asTheyCome = start !== undefined || options.everyLine === true;
      if (isTable(first.head.format) || asTheyCome) return rows;
      const texts = requirePaths(rows, { paths: textColumns, found, missing: unknownTextColumn });
      const { columns } = options;
      if (columns === undefined) return texts;
      const seen = columns.map(() => false);
      const looked = lookFor(texts, columns, seen);
      return requirePaths(looked, { paths: columns, found: seen, missing: unknownColumn });
    },
    async *places() {
      for await (const [input, { reader, canStart }] of eachInput()) {
        for await (const places of reader.places()) yield { input, places, canStart };
      }
    },
    close: async () => current?.close(),
  };
}

function checkOptions(options: RecordsOptions): [string, ...string[]] {
  const { inputs, encoding, delimiter } = options;
  const [first, ...others] = inputs;
  if (first === undefined) throw new UsageError('NO_INPUT', 'Expected at least one input, got none');
  if (inputs.indexOf('-') !== inputs.lastIndexOf('-')) {
    throw new UsageError('STDIN_TWICE', 'Expected the input `-` once at most, got it twice');
  }
  if (encoding !== undefined) encodingName(encoding);
  if (delimiter !== undefined) delimiterOf(delimiter, '--delimiter');
  quotingOf(options);
  return [first, ...others];
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
  const isOther = isContainer(head.format) || isContainer(first.format);
  if (isTable(head.format) !== isTable(first.format) || (isOther && head.format !== first.format)) {
    const message = `expected ${first.format} as in the first input, found ${head.format}`;
    const hint = 'Score the files one by one, or name their format with `--from`.';
    throw new InputError('MIXED_FORMATS', message, { file }, { hint });
  }
  if (!isTable(head.format)) return;
  const difference = headerDifference(first.columns, head.columns) ?? typeDifference(first, head);
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

function typeDifference(
  { parquet: expected }: RecordsHead,
  { parquet: found }: RecordsHead,
): string | undefined {
  const other = found?.find(
    ({ declared }, place) => JSON.stringify(declared) !== JSON.stringify(expected?.[place]?.declared),
  );
  return other === undefined ? undefined : `another type for \`${other.name}\``;
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
