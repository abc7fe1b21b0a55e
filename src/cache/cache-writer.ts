import { getOrInsert } from '../collections.ts';
import type { ShardPredictions } from '../protocol.ts';
import { blockEntries, BlockLayout } from './block.ts';
import { CacheDamage } from './cache-damage.ts';
import { commit, type Database, prepareRows, type Statement } from './cache-file.ts';
import type { CacheReader } from './cache-reader.ts';
import { hasRoom, type LayoutOf, makeRoom } from './evict.ts';
import type { Secret } from './secret.ts';
import { StagedEntries } from './staged-entries.ts';
import { indexKey } from './text-hasher.ts';
import { bytesOf, TouchedEntries } from './touched-entries.ts';

/** Entries that are written in one transaction; a kill loses at most these. */
const maxStaged = 1024;

/** How long an entry waits for others at most, so that a kill loses little of a slow model's work, too. */
const maxStagedMs = 20_000;

/** What the store adds to an entry, and a transaction to the file, at most. */
const overheadBytes = { entry: 80, transaction: 128 * 1024 };

/** Writes predictions to one file, in transactions of many; the process that has it open is the only one that does. */
export class CacheWriter {
  readonly touched: TouchedEntries;
  readonly staged: StagedEntries;
  /** Predictions that found no room. */
  refused = 0;
  readonly #db: Database;
  readonly #reader: CacheReader;
  readonly #layoutOf: LayoutOf;
  readonly #limitBytes: number;
  readonly #run: number;
  readonly #statements: { block: Statement; uses: Statement; place: Statement; conditions: Statement };
  /** Since the last commit. */
  #computed = { texts: 0, ms: 0 };
  #stagedSinceMs = 0;

  constructor(db: Database, reader: CacheReader, secret: Secret, run: number, limitBytes: number) {
    this.#db = db;
    this.#reader = reader;
    this.#layoutOf = layoutsOf(db, secret);
    this.#limitBytes = limitBytes;
    this.#run = run;
    this.touched = new TouchedEntries(db, run);
    const { entryBytes, labelCount } = reader.layout;
    // A small file must not be filled with what one transaction adds.
    const fitting = Math.floor(limitBytes / 8 / (entryBytes + overheadBytes.entry));
    this.staged = new StagedEntries(labelCount, Math.max(1, Math.min(maxStaged, fitting)));
    this.#statements = {
      block: db.prepare('INSERT INTO blocks(conditions, entries) VALUES (?, ?)'),
      uses: db.prepare('INSERT OR REPLACE INTO uses VALUES (?, ?)'),
      place: db.prepare('INSERT OR REPLACE INTO places VALUES (?, ?)'),
      conditions: db.prepare(
        'UPDATE conditions SET texts = texts + ?, computed_texts = computed_texts + ?, compute_ms = compute_ms + ? WHERE id = ?',
      ),
    };
  }

  /** Takes a prediction that is not in the file. */
  stage(hash: string, predictions: ShardPredictions, text: number): void {
    if (this.staged.count === 0) this.#stagedSinceMs = performance.now();
    this.staged.add(hash, predictions, text);
    if (this.staged.isFull) this.commit();
  }

  /** Notes what workers computed, for the mean that is told as saved later. */
  addComputed(texts: number, ms: number): void {
    this.#computed.texts += texts;
    this.#computed.ms += ms;
    if (this.staged.count > 0 && performance.now() - this.#stagedSinceMs > maxStagedMs) this.commit();
  }

  /**
   * Writes what is staged. Where there is no room even after the least recently used entries went, it is let go.
   * @throws CacheDamage, errors of SQLite
   */
  commit(): void {
    const texts = this.staged.count;
    const { entryBytes } = this.#reader.layout;
    const neededBytes = texts * (entryBytes + overheadBytes.entry) + overheadBytes.transaction;
    if (texts > 0 && this.#makeRoom(neededBytes)) this.#write(texts);
    else this.refused += texts;
    this.staged.clear();
    commit(this.#db);
  }

  /** Writes the last entries and what was used, to be committed, and makes the file as small as it should be. */
  finish(): void {
    this.commit();
    this.touched.write();
    this.#makeRoom(0);
  }

  #makeRoom(neededBytes: number): boolean {
    const limitBytes = this.#limitBytes;
    if (hasRoom(this.#db, limitBytes, neededBytes)) return true;
    this.touched.write();
    const room = makeRoom(this.#db, this.#layoutOf, { limitBytes, neededBytes, run: this.#run });
    this.#reader.clear();
    return room;
  }

  #write(texts: number): void {
    const { conditionsId, layout } = this.#reader;
    const { entries } = this.staged;
    const { buffer, byteOffset } = entries.hashes;
    const words = new Uint32Array(buffer, byteOffset, texts * 4);
    const places: { key: number; block: number }[] = [];
    for (let start = 0; start < texts; start += blockEntries) {
      const own = Array.from({ length: Math.min(blockEntries, texts - start) }, (_, index) => start + index);
      const { lastInsertRowid } = this.#statements.block.run(conditionsId, layout.encode(entries, own));
      const block = Number(lastInsertRowid);
      this.#statements.uses.run(block, bytesOf(new Uint32Array(own.length).fill(this.#run)));
      for (const [index, place] of own.entries()) {
        // What comes up again in this run is a repeat, no hit.
        this.touched.add(block, index);
        const key = indexKey(words[place * 4] as number, words[place * 4 + 1] as number);
        places.push({ key, block });
      }
    }
    // In the order of the index, which changes fewer of its pages at a time.
    for (const { key, block } of places.toSorted((one, other) => one.key - other.key)) {
      this.#statements.place.run(key, block);
    }
    const { texts: computed, ms } = this.#computed;
    this.#statements.conditions.run(texts, computed, ms, conditionsId);
    this.#computed = { texts: 0, ms: 0 };
  }
}

/** Layouts of all conditions that a file knows, each made when it is asked for. */
export function layoutsOf(db: Database, secret: Secret): LayoutOf {
  const layouts = new Map<number, BlockLayout>();
  const read = prepareRows(db, 'SELECT description, label_count FROM conditions WHERE id = ?');
  return (conditions) =>
    getOrInsert(layouts, conditions, () => {
      const row = read.get(conditions) as [string, number] | undefined;
      if (row === undefined) throw new CacheDamage(`its conditions ${conditions} are missing`);
      return new BlockLayout(secret, ...row);
    });
}
