import { InputError } from '../errors.ts';
import { isNonAnswer } from '../text/non-answers.ts';

/** Rows under the names of the columns that explain them, as survey tools write them. */
export interface HeaderRows {
  count: number;
  /** Texts of the questions, one per column, where one of these rows holds them. */
  questions: string[] | undefined;
}

const noHeaderRows: HeaderRows = { count: 0, questions: undefined };
/** Rows looked at: names, question texts and ids are the most that any tool writes. */
const maxHeaderRows = 3;
/** Numbers or dates below a word that show that the word belongs to the header. */
const fewestBelow = 3;

/**
 * Finds rows that belong to the header. Those of Qualtrics (its ids, `{"ImportId":...}`, or answers that all have
 * one) and of SurveyMonkey are certain.
 * @param rows - the first records behind the names
 * @param told - rows of the header in all, where somebody said it
 * @throws {InputError} when a row looks like one of the header, but nobody can be sure
 */
export function findHeaderRows(
  names: readonly string[],
  rows: readonly string[][],
  { told, file, line }: { told: number | undefined; file: string; line: number },
): HeaderRows {
  if (told !== undefined) return headerRows(Math.min(told - 1, rows.length), rows);
  const certain = importIds(rows) ?? responseIds(names, rows) ?? surveyMonkey(names, rows);
  if (certain !== undefined) return headerRows(certain, rows);
  const likely = underBlankNames(names, rows) ? 1 : wordsOverNumbers(rows);
  if (likely === 0) return noHeaderRows;
  const found = (rows[0] ?? []).filter((cell) => cell !== '').slice(0, 4);
  throw new InputError(
    'HEADER_ROWS_UNCLEAR',
    `expected rows of answers under the names, found what looks like a further row of the header: ${found.map((cell) => `\`${cell}\``).join(', ')}`,
    { file, line },
    {
      hint: `If it is one: \`--header-rows ${likely + 1}\`. If it is a row like the others: \`--header-rows 1\`.`,
    },
  );
}

function headerRows(count: number, rows: readonly string[][]): HeaderRows {
  if (count === 0) return noHeaderRows;
  const texts = rows.slice(0, count).find((row) => !isImportIds(row));
  return { count, questions: texts };
}

/** Whether a row holds the ids that Qualtrics writes under the texts of the questions. */
export function isImportIds(row: readonly string[]): boolean {
  const filled = row.filter((cell) => cell.trim() !== '');
  return (
    filled.length > 0 && filled.filter((cell) => cell.startsWith('{"ImportId":')).length * 2 > filled.length
  );
}

function importIds(rows: readonly string[][]): number | undefined {
  const place = rows.slice(0, maxHeaderRows).findIndex(isImportIds);
  return place === -1 ? undefined : place + 1;
}

/** Each answer of a Qualtrics export has an id such as `R_2xY1aBcD3eFgHiJ`; what stands above has none. */
function responseIds(names: readonly string[], rows: readonly string[][]): number | undefined {
  const place = names.findIndex((name) => /^_?(?:responseid|recordid)$/iu.test(name));
  const isId = (row: readonly string[]): boolean => /^R_\w+$/u.test(row[place] ?? '');
  const first = rows.findIndex(isId);
  if (place === -1 || first < 1 || first >= maxHeaderRows || !rows.slice(first).every(isId)) return undefined;
  return first;
}

function surveyMonkey(names: readonly string[], [row]: readonly string[][]): number | undefined {
  if (row === undefined || !/^respondent[ _]?id$/iu.test(names[0] ?? '') || row[0] !== '') return undefined;
  return row.some((cell) => /^(?:open-ended )?response$/iu.test(cell)) ? 1 : undefined;
}

/** A row that fills in where the names are blank, and leaves out what every answer has. */
function underBlankNames(names: readonly string[], [row, ...rest]: readonly string[][]): boolean {
  if (row === undefined || row[0] !== '' || names[0] === '' || rest.length === 0) return false;
  const fillsIn = names.some((name, place) => name === '' && (row[place] ?? '') !== '');
  return fillsIn && rest.every((other) => other[0] !== '');
}

/** How many rows at the start hold words where all others hold numbers or dates, in two columns at least. */
function wordsOverNumbers(rows: readonly string[][]): number {
  let count = 0;
  while (count < maxHeaderRows - 1 && isOverNumbers(rows[count] ?? [], rows.slice(count + 1))) count++;
  return count;
}

function isOverNumbers(row: readonly string[], below: readonly string[][]): boolean {
  const places = row.flatMap((cell, place) => (/\p{L}/u.test(cell) && !isNonAnswer(cell) ? [place] : []));
  const over = places.filter((place) => {
    const values = below.map((other) => other[place] ?? '').filter((cell) => cell.trim() !== '');
    return (
      values.length >= fewestBelow && values.every((cell) => /^[\d\s.,:/+T-]*\d[\d\s.,:/+TZ-]*$/u.test(cell))
    );
  });
  return over.length >= 2;
}
