import type { Block } from './block.ts';
import { CacheDamage } from './cache-damage.ts';
import { type Database, prepareRows, type Statement } from './cache-file.ts';
import { layoutsOf } from './cache-writer.ts';
import { keyAt } from './evict.ts';
import { withCache } from './inspect-cache.ts';
import { secretOf } from './open-cache.ts';
import { runsOf } from './touched-entries.ts';

/** What was found to be as it should. */
export interface CacheVerification {
  texts: number;
  blocks: number;
}

/**
 * Reads all of a cache: the file is one that SQLite can rely on, every entry is as it was written by somebody who
 * has the secret, and every text that leads somewhere leads to an entry.
 * @throws UsageError, InputError saying what is wrong
 */
export function verifyCache(path: string): CacheVerification {
  return withCache(path, (db) => {
    const problems = (prepareRows(db, 'PRAGMA integrity_check(1)').all() as [string][]).map(([line]) => line);
    if (problems[0] !== 'ok') throw new CacheDamage(problems.join('; '));
    const layoutOf = layoutsOf(db, secretOf(path, db));
    const check = new EntryCheck(db);
    const blocks = prepareRows(
      db,
      'SELECT id, conditions, entries, runs FROM blocks LEFT JOIN uses ON block = id ORDER BY id',
    ).iterate() as Iterable<[number, number, Uint8Array, Uint8Array | null]>;
    const found = { texts: 0, blocks: 0 };
    for (const [id, conditions, entries, runs] of blocks) {
      const block = layoutOf(conditions).decode(id, entries);
      if (runs === null || runsOf(runs).length !== block.count) {
        throw new CacheDamage(`it is not known when the entries of block ${id} were used`);
      }
      check.entries(block);
      found.texts += block.count;
      found.blocks++;
    }
    check.nothingElse();
    return found;
  });
}

/** Counts what texts lead to. */
class EntryCheck {
  readonly #db: Database;
  readonly #placeOf: Statement;
  #led = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#placeOf = prepareRows(db, 'SELECT block FROM places WHERE key = ?');
  }

  entries(block: Block): void {
    const keys = new Set(Array.from({ length: block.count }, (_, place) => keyAt(block, place)));
    for (const key of keys) {
      // None, or another block: the same text was computed twice at a time, and only one of the entries is found.
      const [id] = (this.#placeOf.get(key) as [number] | undefined) ?? [];
      if (id === block.id) this.#led++;
    }
  }

  nothingElse(): void {
    const [places] = prepareRows(this.#db, 'SELECT count(*) FROM places').get() as [number];
    if (places !== this.#led) {
      throw new CacheDamage(`${places - this.#led} texts lead to entries that are not there`);
    }
  }
}
