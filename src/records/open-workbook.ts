import { InputError, UsageError, VoxpopError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { nameList } from '../text/name-list.ts';
import { shellWord } from '../text/shell-word.ts';
import { type CellValue, cellText } from './cell-value.ts';
import type { FormatReader } from './format-reader.ts';
import { findHeaderRows } from './header-rows.ts';
import { Lookahead } from './lookahead.ts';
import { namelessNotice } from './nameless.ts';
import type { RandomAccess } from './random-access.ts';
import type { RecordsOptions } from './records-options.ts';
import { sampledRecords } from './sample-records.ts';
import { requireNoTitle } from './table-shape.ts';
import { type TypedRecord, typedReader } from './typed-table.ts';
import { openWorkbook, type Sheet, type Workbook } from './workbook.ts';

/** Options that say how a sheet is read. */
export type SheetOptions = Pick<RecordsOptions, 'sheet' | 'skipRows' | 'headerRows' | 'header'> & {
  maxRowCharacters: number;
};

/** A sheet, opened. */
export interface OpenedSheet {
  reader: FormatReader;
  notices: string[];
  close: () => void;
}

/**
 * Reads a sheet of a workbook (.xlsx), row by row; rows that hold nothing are left out. Its texts, which a workbook
 * keeps apart, are held in memory.
 * @returns undefined for a ZIP archive that holds no workbook
 * @throws {InputError} when it is damaged, {@link UsageError} when it is not clear which sheet is meant
 */
export async function openSheet(
  access: RandomAccess,
  options: SheetOptions,
): Promise<OpenedSheet | undefined> {
  const { file } = access;
  const workbook = await whole(file, () => openWorkbook(file));
  if (workbook === undefined) return undefined;
  try {
    const { sheet, notices } = await whole(file, () => chooseSheet(file, workbook, options));
    const oddities = new SheetOddities();
    const rows = readRows(access, workbook, sheet, options, oddities);
    const reader = await openRows(file, rows, { ...options, notices: () => oddities.notices() });
    const { header: hasHeader = true } = options;
    const nameless = hasHeader ? namelessNotice(reader.columns, await reader.sample()) : undefined;
    if (nameless !== undefined) notices.push(nameless);
    return { reader, notices, close: () => workbook.close() };
  } catch (error) {
    workbook.close();
    throw error;
  }
}

async function openRows(
  file: string,
  rows: AsyncGenerator<TypedRecord[]>,
  { headerRows, header: hasHeader = true, skipRows = 0, notices }: SheetOptions & { notices: () => string[] },
): Promise<FormatReader> {
  const ahead = new Lookahead(rows);
  const sample = await ahead.first(1 + sampledRecords);
  const [first, ...below] = sample;
  if (first === undefined) throw ahead.failure?.error ?? empty(file);
  const width = Math.max(...sample.map(({ values }) => values.length));
  const texts = sample.map(({ line, values }) => ({ line, cells: padded(values, width).map(cellText) }));
  if (hasHeader) requireNoTitle(texts, { file, skippedLines: skipRows });
  const [names = [], ...answers] = texts.map(({ cells }) => cells);
  const columns = hasHeader ? names : names.map((_, place) => `column_${place + 1}`);
  const place = { file, line: below[0]?.line ?? first.line };
  const header = hasHeader
    ? findHeaderRows(columns, answers, { ...place, told: headerRows })
    : { count: 0, questions: undefined };
  return typedReader({
    file,
    columns,
    toValue: (_, value) => (value ?? null) as CellValue,
    records: new Lookahead(sameWidth(file, ahead.all(hasHeader ? 1 : 0), width)),
    header,
    notices,
  });
}

async function* readRows(
  access: RandomAccess,
  workbook: Workbook,
  sheet: Sheet,
  { maxRowCharacters, skipRows = 0 }: SheetOptions,
  oddities: SheetOddities,
): AsyncGenerator<TypedRecord[]> {
  const { file } = access;
  const rows = workbook.rows(sheet, { maxRowCharacters, ...oddities.watch });
  for (;;) {
    const next = await whole(file, () => rows.next());
    if (next.done === true) break;
    const left = next.value.filter(({ line }) => line > skipRows);
    await access.tellUpTo(access.byteLength * workbook.share(sheet));
    if (left.length > 0) yield left;
  }
  await access.tellUpTo(access.byteLength);
}

async function* sameWidth(
  file: string,
  batches: AsyncGenerator<TypedRecord[]>,
  width: number,
): AsyncGenerator<TypedRecord[]> {
  for await (const batch of batches) {
    yield batch.map(({ line, values }) => {
      if (values.length > width) throw tooWide(file, line, width, values.length);
      return { line, values: padded(values, width) };
    });
  }
}

function padded(values: readonly unknown[], width: number): CellValue[] {
  return Array.from({ length: width }, (_, place) => (values[place] ?? null) as CellValue);
}

/** The sheet that is meant: the one told, or the only one that is shown and has rows. */
async function chooseSheet(
  file: string,
  workbook: Workbook,
  { sheet: told, maxRowCharacters }: SheetOptions,
): Promise<{ sheet: Sheet; notices: string[] }> {
  const { sheets } = workbook;
  const names = sheets.map(({ name }) => name);
  if (told !== undefined) {
    const sheet =
      sheets.find(({ name }) => name === told) ?? sheets[/^\d+$/u.test(told) ? Number(told) - 1 : -1];
    if (sheet !== undefined) return { sheet, notices: [] };
    throw new UsageError('SHEET_NOT_FOUND', `Expected a sheet named \`${told}\`, found ${nameList(names)}`, {
      hint:
        didYouMean(told, names, (name) => `--sheet ${shellWord(name)}`) ??
        'Name one of these, or its number.',
    });
  }
  const filled: Sheet[] = [];
  for (const sheet of sheets.filter(({ isHidden }) => !isHidden)) {
    if (await hasRows(workbook, sheet, maxRowCharacters)) filled.push(sheet);
  }
  const [only, another] = filled;
  if (only === undefined) throw empty(file);
  if (another !== undefined) {
    const found = filled.map(({ name }) => name);
    throw new UsageError('SHEET_UNCLEAR', `Expected one sheet with rows, found several: ${nameList(found)}`, {
      hint: `Say which one: \`--sheet ${shellWord(only.name)}\` or \`--sheet ${shellWord(another.name)}\`.`,
    });
  }
  const isOneOfMany = sheets.length > 1;
  return { sheet: only, notices: isOneOfMany ? [`Of ${file} only the sheet \`${only.name}\` is read`] : [] };
}

async function hasRows(workbook: Workbook, sheet: Sheet, maxRowCharacters: number): Promise<boolean> {
  const watch = { maxRowCharacters, ...new SheetOddities().watch };
  for await (const rows of workbook.rows(sheet, watch)) return rows.length > 0;
  return false;
}

function empty(file: string): InputError {
  const hint = 'Expected a first row with the names of the columns.';
  return new InputError('EMPTY_INPUT', 'the sheet is empty', { file }, { hint });
}

function tooWide(file: string, line: number, width: number, found: number): InputError {
  return new InputError(
    'RAGGED_ROW',
    `expected ${width} columns as in the rows before, found a value in column ${found}`,
    { file, line },
    { hint: 'Give the column a name in the header, or take the value out.' },
  );
}

/** Does something with a file that may not be as it should be. */
async function whole<Value>(file: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof VoxpopError) throw error;
    throw new InputError(
      'WORKBOOK_DAMAGED',
      `expected a whole workbook, found "${error instanceof Error ? error.message : String(error)}"`,
      { file },
      { cause: error, hint: 'Open it in a spreadsheet program, and save it again.' },
    );
  }
}

/** What people may not know of a sheet that they see. */
class SheetOddities {
  /** Cells with formulas that the program which wrote the file never computed. */
  readonly #unknown = { count: 0, firstLine: 0 };
  readonly #hidden = { count: 0, firstLine: 0 };
  readonly watch = {
    onUnknown: (line: number): void => countLine(this.#unknown, line),
    onHidden: (line: number): void => countLine(this.#hidden, line),
  };

  notices(): string[] {
    const notices: string[] = [];
    if (this.#unknown.count > 0) {
      const found = this.#unknown.count === 1 ? 'A formula has' : `${this.#unknown.count} formulas have`;
      notices.push(
        `${found} no value in the file (from row ${this.#unknown.firstLine} on) and count as empty: open it in a spreadsheet program and save it, which computes them`,
      );
    }
    if (this.#hidden.count > 0) {
      const found = this.#hidden.count === 1 ? 'A row is' : `${this.#hidden.count} rows are`;
      notices.push(
        `${found} hidden in the workbook (from row ${this.#hidden.firstLine} on), as by a filter, and read like the others: to leave them out, copy what is shown to another sheet`,
      );
    }
    return notices;
  }
}

function countLine(found: { count: number; firstLine: number }, line: number): void {
  if (found.count++ === 0) found.firstLine = line;
}
