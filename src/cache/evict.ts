import type { Block, BlockLayout } from './block.ts';
import { commit, type Database, pagesOf, prepareRows, type Statement } from './cache-file.ts';
import { indexKey } from './text-hasher.ts';
import { bytesOf, runsOf } from './touched-entries.ts';

/** Blocks that are changed in one transaction: bounds what a crash undoes, and the journal. */
const blocksPerTransaction = 1000;

/** Share of the limit that stays free after entries had to go, so that they do not have to go all the time. */
const slack = 0.1;

/** How blocks of any conditions are read. */
export type LayoutOf = (conditions: number) => BlockLayout;

/** Whether the file is as small as it should be, and would be with so many bytes more. */
export function hasRoom(db: Database, limitBytes: number, neededBytes: number): boolean {
  const { pageBytes, count, free } = pagesOf(db);
  return count * pageBytes <= limitBytes && (count - free) * pageBytes + neededBytes <= limitBytes;
}

/**
 * Makes room for so many bytes: entries go that were not used for longest, and of those that were last used in the
 * same run the oldest. What this run used stays: it will be asked for again the next time.
 * @returns whether there is room now
 */
export function makeRoom(
  db: Database,
  layoutOf: LayoutOf,
  { limitBytes, neededBytes, run }: { limitBytes: number; neededBytes: number; run: number },
): boolean {
  for (;;) {
    const { pageBytes, count, free } = pagesOf(db);
    const used = (count - free) * pageBytes;
    if (used + neededBytes <= limitBytes) break;
    const counts = entriesByRun(db);
    const texts = sum(counts.values());
    counts.delete(run);
    if (counts.size === 0) break;
    // Pages of the index are left half empty rather than freed, so it may take more than one round.
    const target = limitBytes * (1 - slack) - neededBytes;
    removeEntries(db, layoutOf, oldest(counts, Math.ceil((1 - target / used) * texts)));
  }
  shrink(db, limitBytes);
  return hasRoom(db, limitBytes, neededBytes);
}

/** Gives free pages at the end of the file back to the system, until it is as small as it should be. */
function shrink(db: Database, limitBytes: number): void {
  const { pageBytes, count } = pagesOf(db);
  const pages = count - Math.floor(limitBytes / pageBytes);
  if (pages > 0) prepareRows(db, `PRAGMA incremental_vacuum(${pages})`).all();
}

/** How many entries were last used in each run. */
function entriesByRun(db: Database): Map<number, number> {
  const counts = new Map<number, number>();
  const uses = prepareRows(db, 'SELECT runs FROM uses').iterate() as Iterable<[Uint8Array]>;
  for (const [stored] of uses) {
    for (const run of runsOf(stored)) counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** Which entries go. */
export interface Surplus {
  /** Those last used before this run. */
  before: number;
  /** And of those last used in this run, so many. */
  within: number;
}

function oldest(counts: ReadonlyMap<number, number>, entries: number): Surplus {
  let left = entries;
  let before = 0;
  for (const [run, count] of [...counts].toSorted(([one], [other]) => one - other)) {
    if (left < count) return { before: run, within: Math.max(0, left) };
    left -= count;
    before = run + 1;
  }
  return { before, within: 0 };
}

/**
 * Removes entries, and blocks that have none left.
 * @param isOf only in blocks of these conditions
 */
export function removeEntries(
  db: Database,
  layoutOf: LayoutOf,
  { before, within }: Surplus,
  isOf: (conditions: number) => boolean = () => true,
): void {
  let withinLeft = within;
  const changes: { block: number; kept: number[] }[] = [];
  const change = new BlockChange(db, layoutOf);
  const flush = (): void => {
    for (const { block, kept } of changes.splice(0)) change.keep(block, kept);
    commit(db);
  };
  // Read on in pieces: a statement that is open does not see well what is changed under it.
  const next = prepareRows(
    db,
    'SELECT block, runs, conditions FROM uses JOIN blocks ON id = block WHERE block > ? ORDER BY block LIMIT 1000',
  );
  for (let last = -1; ;) {
    const rows = next.all(last) as [number, Uint8Array, number][];
    if (rows.length === 0) break;
    for (const [block, stored, conditions] of rows) {
      last = block;
      if (!isOf(conditions)) continue;
      const runs = runsOf(stored);
      const kept: number[] = [];
      runs.forEach((run, place) => {
        const isSurplus = run < before || (run === before && withinLeft-- > 0);
        if (!isSurplus) kept.push(place);
      });
      if (kept.length < runs.length) changes.push({ block, kept });
      if (changes.length >= blocksPerTransaction) flush();
    }
  }
  flush();
}

/** Takes entries out of blocks, and with them what leads to them. */
class BlockChange {
  readonly #layoutOf: LayoutOf;
  readonly #read: Statement;
  readonly #removePlace: Statement;
  readonly #removeBlock: Statement;
  readonly #removeUses: Statement;
  readonly #writeBlock: Statement;
  readonly #writeUses: Statement;
  readonly #countTexts: Statement;

  constructor(db: Database, layoutOf: LayoutOf) {
    this.#layoutOf = layoutOf;
    this.#read = prepareRows(
      db,
      'SELECT conditions, entries, runs FROM blocks JOIN uses ON block = id WHERE id = ?',
    );
    this.#removePlace = db.prepare('DELETE FROM places WHERE key = ? AND block = ?');
    this.#removeBlock = db.prepare('DELETE FROM blocks WHERE id = ?');
    this.#removeUses = db.prepare('DELETE FROM uses WHERE block = ?');
    this.#writeBlock = db.prepare('UPDATE blocks SET entries = ? WHERE id = ?');
    this.#writeUses = db.prepare('UPDATE uses SET runs = ? WHERE block = ?');
    this.#countTexts = db.prepare('UPDATE conditions SET texts = texts - ? WHERE id = ?');
  }

  keep(id: number, kept: readonly number[]): void {
    const [conditions, entries, stored] = this.#read.get(id) as [number, Uint8Array, Uint8Array];
    const layout = this.#layoutOf(conditions);
    const block = layout.decode(id, entries);
    const gone = placesBesides(block, kept);
    for (const place of gone) this.#removePlace.run(keyAt(block, place), id);
    if (kept.length === 0) {
      this.#removeBlock.run(id);
      this.#removeUses.run(id);
    } else {
      const runs = runsOf(stored);
      const keptRuns = Uint32Array.from(kept, (place) => runs[place] as number);
      this.#writeBlock.run(layout.encodeKept(block, kept), id);
      this.#writeUses.run(bytesOf(keptRuns), id);
    }
    this.#countTexts.run(gone.length, conditions);
  }
}

function placesBesides({ count }: Block, kept: readonly number[]): number[] {
  const isKept = new Set(kept);
  return Array.from({ length: count }, (_, place) => place).filter((place) => !isKept.has(place));
}

/** The key in the index of an entry's text. */
export function keyAt({ hashWords }: Block, place: number): number {
  return indexKey(hashWords[place * 4] as number, hashWords[place * 4 + 1] as number);
}
