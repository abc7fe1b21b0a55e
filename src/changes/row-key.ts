import { didYouMean } from '../text/did-you-mean.ts';
import { excerpt } from '../text/excerpt.ts';
import { isJsonObject, leafPaths } from '../records/json-fields.ts';
import type { RowFault } from '../records/row-fault.ts';
import type { Row } from '../records/row.ts';
import { nameList } from '../text/name-list.ts';
import { shellWord } from '../text/shell-word.ts';

const shownCharacters = 70;

/** One text for the values of several columns; of one column it is the value. */
export function keyText(values: readonly string[]): string {
  return values.length === 1 ? (values[0] as string) : JSON.stringify(values);
}

/** The fault of a row that lacks a value in a column of the key. */
export function missingKey(row: Row, columns: readonly string[], values: readonly string[]): RowFault {
  const column = columns[values.indexOf('')] as string;
  const paths = pathsOf(row);
  const hint = paths.includes(column)
    ? undefined
    : didYouMean(column, paths, (name) => `--key ${shellWord(name)}`);
  return {
    code: 'KEY_MISSING',
    message: `expected a value of the key \`${column}\`, found none`,
    line: row.line,
    hint: hint ?? 'Rows are told from each other by their keys: `--key` names columns that every row has.',
  };
}

/** Where a key may have been meant; of a table it is known to be there. */
function pathsOf({ json }: Row): string[] {
  const record: unknown = json === undefined ? undefined : JSON.parse(json);
  return isJsonObject(record) ? leafPaths(record) : [];
}

/** The fault of a row whose key came up before. */
export function repeatedKey(line: number, columns: readonly string[], values: readonly string[]): RowFault {
  return {
    code: 'KEY_REPEATED',
    message: `expected each key once, found ${shownKey(columns, values)} again`,
    line,
    hint: 'Name further columns that tell such rows apart: `--key` can be repeated.',
  };
}

export function shownKey(columns: readonly string[], values: readonly string[]): string {
  return `${nameList(columns)} ${values.map((value) => JSON.stringify(excerpt(value, shownCharacters))).join(', ')}`;
}
