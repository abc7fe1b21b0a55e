import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { UsageError } from '../errors.ts';
import { CacheDamage, isBusy, sqliteCode } from './cache-damage.ts';
import { secretPath } from './secret.ts';

export type Database = DatabaseSyncInstance;
export type Statement = StatementSyncInstance;

/** Names files of SQLite that are caches of ours: "Vxpc", as its header holds it. */
const applicationId = 0x56787063;

/** Raised when what is written changes its meaning. */
const formatVersion = 1;

/**
 * - `runs`: uses of the cache, numbered; `started_at` as ISO 8601.
 * - `conditions`: what predictions were made under, how many texts there are, and what computing took workers so far.
 * - `blocks`: entries as `BlockLayout` writes them.
 * - `uses`: by block, the run that last used each entry, uint32 little-endian.
 * - `places`: by 53 bits of a text's hash, the block that holds its entry.
 */
const schema = [
  'CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE runs(id INTEGER PRIMARY KEY, started_at TEXT NOT NULL)',
  'CREATE TABLE conditions(id INTEGER PRIMARY KEY, description TEXT NOT NULL UNIQUE, label_count INTEGER NOT NULL, texts INTEGER NOT NULL, computed_texts INTEGER NOT NULL, compute_ms REAL NOT NULL, last_run INTEGER NOT NULL)',
  'CREATE TABLE blocks(id INTEGER PRIMARY KEY, conditions INTEGER NOT NULL, entries BLOB NOT NULL)',
  'CREATE TABLE uses(block INTEGER PRIMARY KEY, runs BLOB NOT NULL)',
  'CREATE TABLE places(key INTEGER PRIMARY KEY, block INTEGER NOT NULL)',
];

/** Of a new file; only before anything is read from it. */
const layout = `
  PRAGMA page_size = 4096;
  PRAGMA auto_vacuum = INCREMENTAL;
`;

/** Memory for pages in KB, and no trust in what a file may define. */
const connection = `
  PRAGMA cache_size = -4000;
  PRAGMA synchronous = FULL;
  PRAGMA mmap_size = 0;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
`;

/** How long a statement waits for another process that is just writing. */
const busyMs = 10_000;

/** What lies under the name of a cache; `later` is one that a later version of voxpop made. */
export type CacheKind = 'nothing' | 'cache' | 'later' | 'other';

/**
 * Says what lies at a path without opening it, since only what is or was a cache may be set aside. One with a damaged
 * header is told from other files by the secret beside it.
 */
export function lookAt(path: string): CacheKind {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined || (info.isFile() && info.size === 0)) return 'nothing';
  if (!info.isFile()) return 'other';
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  const isDatabase = header.toString('latin1', 0, 16) === 'SQLite format 3\0';
  if (!isDatabase || header.readUInt32BE(68) !== applicationId) {
    return existsSync(secretPath(path)) ? 'cache' : 'other';
  }
  return header.readUInt32BE(60) > formatVersion ? 'later' : 'cache';
}

export function notACache(path: string): UsageError {
  return new UsageError('CACHE_INVALID', `Expected a cache of voxpop in ${path}, found something else`, {
    hint: 'Name another file; one that is not there yet is made.',
  });
}

/**
 * Opens a cache to write to it; makes one where there is none. Holds the lock of the one writer, from one transaction
 * to the next, until it is closed.
 * @returns undefined when another process holds it
 * @throws CacheDamage, and errors of SQLite
 */
export function openWriter(path: string): Database | undefined {
  const isNew = lookAt(path) === 'nothing';
  const db = new DatabaseSync(resolve(path), { timeout: 0 });
  try {
    if (isNew) db.exec(layout);
    db.exec(connection);
    db.exec('BEGIN IMMEDIATE');
    if (schemaOf(db).length === 0) make(db);
    requireSchema(db);
    db.exec(`PRAGMA busy_timeout = ${busyMs}`);
    return db;
  } catch (error) {
    close(db);
    if (isBusy(error)) return undefined;
    throw error;
  }
}

function make(db: Database): void {
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}`);
  for (const statement of schema) db.exec(statement);
  commit(db);
}

/**
 * Makes what was written last, and keeps the lock.
 * @returns false when somebody reads for so long that it has to wait for the next time; nothing is lost by that
 */
export function commit(db: Database): boolean {
  try {
    db.exec('COMMIT');
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
  db.exec('BEGIN IMMEDIATE');
  return true;
}

/**
 * Closes a file and gives its lock up at once: statements that are still in memory would hold a transaction open.
 * What was not committed is undone.
 */
export function close(db: Database): void {
  if (!db.isOpen) return;
  if (db.isTransaction) db.exec('ROLLBACK');
  db.close();
}

/**
 * Opens a cache to read it, while another process may write to it.
 * @throws CacheDamage, errors of SQLite
 */
export function openReader(path: string): Database {
  try {
    return openAs(path, 'mode=ro');
  } catch (error) {
    // A folder that nobody can write to, and so nobody writes to, has no place for locks.
    if (sqliteCode(error) !== 14) throw error;
    return openAs(path, 'mode=ro&immutable=1');
  }
}

/**
 * Opens a cache to look into it; what a killed process has left half written is undone first.
 * @throws CacheDamage, errors of SQLite
 */
export function openToInspect(path: string): Database {
  try {
    return openAs(path, 'mode=rw');
  } catch (error) {
    if (sqliteCode(error) !== 14) throw error;
    return openReader(path);
  }
}

function openAs(path: string, parameters: string): Database {
  const url = pathToFileURL(resolve(path));
  url.search = parameters;
  const db = new DatabaseSync(url, { readOnly: parameters.startsWith('mode=ro'), timeout: busyMs });
  try {
    db.exec(connection);
    requireSchema(db);
    return db;
  } catch (error) {
    close(db);
    throw error;
  }
}

function schemaOf(db: Database): string[] {
  const rows = db.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').all() as { sql: string }[];
  return rows.map(({ sql }) => sql);
}

/** No table is missing, and there is nothing else, such as a trigger that runs when something is written. */
function requireSchema(db: Database): void {
  const found = schemaOf(db).toSorted();
  if (found.join('\n') === schema.toSorted().join('\n')) return;
  throw new CacheDamage('its tables are not those of a cache');
}

/** Renames a damaged file, so that it can be looked at, and another one made. */
export function setAside(path: string): string {
  for (let number = 1; ; number++) {
    const aside = `${path}.damaged-${number}`;
    if (existsSync(aside)) continue;
    renameSync(path, aside);
    const journal = `${path}-journal`;
    // What it undoes is in the damaged file, not in the next one.
    if (existsSync(journal)) renameSync(journal, `${aside}-journal`);
    return aside;
  }
}

/** @throws UsageError when there is no folder to make a cache in */
export function requireFolder(path: string): void {
  const folder = dirname(resolve(path));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new UsageError('CACHE_FOLDER_NOT_FOUND', `${path}: expected the folder of the cache to exist`, {
    hint: `Make the folder first; ${basename(path)} itself is made.`,
  });
}

/** A statement whose rows are arrays. */
export function prepareRows(db: Database, sql: string): Statement {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

export interface Pages {
  pageBytes: number;
  /** All pages of the file, free ones included. */
  count: number;
  free: number;
}

export function pagesOf(db: Database): Pages {
  const read = (name: string): number => (prepareRows(db, `PRAGMA ${name}`).get() as [number])[0];
  return { pageBytes: read('page_size'), count: read('page_count'), free: read('freelist_count') };
}

/** Texts in a cache, under all conditions. */
export function textsOf(db: Database): number {
  return (prepareRows(db, 'SELECT coalesce(sum(texts), 0) FROM conditions').get() as [number])[0];
}
