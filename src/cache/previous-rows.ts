import { hash } from 'node:crypto';
import { DatabaseSync } from '@photostructure/sqlite';
import { type Database, prepareRows, type Statement } from './cache-file.ts';
import { hashBytes } from './text-hasher.ts';

/** Rows that are looked at together: exports mostly come in the order of the night before. */
const windowRows = 512;

/** How far behind the row that was found last the next one may be for the order to count as kept. */
const nearRows = 64;

/** What became of a row since the file before; `twice` where its key came up in this input already. */
export type Comparison = 'new' | 'changed' | 'unchanged' | 'twice';

/** A key that a file has more than once. */
export interface RepeatedKey {
  key: string;
  lines: [first: number, second: number];
}

/**
 * The rows of an earlier file by their keys, in a temporary file of SQLite, which has no name and goes with the
 * process: memory is that of its page cache, and a bit for each row. Not a cache: nothing of it outlives the run.
 */
export class PreviousRows {
  #count = 0;
  readonly #db: Database;
  readonly #insert: Statement;
  readonly #find: Statement;
  readonly #read: Statement;
  readonly #insertNew: Statement;
  /** A bit for each row whose key came up again. */
  #seen = new Uint8Array(0);
  #seenCount = 0;
  /** Rows at and behind the place where the last one was found, by their keys' hashes. */
  #window = new Map<string, { id: number; text: string }>();
  #lastId = 0;

  constructor() {
    this.#db = new DatabaseSync('');
    this.#db.exec(`
      PRAGMA cache_size = -4000; PRAGMA temp_store = FILE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
      CREATE TABLE previous(id INTEGER PRIMARY KEY, key BLOB NOT NULL, text BLOB NOT NULL, line INTEGER NOT NULL, name TEXT NOT NULL);
      CREATE TABLE added(key BLOB PRIMARY KEY) WITHOUT ROWID;
      BEGIN;
    `);
    this.#insert = this.#db.prepare('INSERT INTO previous VALUES (?, ?, ?, ?, ?)');
    this.#insertNew = this.#db.prepare('INSERT OR IGNORE INTO added VALUES (?)');
    this.#find = prepareRows(this.#db, 'SELECT id, text FROM previous WHERE key = ?');
    this.#read = prepareRows(
      this.#db,
      `SELECT id, key, text FROM previous WHERE id >= ? ORDER BY id LIMIT ${windowRows}`,
    );
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Takes a row of the earlier file.
   * @param line on which it stands
   */
  add(key: string, text: string, line: number): void {
    this.#insert.run(++this.#count, bytesOf(key), bytesOf(text), line, key);
  }

  /**
   * To be called once, when all rows were added and before any is compared.
   * @returns the first key that came up more than once
   */
  complete(): RepeatedKey | undefined {
    // Made at the end, which sorts once: kept up with each row, every row would change another page.
    this.#db.exec('COMMIT; CREATE INDEX by_key ON previous(key); BEGIN');
    this.#seen = new Uint8Array((this.#count >> 3) + 1);
    const repeated = prepareRows(
      this.#db,
      `SELECT min(line), key FROM previous WHERE key IN (SELECT key FROM previous GROUP BY key HAVING count(*) > 1 LIMIT 1)`,
    ).get() as [number | null, Uint8Array | null];
    if (repeated[1] === null) return undefined;
    const rows = prepareRows(
      this.#db,
      'SELECT line, name FROM previous WHERE key = ? ORDER BY id LIMIT 2',
    ).all(repeated[1]) as [number, string][];
    const [[first, name], [second]] = rows as [[number, string], [number, string]];
    return { key: name, lines: [first, second] };
  }

  /**
   * Forgets rows whose key came up before them.
   * @returns how many there were
   */
  passOverRepeated(): number {
    const later = prepareRows(
      this.#db,
      'SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY key ORDER BY id) AS place FROM previous) WHERE place > 1',
    ).all() as [number][];
    const remove = this.#db.prepare('DELETE FROM previous WHERE id = ?');
    for (const [id] of later) {
      remove.run(id);
      this.#note(id);
    }
    return later.length;
  }

  /** Says what became of a row of the later file, and notes that its key is still there. */
  compare(key: string, text: string): Comparison {
    const found = this.#lookUp(key);
    if (found === undefined) {
      return this.#insertNew.run(bytesOf(key)).changes === 1 ? 'new' : 'twice';
    }
    if (this.#isSeen(found.id)) return 'twice';
    this.#note(found.id);
    return found.text === charactersOf(text) ? 'unchanged' : 'changed';
  }

  /** How many keys did not come up again. */
  get goneCount(): number {
    return this.#count - this.#seenCount;
  }

  /** The first of the keys that did not come up again, in the order of their file. */
  gone(limit: number): string[] {
    const read = prepareRows(this.#db, 'SELECT name FROM previous WHERE id = ?');
    const names: string[] = [];
    for (let id = 1; id <= this.#count && names.length < limit; id++) {
      if (this.#isSeen(id)) continue;
      names.push((read.get(id) as [string])[0]);
    }
    return names;
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #isSeen(id: number): boolean {
    return (((this.#seen[id >> 3] as number) >> (id & 7)) & 1) === 1;
  }

  #note(id: number): void {
    this.#seen[id >> 3] = (this.#seen[id >> 3] as number) | (1 << (id & 7));
    this.#seenCount++;
  }

  #lookUp(key: string): { id: number; text: string } | undefined {
    const characters = charactersOf(key);
    let found = this.#window.get(characters);
    if (found !== undefined) {
      this.#lastId = found.id;
      return found;
    }
    const row = this.#find.get(Buffer.from(characters, 'latin1')) as [number, Uint8Array] | undefined;
    if (row === undefined) return undefined;
    found = { id: row[0], text: Buffer.from(row[1]).toString('latin1') };
    const ahead = found.id - this.#lastId;
    if (ahead > 0 && ahead <= nearRows) this.#readWindow(found.id);
    this.#lastId = found.id;
    return found;
  }

  #readWindow(from: number): void {
    this.#window.clear();
    for (const [id, key, text] of this.#read.all(from) as [number, Buffer, Buffer][]) {
      this.#window.set(Buffer.from(key).toString('latin1'), {
        id,
        text: Buffer.from(text).toString('latin1'),
      });
    }
  }
}

/** Half of SHA-256, as characters from 0 to 255. */
function charactersOf(text: string): string {
  // As UTF-8 half a surrogate pair would be the same as a replacement character.
  const whole = text.isWellFormed() ? text : Buffer.from(`code units ${text}`, 'utf16le');
  return hash('sha256', whole, 'binary').slice(0, hashBytes);
}

function bytesOf(text: string): Buffer {
  return Buffer.from(charactersOf(text), 'latin1');
}
