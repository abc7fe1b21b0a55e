import { InputError } from '../errors.ts';
import { shellWord } from '../text/shell-word.ts';
import type { Newline } from './delimited-record.ts';
import { type SampleRecord, sampleRecords, unquoted } from './sample-records.ts';
import { isUsualName } from './usual-names.ts';

/** Delimiters that are taken when they split the lines evenly. */
const usualDelimiters = [',', ';', '\t', '|'];
/** Delimiters that are asked about: text is full of some of them. */
const unusualDelimiters = [
  '^',
  '~',
  '\u0001',
  '\u001f',
  '\u001e',
  '§',
  '¦',
  '¬',
  '#',
  '!',
  '&',
  '*',
  ':',
  '@',
  '%',
  '=',
];
/** Share of the records that a delimiter has to split into equally many fields. */
const evenShare = 0.9;
/** Lines that may stand before a table. */
const maxTitleRecords = 20;

export interface TableFacts {
  file: string;
  /** Whether the file is to hold tabs, by its name or because somebody said so. */
  isTsv: boolean;
  newline: Newline;
  quote: string;
  /** Whether the text is all of the file. */
  complete: boolean;
  /** The delimiter, where somebody said it. */
  told: string | undefined;
  hasHeader: boolean;
  /** Lines that were left out before the text. */
  skippedLines: number;
  /** Whether rows that do not fit the header may be set aside. */
  rejectRows: boolean;
}

export interface TableShape {
  delimiter: string;
  /** Whether each line is one cell, and the delimiter one that stands in none. */
  isWholeLines: boolean;
  /** What has to be said about the choice. */
  notices: string[];
}

/** How one delimiter splits the first records. */
interface Split {
  delimiter: string;
  records: SampleRecord[];
  /** Fields that most records have. */
  width: number;
  /** Place of the first record that has as many. */
  start: number;
  /** Share of the records from there on that have as many. */
  even: number;
}

/**
 * Finds out what stands between the cells of a table, and makes sure that it begins where it seems to.
 * @param text - its start, decoded
 * @throws {InputError} when the table seems to begin further down, to be delimited by something unusual, or to be
 * quoted as a whole; the error says which option reads it
 */
export function findShape(text: string, facts: TableFacts): TableShape {
  const split = (delimiter: string): Split => splitBy(text, delimiter, facts);
  const { best: found, rivals } =
    facts.told === undefined ? choose(split, facts) : { best: split(facts.told), rivals: [] };
  const best = found ?? split(facts.isTsv ? '\t' : ',');
  requireNoWrappedRows(best, facts);
  if (facts.hasHeader) requireHeaderOnTop(best, facts);
  const { delimiter, records } = best;
  // Behind a line that may be a title, or the first of many texts, nothing is sure.
  const isSplit = found !== undefined && (records[0]?.cells.length ?? 1) > 1;
  if (isSplit || facts.told !== undefined) {
    return { delimiter, isWholeLines: false, notices: rivals.length === 0 ? [] : [tie(best, rivals)] };
  }
  requireNoUnusual(split, facts);
  const whole = wholeLines(split, facts);
  const isUnusual = whole !== (facts.isTsv ? '\t' : ',');
  const notice =
    'Each line is read as one text: no delimiter splits the lines evenly (--delimiter to name one)';
  return { delimiter: whole, isWholeLines: isUnusual, notices: isUnusual ? [notice] : [] };
}

function splitBy(text: string, delimiter: string, facts: TableFacts): Split {
  const records = sampleRecords(text, { ...facts, delimiter });
  const counts = records.map(({ cells }) => cells.length);
  const width = mode(counts);
  const start = Math.max(0, counts.indexOf(width));
  const table = counts.slice(start);
  return {
    delimiter,
    records,
    width,
    start,
    even: table.filter((count) => count === width).length / table.length,
  };
}

/** The most frequent of some counts, the smallest of several. */
function mode(counts: readonly number[]): number {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  const [best] = [...times].toSorted(([one, often], [other, less]) => less - often || one - other);
  return best?.[0] ?? 1;
}

/** The delimiter that splits the first records most evenly, then into most fields; undefined for a single column. */
function choose(
  split: (delimiter: string) => Split,
  facts: TableFacts,
): { best: Split | undefined; rivals: Split[] } {
  const all = usualDelimiters.map(split);
  const possible = all
    .filter(({ width, even }) => width > 1 && even >= evenShare)
    .toSorted((one, other) => rank(other) - rank(one) || other.width - one.width);
  const tabs = possible.find(({ delimiter }) => delimiter === '\t');
  if (facts.isTsv && tabs !== undefined) return { best: tabs, rivals: [] };
  const [best, ...others] = withoutDecimals(possible);
  if (best === undefined) return { best: loose(all, facts), rivals: [] };
  if (facts.isTsv && best.start === 0) throw namedTsv(best, facts);
  return { best, rivals: others.filter((other) => rank(other) >= rank(best)) };
}

/** Where rows are as uneven as they can be, the delimiter that the header holds; a first text may hold any. */
function loose(splits: Split[], { hasHeader }: TableFacts): Split | undefined {
  const share = ({ records }: Split): number =>
    records.filter(({ cells }) => cells.length === records[0]?.cells.length).length / records.length;
  const [best] = splits
    .filter((split) => (split.records[0]?.cells.length ?? 1) > 1 && (hasHeader || share(split) > 0.5))
    .toSorted((one, other) => share(other) - share(one) || other.width - one.width);
  return best;
}

/** A table that begins on top is a better guess than one after a title. */
function rank({ even, start }: Split): number {
  return even - (start > 0 ? 1 : 0);
}

/** In `4,5;good` the comma belongs to a number. */
function withoutDecimals(splits: Split[]): Split[] {
  if (splits.length < 2) return splits;
  return splits.filter(({ delimiter, records }) => {
    if (delimiter !== ',') return true;
    return !records.every(({ cells }) =>
      cells.every((cell, index) => {
        const next = cells[index + 1];
        return next === undefined || (/\d$/u.test(cell) && /^\d/u.test(next));
      }),
    );
  });
}

/** Names are there, differ and are no numbers; where there are only two, they are no sentences either. */
function looksLikeHeader({ cells }: SampleRecord, quote: string): boolean {
  const names = cells.map((cell) => unquoted(cell.trim(), quote).trim());
  if (names.at(-1) === '') names.pop();
  const isName = (name: string): boolean => name !== '' && !/^[\d\s.,:/+-]+$/u.test(name);
  const isShort = (name: string): boolean =>
    name.length <= 60 && !/[.!,;]\s/u.test(name) && !/^\s/u.test(name);
  const isPlausible = names.length > 2 || cells.every((cell) => isShort(cell));
  return names.length > 1 && new Set(names).size === names.length && names.every(isName) && isPlausible;
}

/** @throws {InputError} when lines before the table would be taken for its header, or the header fits no row */
function requireHeaderOnTop(split: Split, facts: TableFacts): void {
  const { records, width, start, even } = split;
  const [first, ...others] = records;
  if (first === undefined || others.length === 0) return;
  const found = first.cells.length;
  if (width > 1 && even >= evenShare && start > 0 && start <= maxTitleRecords && found < width) {
    const isOneColumn = found === 1 && isUsualName(unquoted(first.cells[0] ?? '', facts.quote));
    const isTitle = found === 1 || width - found > 1 || start > 1;
    const header = records[start] as SampleRecord;
    if (isTitle && !isOneColumn && looksLikeHeader(header, facts.quote))
      throw startsLater(header, split.delimiter, facts);
  }
  const padded = paddedTitle(records, facts);
  if (padded !== undefined) throw startsLater(padded, split.delimiter, facts);
  if (facts.rejectRows) return;
  const rest = new Set(others.map(({ cells }) => cells.length));
  const [only] = rest;
  if (found > 1 && only !== undefined && only > 1 && rest.size === 1 && only !== found && others.length > 1) {
    throw raggedTable(found, only, first, facts);
  }
}

/** The header of a table under title lines that were filled up with delimiters, as spreadsheets do it. */
function paddedTitle(
  records: readonly SampleRecord[],
  { quote }: Pick<TableFacts, 'quote'>,
): SampleRecord | undefined {
  const filled = ({ cells }: SampleRecord): number =>
    cells.filter((cell) => unquoted(cell, quote).trim() !== '').length;
  const [first, ...others] = records as [SampleRecord, ...SampleRecord[]];
  const [title = ''] = first.cells;
  const isTitle = first.cells.length > 1 && title.trim() !== '' && filled(first) * 2 <= first.cells.length;
  if (!isTitle || first.cells.some((cell) => isUsualName(unquoted(cell, quote)))) return undefined;
  return others
    .slice(0, maxTitleRecords)
    .find((record) => filled(record) === record.cells.length && looksLikeHeader(record, quote));
}

/**
 * Makes sure that a table which nothing delimits, as that of a sheet, begins with the names of its columns.
 * @throws {InputError} when lines before the table would be taken for its header
 */
export function requireNoTitle(
  records: readonly SampleRecord[],
  facts: Pick<TableFacts, 'file' | 'skippedLines'>,
): void {
  const padded = paddedTitle(records, { quote: '' });
  // Rows of a sheet have their numbers from its start.
  if (padded !== undefined) throw startsLater(padded, undefined, { ...facts, skippedLines: 0, quote: '' });
}

function startsLater(
  { line, cells }: SampleRecord,
  delimiter: string | undefined,
  facts: Pick<TableFacts, 'file' | 'quote' | 'skippedLines'>,
): InputError {
  const at = facts.skippedLines + line;
  const split = delimiter === undefined ? '' : ` (delimited by ${shown(delimiter)})`;
  const names = cells.slice(0, 5).map((cell) => `\`${unquoted(cell.trim(), facts.quote)}\``);
  return new InputError(
    'TABLE_STARTS_LATER',
    `expected the names of the columns, found a title: the table seems to start in line ${at}, with ${names.join(', ')}${split}`,
    { file: facts.file, line: facts.skippedLines + 1 },
    { hint: `Leave out what comes before: \`--skip-rows ${at - 1}\`.` },
  );
}

function raggedTable(header: number, rows: number, first: SampleRecord, facts: TableFacts): InputError {
  const difference = rows - header;
  const count = Math.abs(difference);
  const message = `expected ${header} fields in each row as in the header, found ${rows} in all rows: ${count} ${difference > 0 ? 'more' : 'fewer'} than names`;
  const place = first.cells.findIndex((cell) => isUsualName(unquoted(cell, facts.quote))) + 1;
  const text = place === 0 ? '' : ` --text column_${place}`;
  const hint = `Correct the header; or read the rows without it: \`--skip-rows ${facts.skippedLines + first.line} --no-header${text}\`.`;
  return new InputError(
    'HEADER_RAGGED',
    message,
    { file: facts.file, line: facts.skippedLines + first.line },
    { hint },
  );
}

function namedTsv({ delimiter }: Split, { file }: TableFacts): InputError {
  return new InputError(
    'DELIMITER_DIFFERS',
    `expected cells delimited by tabs, found lines that are delimited by ${shown(delimiter)}`,
    { file },
    { hint: `Say so: \`--delimiter ${shellWord(delimiter)}\`.` },
  );
}

/** @throws {InputError} when each row stands between quotes as a whole, and would be one cell */
function requireNoWrappedRows(best: Split, facts: TableFacts): void {
  const { records } = best;
  const { quote, file } = facts;
  const rows = records.slice(1);
  const isWrapped = ({ cells }: SampleRecord): boolean =>
    cells.length === 1 && unquoted(cells[0] ?? '', quote) !== cells[0];
  if (rows.length === 0 || !rows.every(isWrapped)) return;
  // Rows that do not fit a header that is as it should be may be set aside one by one.
  if (facts.rejectRows && (records[0]?.cells.length ?? 1) > 1) return;
  const delimiter = usualDelimiters.find((each) => {
    // The header may have been left alone.
    const inner = records.map(({ cells }) => unquoted(cells.join(best.delimiter), quote)).join('\n');
    const { width, start, even } = splitBy(inner, each, { ...facts, newline: '\n', complete: true });
    return width > 1 && start === 0 && even >= evenShare;
  });
  if (delimiter === undefined) return;
  const separator = delimiter === '\t' ? 'chr(9)' : JSON.stringify(delimiter);
  const script = `import csv, sys; [print(${separator}.join(row)) for row in csv.reader(sys.stdin)]`;
  const command = `python3 -c ${shellWord(script)}`;
  throw new InputError(
    'ROWS_QUOTED',
    `expected cells, found rows that are quoted as a whole, with ${shown(delimiter)} between the cells inside`,
    { file },
    {
      hint: `Take the outer quotes off: \`${file === '-' ? `... | ${command}` : `${command} < ${shellWord(file)}`} | voxpop score -\`.`,
    },
  );
}

function requireNoUnusual(split: (delimiter: string) => Split, facts: TableFacts): void {
  const found = unusualDelimiters.map(split).find(({ width, start, even, records }) => {
    const [first] = records;
    if (width < 2 || start > 0 || even < 1 || records.length < 2 || first === undefined) return false;
    return !facts.hasHeader || looksLikeHeader(first, facts.quote);
  });
  if (found === undefined) return;
  throw new InputError(
    'DELIMITER_UNUSUAL',
    `expected cells delimited by one of , ; tab |, found lines that all have ${found.width} fields with ${shown(found.delimiter)}`,
    { file: facts.file },
    { hint: `Name it: \`--delimiter ${shellWord(found.delimiter)}\`.` },
  );
}

/** For lines that are a text each: a delimiter that splits none of them. */
function wholeLines(split: (delimiter: string) => Split, { isTsv }: TableFacts): string {
  const order = isTsv ? ['\t', ...usualDelimiters] : usualDelimiters;
  const unsplit = [...order, '\u0001', '\u001f'].find((each) =>
    split(each).records.every(({ cells }) => cells.length === 1),
  );
  return unsplit ?? (isTsv ? '\t' : ',');
}

function tie({ delimiter }: Split, rivals: Split[]): string {
  const others = rivals.map((rival) => shown(rival.delimiter)).join(' and ');
  return `Cells are taken to be delimited by ${shown(delimiter)}, though ${others} would split the rows as evenly (--delimiter to choose)`;
}

/** A delimiter as it is written in sentences. */
export function shown(delimiter: string): string {
  if (delimiter === '\t') return 'tab';
  const code = delimiter.codePointAt(0) ?? 0;
  return code < 0x20 ? `U+${code.toString(16).toUpperCase().padStart(4, '0')}` : `\`${delimiter}\``;
}
