import { statSync } from 'node:fs';
import { InputError } from '../errors.ts';
import { entryBytes } from './block.ts';
import { isDamage } from './cache-damage.ts';
import {
  close,
  type Database,
  lookAt,
  notACache,
  openToInspect,
  prepareRows,
  textsOf,
} from './cache-file.ts';
import { type Conditions, readConditions } from './conditions.ts';

/** What a cache holds, without a look at every entry. */
export interface CacheInfo {
  path: string;
  /** Size of the file. */
  bytes: number;
  /** Texts of which predictions are kept. */
  texts: number;
  /** Bytes that must be kept of all of them: a hash, scores, labels and flags. */
  keptBytes: number;
  /** Runs that wrote to it. */
  runs: number;
  conditions: ConditionsInfo[];
}

/** Predictions that were made under the same conditions. */
export interface ConditionsInfo {
  conditions: Conditions;
  texts: number;
  /** When a run last looked for some of them, ISO 8601. */
  lastUsedAt: string;
}

/** @throws UsageError, InputError when there is no cache, or one that is damaged */
export function inspectCache(path: string): CacheInfo {
  return withCache(path, (db) => {
    const rows = prepareRows(
      db,
      `SELECT description, label_count, texts, started_at FROM conditions JOIN runs ON runs.id = last_run
       ORDER BY last_run DESC, conditions.id DESC`,
    ).all() as [string, number, number, string][];
    return {
      path,
      bytes: statSync(path).size,
      texts: textsOf(db),
      keptBytes: rows.reduce((sum, [, labels, texts]) => sum + texts * entryBytes(labels), 0),
      runs: (prepareRows(db, 'SELECT count(*) FROM runs').get() as [number])[0],
      conditions: rows.map(([description, , texts, lastUsedAt]) => ({
        conditions: readConditions(description),
        texts,
        lastUsedAt,
      })),
    };
  });
}

/**
 * Opens a cache for as long as something is done with it.
 * @throws UsageError, InputError when there is no cache, or one that is damaged
 */
export function withCache<Result>(path: string, use: (db: Database) => Result, open = openToInspect): Result {
  requireCache(path);
  let db: Database | undefined;
  try {
    db = open(path);
    return use(db);
  } catch (error) {
    if (isDamage(error)) throw damaged(path, error as Error);
    throw error;
  } finally {
    if (db !== undefined) close(db);
  }
}

/** @throws UsageError, InputError */
export function requireCache(path: string): void {
  const kind = lookAt(path);
  if (kind === 'other') throw notACache(path);
  if (kind === 'nothing') {
    throw new InputError(
      'CACHE_NOT_FOUND',
      'expected a cache, found none',
      { file: path },
      {
        hint: 'A run with --cache makes one.',
      },
    );
  }
  if (kind === 'later') {
    throw new InputError('CACHE_LATER', 'expected a cache of this version of voxpop, found a later one', {
      file: path,
    });
  }
}

function damaged(path: string, cause: Error): InputError {
  return new InputError(
    'CACHE_DAMAGED',
    `the cache is damaged: ${cause.message}`,
    { file: path },
    {
      cause,
      hint: 'The next run with --cache sets it aside and begins a new one; `voxpop cache clear` removes it.',
    },
  );
}
