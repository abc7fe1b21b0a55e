import { UsageError } from '../errors.ts';
import { isTypable, nameList, shortName } from '../text/name-list.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { counted } from '../text/numbers.ts';
import { shownName } from '../text/printable.ts';
import { shellWord } from '../text/shell-word.ts';
import { columnPlace, columnReference } from './column-place.ts';
import type { ColumnProfile } from './column-profile.ts';
import { textNotScalar, textsInList } from './json-fault.ts';
import { namesLikeValues } from './nameless.ts';
import { type InputFormat, isTable, type RecordsHead } from './row.ts';
import { shown as shownDelimiter } from './table-shape.ts';
import { isUsualName } from './usual-names.ts';

/** Nobody said which column to score, and it is not clear. */
export class TextColumnUnclear extends UsageError {
  /** What the columns hold, for whoever is to choose. */
  readonly profiles: readonly ColumnProfile[];

  constructor(code: string, message: string, hint: string, profiles: readonly ColumnProfile[]) {
    super(code, message, { hint });
    this.profiles = profiles;
  }
}

export interface TextColumns {
  /** As {@link columnPlace} takes them, or dotted paths for JSON. */
  columns: string[];
  /** Whether the columns were recognised by name and not told, which a person should hear about. */
  guessed: boolean;
  /** Whether some were told by their numbers: what they are called says whether these were right. */
  numbered: boolean;
}

/**
 * The columns to score: those wanted, or the only one that has a usual name and values that look like text. One
 * column alone is no exception: a file whose delimiter is not known has one, too.
 * For JSON any dotted path may be wanted: `requirePaths` finds out whether rows have it.
 * @param profiles - what the first rows show about the columns; looked at only when none is wanted
 * @throws {UsageError} when a wanted column is unknown, wanted twice or stands twice in the header,
 * and when there is nothing wanted and no clear guess.
 */
export async function resolveTextColumns(
  head: RecordsHead,
  wanted: string[] | undefined,
  profiles: () => Promise<ColumnProfile[]>,
): Promise<TextColumns> {
  if (wanted === undefined || wanted.length === 0) {
    return { columns: [guess(head, await profiles())], guessed: true, numbered: false };
  }
  const columns = wanted.map((column) =>
    isTable(head.format) ? columnNamed(column, head) : pathNamed(column, head),
  );
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice === undefined) {
    const numbered = columns.some(
      (column, index) => /^\d+$/u.test(wanted[index] ?? '') && column !== wanted[index],
    );
    return { columns, guessed: false, numbered };
  }
  throw new UsageError('TEXT_COLUMN_TWICE', `Expected different text columns, got \`${twice}\` twice`);
}

/** Says for people which columns were taken; undefined where they were told by name. */
export function chosenColumns({ columns, guessed, numbered }: TextColumns): string | undefined {
  if (!guessed && !numbered) return undefined;
  const names = columns.map((name) => JSON.stringify(shownName(shortName(name)))).join(', ');
  return `the column${columns.length > 1 ? 's' : ''} ${names}${guessed ? ' (use --text to choose)' : ''}`;
}

function columnNamed(wanted: string, { columns }: RecordsHead): string {
  const place = columnPlace(columns, wanted);
  if (place === -1) throw unknownTextColumn(wanted, columns);
  if (columns[place] !== wanted || columns.lastIndexOf(wanted) === place)
    return columnReference(columns, place);
  throw new UsageError('TEXT_COLUMN_DUPLICATED', `Expected one column named \`${wanted}\`, found several`, {
    hint: `Say which one: ${references(wanted, columns)}.`,
  });
}

function references(name: string, columns: readonly string[]): string {
  return columns
    .flatMap((column, place) =>
      column === name ? [`\`--text ${shellWord(columnReference(columns, place))}\``] : [],
    )
    .join(' or ');
}

/** A number is that of a key, if it is not a key itself. */
function pathNamed(wanted: string, { columns }: RecordsHead): string {
  const isNumber = /^\d+$/u.test(wanted) && !columns.includes(wanted);
  return isNumber ? (columns[Number(wanted) - 1] ?? wanted) : wanted;
}

function guess(head: RecordsHead, profiles: readonly ColumnProfile[]): string {
  const { columns } = head;
  if (columns.length === 1 && !head.hasHeader) return columns[0] as string;
  const named = profiles.filter(
    ({ reference }) => columnPlace(columns, reference) !== -1 && isUsualName(reference.replace(/#\d+$/u, '')),
  );
  const candidates = named.filter(({ kind }) => kind !== 'other');
  const [only, another] = candidates;
  if (only !== undefined && another === undefined && !isOutdone(only, profiles)) return only.reference;
  if (another !== undefined) {
    const message = `Expected one column of text, found several: ${nameList(candidates.map(({ reference }) => reference))}`;
    const hint = `Name the ones to score, once for each: ${best(candidates)}.`;
    throw new TextColumnUnclear('TEXT_COLUMN_AMBIGUOUS', message, hint, profiles);
  }
  throw notGuessed(head, only ?? named[0], profiles);
}

/** Whether a column is empty or its values look like choices from a list, and those of another one like comments. */
function isOutdone({ kind, reference }: ColumnProfile, profiles: readonly ColumnProfile[]): boolean {
  return kind !== 'text' && profiles.some((each) => each.kind === 'text' && each.reference !== reference);
}

/** @param named - a column with a usual name whose values do not look like comments */
function notGuessed(
  { file, format, columns, hasHeader, delimiter }: RecordsHead,
  named: ColumnProfile | undefined,
  profiles: readonly ColumnProfile[],
): UsageError {
  if (columns.length === 1 && named === undefined && isTable(format))
    return oneColumn(columns[0] as string, profiles);
  const code = 'TEXT_COLUMN_NOT_GUESSED';
  if (columns.length === 0) {
    const hint = 'Name the text by its path: `--text <path>`.';
    return new TextColumnUnclear(code, 'Expected a column of text, found no columns', hint, profiles);
  }
  const found =
    named === undefined
      ? `found ${nameList(columns.map((_, place) => columnReference(columns, place)))}`
      : named.examples.length === 0
        ? `found \`${named.reference}\`, which is empty in the first ${counted(named.rows, 'row')}`
        : `found \`${named.reference}\` with values such as ${nameList(named.examples)}`;
  const split = delimiter === undefined ? '' : ` (delimited by ${shownDelimiter(delimiter)})`;
  const message = hasHeader
    ? `Expected a column of comments with a usual name such as \`text\` or \`comment\`, ${found}${split}`
    : `Expected --text along with --no-header, ${found}${split}`;
  const inner = named === undefined ? undefined : innerValue(format, named);
  if (named !== undefined && inner !== undefined) {
    const { hint } = textNotScalar(1, named.reference, inner, { file, isDocument: named.rows === 1 });
    return new TextColumnUnclear(code, message, hint, profiles);
  }
  const likely = profiles
    .filter(({ likeness }) => likeness > 0)
    .toSorted((one, other) => other.likeness - one.likeness);
  const [first] = likely;
  const [, path, leaf] = /^(.+?)\.(0\..+|0)$/u.exec(first?.reference ?? '') ?? [];
  const inList = path === undefined ? undefined : { path, leaf, isDocument: first?.rows === 1 };
  const hint =
    first === undefined
      ? 'Name the column to score: `--text <name or number>`; `--dry-run` shows all columns.'
      : inList !== undefined && !isTable(format)
        ? textsInList(file, inList)
        : `${namesHint(first, { columns, hasHeader }, profiles)}By its values it may be ${best(likely)}; \`--dry-run\` shows all columns.`;
  return new TextColumnUnclear(code, message, hint, profiles);
}

/** Where the names look like values: how the first line is read as a row. */
function namesHint(
  likely: ColumnProfile,
  { columns, hasHeader }: Pick<RecordsHead, 'columns' | 'hasHeader'>,
  profiles: readonly ColumnProfile[],
): string {
  const samples = columns.map((reference, place) => ({
    reference,
    values: profiles.find(({ number }) => number === place + 1)?.examples ?? [],
  }));
  if (!hasHeader || namesLikeValues(columns, samples).length === 0) return '';
  return `If the first line is a row, and holds no names: \`--no-header --text column_${likely.number}\`. Else: `;
}

/** The list or object that a JSON column holds in place of texts. */
function innerValue(format: InputFormat, { examples: [example = ''] }: ColumnProfile): unknown {
  return !isTable(format) && /^[[{]/u.test(example) ? JSON.parse(example) : undefined;
}

/** At most two, so that a sentence can hold them. */
function best(profiles: readonly ColumnProfile[]): string {
  return profiles
    .slice(0, 2)
    .map(({ reference, number }) => {
      const typed = isTypable(reference) || number === undefined ? reference : String(number);
      return `\`--text ${shellWord(typed)}\``;
    })
    .join(' or ');
}

function oneColumn(name: string, profiles: readonly ColumnProfile[]): UsageError {
  return new TextColumnUnclear(
    'ONE_COLUMN',
    `Expected several columns, or one with a usual name such as \`comment\`, found one: \`${shortName(name)}\``,
    'If each line is one text, the first one too: `--no-header`. If that is the name of the column: ' +
      `\`--text ${shellWord(isTypable(name) ? name : '1')}\`. If there are several columns: \`--delimiter <character>\`.`,
    profiles,
  );
}

/** The error for a text that is not there. */
export function unknownTextColumn(wanted: string, columns: readonly string[]): UsageError {
  const found = columns.length === 0 ? 'no columns' : nameList(columns);
  return new UsageError('TEXT_COLUMN_NOT_FOUND', `Expected a column named \`${wanted}\`, found ${found}`, {
    hint:
      didYouMean(wanted, columns, (name) => `--text ${shellWord(name)}`) ??
      'Name one of these with `--text`, or its number.',
  });
}
