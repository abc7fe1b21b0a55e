import type { UsageError } from '../errors.ts';
import { leafPaths, valueAt } from './json-fields.ts';
import { jsonObject } from './json-object.ts';
import type { Row } from './row.ts';

/** Rows of JSONL, which may each lack a value, that are looked at before its path counts as unknown. */
const rowsUntilUnknown = 100;

export interface WantedPaths {
  paths: readonly string[];
  /** Of each path, whether a row has it; kept up to date by who reads the rows. */
  found: boolean[];
  /** The error for a path that is not there. */
  missing: (path: string, found: string[]) => UsageError;
}

/**
 * Passes rows on once each path was found in one of them. Only while one is missing are rows held back.
 * @throws {UsageError} when the first 100 rows, or all of them, lack one.
 */
export async function* requirePaths(
  batches: AsyncGenerator<Row[]>,
  { paths, found, missing }: WantedPaths,
): AsyncGenerator<Row[]> {
  const held: Row[] = [];
  for await (const rows of batches) {
    if (found.every(Boolean)) {
      if (held.length > 0) yield held.splice(0);
      yield rows;
      continue;
    }
    held.push(...rows);
    if (held.length < rowsUntilUnknown) continue;
    if (held.some(({ rejected }) => rejected === undefined)) break;
    // Nothing can be said of rows that could not be read.
    yield held.splice(0);
  }
  if (held.every(({ rejected }) => rejected !== undefined)) {
    if (held.length > 0) yield held;
    return;
  }
  const lacking = paths[found.indexOf(false)];
  if (held.length > 0 && lacking !== undefined) throw missing(lacking, pathsOf(held));
}

/** Passes rows on and notes which paths they have, until all were found. */
export async function* lookFor(
  batches: AsyncGenerator<Row[]>,
  paths: readonly string[],
  found: boolean[],
): AsyncGenerator<Row[]> {
  for await (const rows of batches) {
    for (const { json } of found.every(Boolean) ? [] : rows) {
      const record = json === undefined || json.trim() === '' ? {} : jsonObject(json);
      for (const [index, path] of paths.entries()) found[index] ||= valueAt(record, path) !== undefined;
    }
    yield rows;
  }
}

function pathsOf(rows: Row[]): string[] {
  return [...new Set(rows.flatMap(({ json }) => (json === undefined ? [] : leafPaths(jsonObject(json)))))];
}
