import { UsageError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { columnPlace } from './column-place.ts';
import { valueAt } from './json-fields.ts';
import { jsonObject } from './json-object.ts';
import { isDelimited, type RecordsHead, type Row } from './row.ts';
import { nameList } from '../text/name-list.ts';

/** Reads values of some columns out of rows; undefined where a JSON record has no such value. */
export type ColumnsReader = (row: Row) => unknown[];

/**
 * Makes a reader of columns by name or number; for JSON a name is a dotted path.
 * @param option - named in the error, for example `--by`
 * @throws {UsageError} when a delimited file has no such column. A record of JSONL may lack any key.
 */
export function columnsReader(head: RecordsHead, names: readonly string[], option: string): ColumnsReader {
  if (!isDelimited(head.format)) {
    return (row) => {
      if (names.length === 0) return [];
      const record = jsonObject(row.json ?? '{}');
      return names.map((name) => valueAt(record, name));
    };
  }
  const places = names.map((name) => {
    const place = columnPlace(head.columns, name);
    if (place !== -1) return place;
    const found = nameList(head.columns);
    throw new UsageError('COLUMN_NOT_FOUND', `Expected a column named \`${name}\`, found ${found}`, {
      hint: didYouMean(name, head.columns) ?? `Give \`${option}\` the name of a column.`,
    });
  });
  return (row) => places.map((place) => row.record?.cell(place) ?? '');
}

/** A value as text: strings as they are, null and missing empty, everything else as its JSON text. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
