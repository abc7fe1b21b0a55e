import { type CsvError, parse } from 'csv-parse/sync';
import { InputError } from '../errors.ts';
import { nameList } from '../text/name-list.ts';

/** A row of a small table. */
export interface SmallRow<Column extends string> {
  /** Line on which the row starts, from 1. */
  line: number;
  /** The cells under the columns that were asked for, without blanks around them. */
  cells: Record<Column, string>;
}

/** The words of an error about a small table: its code, and how the table should look. */
export interface SmallTableUse {
  code: string;
  hint: string;
}

/** Columns of a small table, by their names in lower case. */
export interface SmallTableColumns<Column extends string> {
  all: readonly Column[];
  /** Those that have to be there; all of them when absent. */
  required?: readonly Column[];
  /** Whether a column of another name is an error, since it could be one of these misspelt; else it is passed over. */
  only?: boolean;
}

/** A table of this kind is read by people before it is read here; a larger file is something else. */
const maxBytes = 16 * 1024 * 1024;

/** Delimiters that spreadsheets write. */
const delimiters = [',', ';', '\t'];

/**
 * Reads a table that a person keeps in a spreadsheet and that is voxpop's to interpret, such as a label map: with any
 * of the usual delimiters, with a byte order mark or a `sep=` line or not, its columns in any order and among others.
 * Rows of an input are read by `RecordScanner` instead, which keeps every byte.
 * @param bytes the whole file
 * @throws InputError naming the line, when the columns are not there or a row cannot be read
 */
export function readSmallTable<Column extends string>(
  file: string,
  bytes: Buffer,
  { all: columns, required = columns, only = false }: SmallTableColumns<Column>,
  use: SmallTableUse,
): SmallRow<Column>[] {
  if (bytes.length > maxBytes) {
    throw new InputError(
      use.code,
      'expected a table, found a file of more than 16 MB',
      { file },
      { hint: use.hint },
    );
  }
  const text = decode(file, bytes, use);
  const told = /^sep=(.)\r?\n/iu.exec(text);
  const records = parseTable(file, told === null ? text : text.slice(told[0].length), {
    columns,
    delimiters: told === null ? delimiters : [told[1] as string],
    linesBefore: told === null ? 0 : 1,
    use,
  });
  const [first, ...rows] = records;
  const header = namesOf(first?.record ?? []);
  const isKnown = (name: string): boolean => name === '' || columns.some((column) => column === name);
  if (required.some((column) => !header.includes(column)) || (only && !header.every(isKnown))) {
    const found = nameList(header.filter((name) => name !== '')) || 'none';
    const message = `expected the columns ${nameList(columns)}, found ${found}`;
    throw new InputError(use.code, message, { file, line: first?.line }, { hint: use.hint });
  }
  return rows.flatMap(({ record, line }) => {
    if (record.every((cell) => cell === '')) return [];
    if (record.slice(header.length).some((cell) => cell !== '')) {
      const message = `expected ${header.length} cells as in the header, found ${record.length}`;
      const hint = 'Put a cell that holds the delimiter in quotes.';
      throw new InputError(use.code, message, { file, line }, { hint });
    }
    const cells = columns.map((column) => [column, record[header.indexOf(column)] ?? '']);
    return [{ line, cells: Object.fromEntries(cells) as Record<Column, string> }];
  });
}

interface ParsedRecord {
  record: string[];
  line: number;
}

/** Reads the table with the delimiter under which its header has most of the columns. */
function parseTable(
  file: string,
  table: string,
  {
    columns,
    delimiters: possible,
    linesBefore,
    use: { code, hint },
  }: { columns: readonly string[]; delimiters: string[]; linesBefore: number; use: SmallTableUse },
): ParsedRecord[] {
  const options = {
    trim: true,
    relax_column_count: true,
    info: true,
    // All of them at once: a file that two programs wrote to has both.
    record_delimiter: ['\r\n', '\n', '\r'],
  };
  const read = (delimiter: string, to?: number): { record: string[]; info: { bytes: number } }[] =>
    parse(table, { ...options, delimiter, ...(to === undefined ? {} : { to }) }) as never;
  const known = (delimiter: string): number => {
    const header = namesOf(read(delimiter, 1)[0]?.record ?? []);
    return columns.filter((column) => header.includes(column)).length;
  };
  try {
    const counted = possible.map((delimiter) => ({ delimiter, known: known(delimiter) }));
    const [best] = counted.toSorted((one, other) => other.known - one.known);
    const bytes = Buffer.from(table);
    let line = linesBefore + 1;
    let start = 0;
    return read(best?.delimiter ?? ',').map(({ record, info }) => {
      const parsed = { record, line };
      // Counted here: csv-parse takes a CRLF in a cell for two lines.
      line += lineEnds(bytes.toString('utf8', start, info.bytes));
      start = info.bytes;
      return parsed;
    });
  } catch (cause) {
    const { message, lines } = cause as CsvError & { lines?: number };
    const line = lines === undefined ? undefined : linesBefore + lines;
    throw new InputError(
      code,
      `expected a table, found a fault in it: ${message}`,
      { file, line },
      { hint, cause },
    );
  }
}

function lineEnds(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

function namesOf(header: readonly string[]): string[] {
  return header.map((name) => name.toLowerCase());
}

/** UTF-8, or UTF-16 where a byte order mark says so, as Excel's Unicode text has it. */
function decode(file: string, bytes: Buffer, { code }: SmallTableUse): string {
  const mark = bytes.toString('hex', 0, 2);
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const message = 'expected a table in UTF-8, found bytes that are not';
    throw new InputError(code, message, { file }, { hint: 'Save it as "CSV UTF-8".', cause });
  }
}
