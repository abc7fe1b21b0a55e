import { type ColumnsReader, columnsReader, valueText } from '../records/column-reader.ts';
import type { RecordsHead, Row } from '../records/row.ts';

/** Values of a column that are told apart; the rest counts as `otherValue`, which bounds the memory. */
export const maxGroups = 100;
export const otherValue = '(other)';
export const noValue = '(none)';

/** Whether a value stands for rows that have none, or for all that are not told apart. */
export function isUntold(value: string): boolean {
  return value === noValue || value === otherValue;
}

/** Longest value, in characters; longer ones are cut, since they are kept. */
const maxValueCharacters = 100;

/** Names of a column that tells a text's language. */
const languageColumns = new Set(['language', 'lang', 'locale', 'language_code', 'lang_code']);

/** Reads the value of each slicing column out of a row, limited in number and length; else a {@link ColumnsReader}. */
export interface GroupReader extends Pick<ColumnsReader, 'requireFound'> {
  (row: Row): string[];
}

/** The column that tells a text's language, if the file has one. */
export function languageColumn(head: RecordsHead): string | undefined {
  return head.columns.find((column) => languageColumns.has(column.toLowerCase()));
}

/**
 * Makes a reader of the values that rows are grouped by.
 * @throws UsageError when a delimited file lacks a column
 */
export function groupReader(head: RecordsHead, columns: readonly string[]): GroupReader {
  const read = columnsReader(head, columns, '--by');
  const limits = columns.map(() => new ValueLimit());
  const values = (row: Row): string[] =>
    read(row).map((value, index) => (limits[index] as ValueLimit).admit(valueText(value)));
  return Object.assign(values, { requireFound: read.requireFound });
}

/** Lets the first values through and calls the others one. */
export class ValueLimit {
  readonly #known = new Set<string>();

  admit(value: string): string {
    const short = value.trim().slice(0, maxValueCharacters).toWellFormed();
    if (short === '') return noValue;
    if (this.#known.has(short)) return short;
    if (this.#known.size >= maxGroups) return otherValue;
    this.#known.add(short);
    return short;
  }
}
