import { copyPrediction, type ShardPredictions } from '../protocol.ts';
import type { Entries } from './block.ts';
import { hashBytes } from './text-hasher.ts';

/** Entries that are not written yet, in the order in which they came. */
export class StagedEntries {
  readonly #labelCount: number;
  readonly #capacity: number;
  readonly #hashes: Buffer;
  readonly #scores: Float32Array;
  readonly #assigned: Uint8Array;
  readonly #flags: Uint8Array;
  /** By their hashes as characters. */
  readonly #places = new Map<string, number>();

  constructor(labelCount: number, capacity: number) {
    this.#labelCount = labelCount;
    this.#capacity = capacity;
    this.#hashes = Buffer.alloc(capacity * hashBytes);
    this.#scores = new Float32Array(capacity * labelCount);
    this.#assigned = new Uint8Array(capacity * labelCount);
    this.#flags = new Uint8Array(capacity);
  }

  get count(): number {
    return this.#places.size;
  }

  get isFull(): boolean {
    return this.count === this.#capacity;
  }

  get entries(): Entries {
    const predictions = { scores: this.#scores, assigned: this.#assigned, flags: this.#flags };
    return { hashes: this.#hashes, predictions };
  }

  /** Takes an entry that is not there yet; to be called only while it is not full. */
  add(hash: string, from: ShardPredictions, text: number): void {
    if (this.#places.has(hash)) return;
    const place = this.count;
    this.#places.set(hash, place);
    this.#hashes.write(hash, place * hashBytes, 'latin1');
    copyPrediction(this.entries.predictions, place, from, text, this.#labelCount);
  }

  /** Copies the prediction under a hash to place `text` of a shard, if there is one. */
  copyTo(shard: ShardPredictions, text: number, hash: string): boolean {
    const place = this.#places.get(hash);
    if (place === undefined) return false;
    copyPrediction(shard, text, this.entries.predictions, place, this.#labelCount);
    return true;
  }

  clear(): void {
    this.#places.clear();
  }
}
