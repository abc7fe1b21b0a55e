import { UsageError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { columnPlace } from './column-place.ts';
import { valueAt } from './json-fields.ts';
import { jsonObject } from './json-object.ts';
import { isTable, type RecordsHead, type Row } from './row.ts';
import { nameList } from '../text/name-list.ts';

/** Reads values of some columns out of rows; undefined where a JSON record has no such value. */
export interface ColumnsReader {
  (row: Row): unknown[];
  /**
   * To be called behind the last row.
   * @throws {UsageError} when there were JSON records, and none of them had a value at one of the paths
   */
  readonly requireFound: () => void;
}

/**
 * Makes a reader of columns by name or number; for JSON a name is a dotted path.
 * @param option - named in the error, for example `--by`
 * @throws {UsageError} when a delimited file has no such column. A record of JSONL may lack any key, but not all
 * of them the same one: `requireFound` tells.
 */
export function columnsReader(head: RecordsHead, names: readonly string[], option: string): ColumnsReader {
  if (!isTable(head.format)) {
    return pathsReader(head, names, option);
  }
  const places = names.map((name) => {
    const place = columnPlace(head.columns, name);
    if (place !== -1) return place;
    throw columnNotFound(name, head.columns, option);
  });
  return Object.assign((row: Row) => places.map((place) => row.cell?.(place) ?? ''), {
    requireFound: () => {},
  });
}

function pathsReader(head: RecordsHead, paths: readonly string[], option: string): ColumnsReader {
  const missing = new Set(paths);
  let hasRecords = false;
  const read = ({ json }: Row): unknown[] => {
    if (paths.length === 0 || json === undefined) return paths.map(() => undefined);
    hasRecords = true;
    const record = jsonObject(json);
    return paths.map((path) => {
      const value = valueAt(record, path);
      if (value !== undefined) missing.delete(path);
      return value;
    });
  };
  return Object.assign(read, {
    requireFound: () => {
      const [path] = missing;
      if (hasRecords && path !== undefined) throw columnNotFound(path, head.columns, option);
    },
  });
}

function columnNotFound(name: string, columns: readonly string[], option: string): UsageError {
  const message = `Expected a column named \`${name}\`, found ${nameList(columns)}`;
  const hint = didYouMean(name, columns) ?? `Give \`${option}\` the name of a column.`;
  return new UsageError('COLUMN_NOT_FOUND', message, { hint });
}

/** A value as text: strings as they are, null and missing empty, everything else as its JSON text. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
