import { getOrInsert } from '../collections.ts';
import { blockEntries } from './block.ts';
import { type Database, prepareRows, type Statement } from './cache-file.ts';

const wordsPerBlock = blockEntries / 32;

/** Blocks whose bits lie together: neighbours are mostly touched together. */
const groupBlocks = 256;

/** Groups that are remembered, of 2 KB each; more are written out first, which bounds memory. */
const maxGroups = 1000;

/** Remembers which entries a run used, so that those that were not used for longest go first. */
export class TouchedEntries {
  readonly #run: number;
  readonly #read: Statement;
  readonly #write: Statement;
  /** Bits by entry, of `groupBlocks` blocks each. */
  readonly #groups = new Map<number, Uint32Array>();

  constructor(db: Database, run: number) {
    this.#run = run;
    this.#read = prepareRows(db, 'SELECT runs FROM uses WHERE block = ?');
    this.#write = db.prepare('UPDATE uses SET runs = ? WHERE block = ?');
  }

  /** @returns whether it is new among those that are remembered */
  add(block: number, place: number): boolean {
    const group = Math.floor(block / groupBlocks);
    if (this.#groups.size >= maxGroups && !this.#groups.has(group)) this.write();
    const bits = getOrInsert(this.#groups, group, () => new Uint32Array(groupBlocks * wordsPerBlock));
    const word = (block % groupBlocks) * wordsPerBlock + (place >> 5);
    const before = bits[word] as number;
    bits[word] = before | (1 << (place & 31));
    return ((before >>> (place & 31)) & 1) === 0;
  }

  /** Writes the number of this run to all that was touched; to be called within a transaction. */
  write(): void {
    for (const [group, bits] of this.#groups) {
      for (let index = 0; index < groupBlocks; index++) {
        const words = bits.subarray(index * wordsPerBlock, (index + 1) * wordsPerBlock);
        if (words.some((word) => word !== 0)) this.#writeBlock(group * groupBlocks + index, words);
      }
    }
    this.#groups.clear();
  }

  #writeBlock(block: number, words: Uint32Array): void {
    const [stored] = (this.#read.get(block) as [Uint8Array] | undefined) ?? [];
    // Entries that were used may be gone by now, with others of their block.
    if (stored === undefined) return;
    const runs = runsOf(stored);
    for (let place = 0; place < runs.length; place++) {
      if (((words[place >> 5] as number) >>> (place & 31)) & 1) runs[place] = this.#run;
    }
    this.#write.run(bytesOf(runs), block);
  }
}

/** The runs in which the entries of a block were last used. */
export function runsOf(stored: Uint8Array): Uint32Array {
  const bytes = stored.byteOffset % 4 === 0 ? stored : stored.slice();
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

export function bytesOf(runs: Uint32Array): Uint8Array {
  return new Uint8Array(runs.buffer, runs.byteOffset, runs.byteLength);
}
