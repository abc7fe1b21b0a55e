import type { ShardPredictions } from '../protocol.ts';
import { BlockLayout } from './block.ts';
import { BlockReader } from './block-reader.ts';
import { type Database, prepareRows } from './cache-file.ts';
import { EntryFinder, type EntryPlace } from './entry-finder.ts';
import type { Lookup } from './messages.ts';
import type { Secret } from './secret.ts';
import { TextHasher } from './text-hasher.ts';

/** Finds predictions in one file, those made under the conditions of this run. */
export class CacheReader {
  readonly hasher: TextHasher;
  readonly layout: BlockLayout;
  /** Of the conditions, in the file. */
  readonly conditionsId: number;
  /** Mean time that a text took a worker when it was computed, in ms; 0 when nothing was. */
  readonly computeMs: number;
  readonly #blocks: BlockReader;
  readonly #finder: EntryFinder;

  private constructor(db: Database, secret: Secret, lookup: Lookup, stored: StoredConditions) {
    this.hasher = new TextHasher(secret, lookup.conditions);
    this.layout = new BlockLayout(secret, lookup.conditions, lookup.labelCount);
    this.conditionsId = stored.id;
    this.computeMs = stored.computedTexts === 0 ? 0 : stored.computeMs / stored.computedTexts;
    this.#blocks = new BlockReader(db, stored.id, this.layout);
    this.#finder = new EntryFinder(db, this.#blocks);
  }

  /** @returns undefined when nothing in the file was predicted under these conditions */
  static open(db: Database, secret: Secret, lookup: Lookup): CacheReader | undefined {
    const stored = storedConditions(db, lookup.conditions);
    return stored === undefined ? undefined : new CacheReader(db, secret, lookup, stored);
  }

  /**
   * @param words of the hashes of texts, four for each
   * @throws CacheDamage
   */
  find(words: Uint32Array, text: number): EntryPlace | undefined {
    return this.#finder.find(words, text);
  }

  /** Copies an entry that was found to place `text` of a shard. */
  copyTo(shard: ShardPredictions, text: number, { block, place }: EntryPlace): void {
    this.layout.copyTo(shard, text, block, place);
  }

  /** Forgets what was read, after entries were removed. */
  clear(): void {
    this.#blocks.clear();
    this.#finder.clear();
  }
}

interface StoredConditions {
  id: number;
  computedTexts: number;
  computeMs: number;
}

export function storedConditions(db: Database, description: string): StoredConditions | undefined {
  const statement = prepareRows(
    db,
    'SELECT id, computed_texts, compute_ms FROM conditions WHERE description = ?',
  );
  const row = statement.get(description) as [number, number, number] | undefined;
  return row && { id: row[0], computedTexts: row[1], computeMs: row[2] };
}
