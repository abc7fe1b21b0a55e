import type { Block } from './block.ts';
import type { BlockReader } from './block-reader.ts';
import { type Database, prepareRows, type Statement } from './cache-file.ts';
import { indexKey } from './text-hasher.ts';

/** Where an entry is. */
export interface EntryPlace {
  block: Block;
  place: number;
}

/** Entries that are looked at past the last one found: rows that were deleted, or are computed anew, leave gaps. */
const lookAhead = 4;

/** Places that are gone on from: a row that was edited leads elsewhere, the next one back again. */
const keptTrails = 3;

/**
 * Finds entries by the hashes of their texts. Exports come in the order of the night before, so the next text is looked
 * for where the last one was found, which needs no index; only others are looked up.
 */
export class EntryFinder {
  readonly #blocks: BlockReader;
  readonly #index: Statement;
  /** Places after those that were found last, the latest first. */
  readonly #trails: EntryPlace[] = [];

  constructor(db: Database, blocks: BlockReader) {
    this.#blocks = blocks;
    this.#index = prepareRows(db, 'SELECT block FROM places WHERE key = ?');
  }

  /**
   * @param words of the hashes of texts, four for each
   * @throws CacheDamage
   */
  find(words: Uint32Array, text: number): EntryPlace | undefined {
    return this.#follow(words, text * 4) ?? this.#lookUp(words, text * 4);
  }

  #follow(words: Uint32Array, at: number): EntryPlace | undefined {
    for (const [index, trail] of this.#trails.entries()) {
      for (let step = 0; step < lookAhead; step++) {
        let { block } = trail;
        let place = trail.place + step;
        if (place >= block.count) {
          const next = this.#blocks.get(block.id + 1);
          if (next === undefined) break;
          place -= block.count;
          block = next;
          if (place >= block.count) break;
        }
        if (!isAt(block, place, words, at)) continue;
        trail.block = block;
        trail.place = place + 1;
        if (index > 0) {
          this.#trails.splice(index, 1);
          this.#trails.unshift(trail);
        }
        return { block, place };
      }
    }
    return undefined;
  }

  #lookUp(words: Uint32Array, at: number): EntryPlace | undefined {
    const key = indexKey(words[at] as number, words[at + 1] as number);
    const [id] = (this.#index.get(key) as [number] | undefined) ?? [];
    const block = id === undefined ? undefined : this.#blocks.get(id);
    if (block === undefined) return undefined;
    for (let place = 0; place < block.count; place++) {
      if (!isAt(block, place, words, at)) continue;
      this.#trails.unshift({ block, place: place + 1 });
      if (this.#trails.length > keptTrails) this.#trails.pop();
      return { block, place };
    }
    return undefined;
  }

  /** Forgets where it was, after blocks were changed. */
  clear(): void {
    this.#trails.length = 0;
  }
}

function isAt({ hashWords }: Block, place: number, words: Uint32Array, at: number): boolean {
  const own = place * 4;
  return (
    hashWords[own] === words[at] &&
    hashWords[own + 1] === words[at + 1] &&
    hashWords[own + 2] === words[at + 2] &&
    hashWords[own + 3] === words[at + 3]
  );
}
