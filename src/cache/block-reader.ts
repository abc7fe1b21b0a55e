import type { Block, BlockLayout } from './block.ts';
import { type Database, prepareRows, type Statement } from './cache-file.ts';

/** Blocks that are kept in memory, the last that were read; a text that is found is mostly beside the one before. */
const keptBlocks = 64;

/** Reads blocks of one set of conditions, each checked once. */
export class BlockReader {
  readonly #layout: BlockLayout;
  readonly #conditions: number;
  readonly #read: Statement;
  readonly #kept = new Map<number, Block>();

  /** @param conditions their number in the file */
  constructor(db: Database, conditions: number, layout: BlockLayout) {
    this.#layout = layout;
    this.#conditions = conditions;
    this.#read = prepareRows(db, 'SELECT entries FROM blocks WHERE id = ? AND conditions = ?');
  }

  /**
   * The block of a number; undefined when there is none under these conditions.
   * @throws CacheDamage
   */
  get(id: number): Block | undefined {
    const kept = this.#kept.get(id);
    if (kept !== undefined) return kept;
    const [entries] = (this.#read.get(id, this.#conditions) as [Uint8Array] | undefined) ?? [];
    if (entries === undefined) return undefined;
    const block = this.#layout.decode(id, entries);
    if (this.#kept.size >= keptBlocks) this.#kept.delete(this.#kept.keys().next().value as number);
    this.#kept.set(id, block);
    return block;
  }

  /** Forgets what it has read, after blocks were changed. */
  clear(): void {
    this.#kept.clear();
  }
}
