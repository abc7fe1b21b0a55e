import { existsSync } from 'node:fs';
import { OutputError, UsageError } from '../errors.ts';
import { CacheDamage, isDamage, sqliteCode } from './cache-damage.ts';
import {
  close,
  commit,
  type Database,
  lookAt,
  notACache,
  openReader,
  openWriter,
  prepareRows,
  requireFolder,
  setAside,
} from './cache-file.ts';
import { CacheReader } from './cache-reader.ts';
import { CacheWriter } from './cache-writer.ts';
import type { Lookup } from './messages.ts';
import { createSecret, readSecret, type Secret, secretPath } from './secret.ts';

/** A cache file that is in use. */
export interface OpenCache {
  path: string;
  db: Database;
  isWritten: boolean;
  /** By lookup; undefined where the file holds nothing of what is looked for, and does not get anything. */
  lanes: (Lane | undefined)[];
}

/** What reads and writes the predictions of one lookup. */
export interface Lane {
  reader: CacheReader;
  /** Undefined when the file is only read. */
  writer: CacheWriter | undefined;
}

/** Says in a sentence, for people, what became of a cache. */
export type Notify = (notice: string) => void;

/**
 * Opens the cache that a run reads and writes, and makes it when it is not there. A damaged one is set aside; one that
 * another process writes is only read. In both cases the run goes on, and it is said.
 * @returns undefined when the run has to go on without
 * @throws UsageError when the path cannot be that of a cache, OutputError when none can be made there
 */
export function openOwnCache(
  path: string,
  lookups: Lookup[],
  limitBytes: number,
  notify: Notify,
): OpenCache | undefined {
  const kind = lookAt(path);
  if (kind === 'other') throw notACache(path);
  if (kind === 'nothing') requireFolder(path);
  if (kind === 'later') {
    notify(`${path} was made by a later version of voxpop: the run goes on without it`);
    return undefined;
  }
  try {
    return openToWrite(path, lookups, limitBytes) ?? openLocked(path, lookups, notify);
  } catch (error) {
    if (isDamage(error)) {
      notifySetAside(path, error, notify);
      return openToWrite(path, lookups, limitBytes);
    }
    if (sqliteCode(error) === undefined) throw error;
    return openUnwritable(path, lookups, notify, error as Error);
  }
}

/** Renames a damaged cache, and says so. */
export function notifySetAside(path: string, error: unknown, notify: Notify): void {
  const aside = setAside(path);
  notify(
    `${path} is damaged (${(error as Error).message}): it is set aside as ${aside}, and a new one is begun`,
  );
}

function openToWrite(path: string, lookups: Lookup[], limitBytes: number): OpenCache | undefined {
  const db = openWriter(path);
  if (db === undefined) return undefined;
  try {
    const secret = secretOf(path, db, () => createSecret(path));
    const { lastInsertRowid } = db
      .prepare('INSERT INTO runs(started_at) VALUES (?)')
      .run(new Date().toISOString());
    const run = Number(lastInsertRowid);
    for (const lookup of lookups) noteConditions(db, lookup, run);
    commit(db);
    const lanes = lookups.map((lookup) => {
      const reader = CacheReader.open(db, secret, lookup) as CacheReader;
      return { reader, writer: new CacheWriter(db, reader, secret, run, limitBytes) };
    });
    return { path, db, isWritten: true, lanes };
  } catch (error) {
    close(db);
    throw error;
  }
}

function noteConditions(db: Database, { conditions, labelCount }: Lookup, run: number): void {
  db.prepare(
    `INSERT INTO conditions(description, label_count, texts, computed_texts, compute_ms, last_run)
     VALUES (?, ?, 0, 0, 0, ?) ON CONFLICT(description) DO UPDATE SET last_run = excluded.last_run`,
  ).run(conditions, labelCount, run);
}

/**
 * The secret that belongs to a file.
 * @param make makes one when neither the file nor its secret is older than this run
 * @throws CacheDamage when it is missing, or another one: nothing in the file would ever be found
 */
export function secretOf(path: string, db: Database, make?: () => Secret): Secret {
  const check = prepareRows(db, "SELECT value FROM facts WHERE name = 'secret_check'").get() as
    [string] | undefined;
  const found = readSecret(path);
  const secret = found ?? (check === undefined ? make?.() : undefined);
  if (secret === undefined) throw new CacheDamage(`its secret, ${secretPath(path)}, is missing`);
  const own = secret.keyFor('check').toString('hex');
  if (check === undefined) {
    if (make !== undefined) db.prepare("INSERT INTO facts VALUES ('secret_check', ?)").run(own);
  } else if (check[0] !== own) throw new CacheDamage(`${secretPath(path)} is the secret of another one`);
  return secret;
}

function openLocked(path: string, lookups: Lookup[], notify: Notify): OpenCache | undefined {
  notify(`${path} is being written by another process: it is only read, and what is new here is not kept`);
  return openToRead(path, lookups);
}

function openUnwritable(
  path: string,
  lookups: Lookup[],
  notify: Notify,
  cause: Error,
): OpenCache | undefined {
  if (!existsSync(path)) {
    throw new OutputError('CACHE_NOT_WRITABLE', `${path}: the cache cannot be made: ${cause.message}`, {
      cause,
      hint: 'Name a file in a folder that may be written to.',
    });
  }
  notify(`${path} cannot be written (${cause.message}): it is only read, and what is new here is not kept`);
  return openToRead(path, lookups);
}

/** Never fatal: what cannot be read now, because somebody just makes it, is not there yet. */
function openToRead(path: string, lookups: Lookup[]): OpenCache | undefined {
  try {
    return openOtherCache(path, lookups);
  } catch (error) {
    if (isDamage(error) || sqliteCode(error) !== undefined) return undefined;
    throw error;
  }
}

/**
 * Opens a cache that a run only reads.
 * @throws CacheDamage, errors of SQLite
 */
function openOtherCache(path: string, lookups: Lookup[]): OpenCache {
  const db = openReader(path);
  try {
    const secret = secretOf(path, db);
    const lanes = lookups.map((lookup) => {
      const reader = CacheReader.open(db, secret, lookup);
      return reader && { reader, writer: undefined };
    });
    return { path, db, isWritten: false, lanes };
  } catch (error) {
    close(db);
    throw error;
  }
}

/**
 * Opens a cache that was named to be read, and says when it is of no use.
 * @throws UsageError when there is no cache, or its secret is not beside it
 */
export function openSharedCache(path: string, lookups: Lookup[], notify: Notify): OpenCache | undefined {
  const kind = lookAt(path);
  if (kind === 'nothing') {
    throw new UsageError('CACHE_NOT_FOUND', `Expected a cache in ${path}, found none`, {
      hint: 'A cache to read from is one that a run with --cache has made.',
    });
  }
  if (kind === 'other') throw notACache(path);
  if (kind === 'later') {
    notify(`${path} was made by a later version of voxpop: the run goes on without it`);
    return undefined;
  }
  if (readSecret(path) === undefined) {
    throw new UsageError(
      'CACHE_SECRET_NOT_FOUND',
      `Expected the secret of ${path} in ${secretPath(path)}, found none`,
      {
        hint: 'Copy it along with the cache: without it nothing in there can be found.',
      },
    );
  }
  try {
    const opened = openOtherCache(path, lookups);
    if (!opened.lanes.some(Boolean)) {
      notify(
        `${path} holds nothing that was predicted as in this run (bundle, tasks, thresholds, version, CPU)`,
      );
    }
    return opened;
  } catch (error) {
    if (!isDamage(error) && sqliteCode(error) === undefined) throw error;
    notify(`${path} cannot be read (${(error as Error).message}): the run goes on without it`);
    return undefined;
  }
}
