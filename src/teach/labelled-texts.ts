import type { ReadingOptions } from '../options.ts';
import { InputError } from '../errors.ts';
import { cellLabels } from '../evaluate/gold.ts';
import { MissingLabels } from '../evaluate/missing-labels.ts';
import { type ColumnsReader, columnsReader } from '../records/column-reader.ts';
import { openRecords } from '../records/open-records.ts';
import { isTable, type Row } from '../records/row.ts';
import { resolveTextColumns, TextColumnUnclear } from '../records/text-columns.ts';
import type { ResolvedTeachOptions } from './options.ts';

/** One text, once, with what people said of it. */
export interface LabelledText {
  text: string;
  /** Place of the row that its labels are from, or of its first row when it has none. */
  place: Pick<Row, 'file' | 'line' | 'ordinal'>;
  /** The cell of each task; undefined where nobody labelled the text. */
  cells: (string[] | undefined)[];
}

/** A text that has other labels in another row. */
export interface Conflict {
  text: string;
  task: number;
  place: LabelledText['place'];
  labels: string[];
  /** Where the labels that count are from. */
  other: { place: LabelledText['place']; labels: string[] };
}

export interface LabelledTexts {
  texts: LabelledText[];
  /** Rows read, with or without a text. */
  rows: number;
  /** Rows without a text. */
  empty: number;
  /** Rows whose text came before. */
  repeated: number;
  conflicts: Conflict[];
  /** Sentences that a person should read about how the files were read. */
  notices: string[];
  textColumn: string;
  isTextColumnGuessed: boolean;
  /** Whether it was told by its number, so that people should hear its name. */
  isTextColumnNumbered: boolean;
}

/**
 * Reads texts and their labels; the rows of `--with` last, since their labels take the place of others. Within one
 * set of files the first label of a text counts. Marks for a missing value, such as `N/A`, are no labels.
 * @param known labels of a codeframe, which are labels however they are written
 * @throws InputError, UsageError
 */
export async function readLabelledTexts(
  options: ResolvedTeachOptions,
  known: readonly string[] = [],
): Promise<LabelledTexts> {
  const found = new Map<string, LabelledText>();
  const result: LabelledTexts = {
    texts: [],
    rows: 0,
    empty: 0,
    repeated: 0,
    conflicts: [],
    notices: [],
    textColumn: '',
    isTextColumnGuessed: false,
    isTextColumnNumbered: false,
  };
  const missing = new MissingLabels();
  const into: Reading = {
    found,
    result,
    labelsOf: (value, column) =>
      missing.drop(column, cellLabels(value, true), (label) => known.includes(label)),
  };
  await readFiles(options.inputs, options, into, undefined);
  const column = result.textColumn;
  for (const file of options.with) {
    // A later file may be of another format, with columns of its own.
    const further = { ...options, ...ownReading, limit: Infinity };
    await readFiles([file], further, into, column);
  }
  result.notices.push(...missing.notices());
  result.texts = [...found.values()];
  return result;
}

/** How the first file is written says nothing about another one. */
const ownReading = {
  from: undefined,
  delimiter: undefined,
  quote: undefined,
  escape: undefined,
  sheet: undefined,
  skipRows: undefined,
  headerRows: undefined,
} satisfies Partial<ReadingOptions>;

/** What files are read into, and how their cells are understood. */
interface Reading {
  found: Map<string, LabelledText>;
  result: LabelledTexts;
  labelsOf: (value: unknown, column: string) => string[] | undefined;
}

async function readFiles(
  inputs: string[],
  options: ResolvedTeachOptions,
  { found, result, labelsOf }: Reading,
  knownColumn: string | undefined,
): Promise<void> {
  const isFurther = knownColumn !== undefined;
  const records = await openRecords({ ...options, inputs });
  try {
    const { head } = records;
    // A file of corrections may call the column otherwise.
    const wanted = isFurther ? head.columns.filter((column) => column === knownColumn) : options.text;
    const { columns, guessed, numbered } = await resolveTextColumns(head, wanted, records.profiles).catch(
      (error: unknown) => {
        throw isFurther && error instanceof TextColumnUnclear
          ? otherTexts(inputs, knownColumn, error)
          : error;
      },
    );
    const [textColumn] = columns as [string];
    if (!isFurther) {
      result.textColumn = textColumn;
      result.isTextColumnGuessed = guessed;
      result.isTextColumnNumbered = numbered;
    }
    const taskColumns = Object.entries(options.task).map(([name, column]) =>
      isFurther && isTable(head.format) && !head.columns.includes(column) ? name : column,
    );
    const isUnlabelled =
      !isFurther && options.isColumnOptional && !taskColumns.some((column) => head.columns.includes(column));
    const read: ColumnsReader = isUnlabelled
      ? Object.assign(() => taskColumns.map(() => undefined), { requireFound: () => {} })
      : columnsReader(head, taskColumns, '--task <task>=<column>');
    const labelled = new Set<string>();
    let rows = 0;
    for await (const batch of records.rows([textColumn])) {
      options.signal?.throwIfAborted();
      for (const row of batch) {
        if (rows === options.limit) return;
        if (row.isHeader === true) continue;
        rows++;
        result.rows++;
        const text = (row.texts[0] as string).trim();
        if (text === '') {
          result.empty++;
          continue;
        }
        const cells = read(row).map((value, task) => labelsOf(value, taskColumns[task] as string));
        addRow(row, text, cells, { found, result, labelled, isFurther });
      }
    }
    if (!isFurther) read.requireFound();
  } finally {
    await records.close();
    result.notices.push(...records.head.notices, ...records.notices());
  }
}

/** What `--text` names is a column of the first file. */
function otherTexts([file]: string[], column: string, cause: TextColumnUnclear): InputError {
  const hint = `Call the column of the texts \`${column}\`, as in the first file.`;
  return new InputError(cause.code, cause.message, { file }, { hint, cause });
}

function addRow(
  { file, line, ordinal }: Row,
  text: string,
  cells: (string[] | undefined)[],
  into: {
    found: Map<string, LabelledText>;
    result: LabelledTexts;
    labelled: Set<string>;
    isFurther: boolean;
  },
): void {
  const { found, result, labelled, isFurther } = into;
  const place = { file, line, ordinal };
  const known = found.get(text);
  if (known === undefined) {
    found.set(text, { text, place, cells });
  } else {
    result.repeated++;
    cells.forEach((labels, task) => {
      if (labels === undefined) return;
      const before = known.cells[task];
      const key = `${task}:${text}`;
      const isSettled = before !== undefined && (!isFurther || labelled.has(key));
      if (isSettled && !sameNames(before, labels)) {
        result.conflicts.push({ text, task, place, labels, other: { place: known.place, labels: before } });
      }
      if (isSettled) return;
      known.cells[task] = labels;
      known.place = place;
    });
  }
  cells.forEach((labels, task) => {
    if (labels !== undefined) labelled.add(`${task}:${text}`);
  });
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join('\n') === other.toSorted().join('\n');
}

/**
 * Makes sure that there are labelled texts to learn from.
 * @throws InputError when there is nothing to learn from
 */
export function requireTexts({ texts, rows }: LabelledTexts, file: string): void {
  if (texts.length > 0) return;
  throw new InputError(
    'NOTHING_TO_TEACH',
    rows === 0 ? 'expected labelled rows, found none' : 'expected rows with a text, found none',
    { file },
  );
}
