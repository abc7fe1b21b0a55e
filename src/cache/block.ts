import { createHmac } from 'node:crypto';
import type { PredictionArrays, ShardPredictions } from '../protocol.ts';
import { CacheDamage } from './cache-damage.ts';
import type { Secret } from './secret.ts';
import { hashBytes } from './text-hasher.ts';

/** Entries of a block: those of rows that came one after another, so that the next run finds them together. */
export const blockEntries = 64;

const macBytes = 16;

/** Hashes of texts with their predictions, in the order in which they came. */
export interface Entries {
  /** `hashBytes` for each. */
  hashes: Uint8Array;
  /** In the same order. */
  predictions: PredictionArrays;
}

/** A block as it is looked up in. */
export interface Block {
  id: number;
  count: number;
  /** Four words for each entry. */
  hashWords: Uint32Array;
  /** float32 [entries, labels] */
  scores: Float32Array;
  /** A bit for each label, in whole bytes for each entry. */
  assignedBits: Uint8Array;
  flags: Uint8Array;
}

/** Bytes that must be kept of a text, whatever the store adds to them: a hash, scores, bits of labels, and flags. */
export function entryBytes(labelCount: number): number {
  return hashBytes + labelCount * Float32Array.BYTES_PER_ELEMENT + Math.ceil(labelCount / 8) + 1;
}

/**
 * How the entries of one set of conditions lie in a block, all numbers little-endian: hashes, scores, bits of assigned
 * labels, flags, each of all entries, and at the end a keyed hash over everything before it. What was not written by
 * somebody who has the secret, or not as it is read, is not believed.
 */
export class BlockLayout {
  readonly labelCount: number;
  /** Of one entry, without what a block adds to all of them. */
  readonly entryBytes: number;
  readonly #bitBytes: number;
  readonly #key: Buffer;

  constructor(secret: Secret, conditions: string, labelCount: number) {
    this.labelCount = labelCount;
    this.#bitBytes = Math.ceil(labelCount / 8);
    this.entryBytes = entryBytes(labelCount);
    this.#key = secret.keyFor(`block ${conditions}`);
  }

  /** @param places of the entries to write, in order */
  encode({ hashes, predictions }: Entries, places: readonly number[]): Buffer {
    const { labelCount } = this;
    const bytes = Buffer.alloc(places.length * this.entryBytes + macBytes);
    const block = this.#view(0, bytes, places.length);
    const ownHashes = bytes.subarray(0, places.length * hashBytes);
    for (const [own, place] of places.entries()) {
      ownHashes.set(hashes.subarray(place * hashBytes, (place + 1) * hashBytes), own * hashBytes);
      const first = place * labelCount;
      block.scores.set(predictions.scores.subarray(first, first + labelCount), own * labelCount);
      for (let label = 0; label < labelCount; label++) {
        if (predictions.assigned[first + label] !== 1) continue;
        const at = own * this.#bitBytes + (label >> 3);
        block.assignedBits[at] = (block.assignedBits[at] as number) | (1 << (label & 7));
      }
      block.flags[own] = predictions.flags[place] as number;
    }
    bytes.set(this.#mac(bytes), bytes.length - macBytes);
    return bytes;
  }

  /** @throws CacheDamage when the bytes are not those of a block that was written here */
  decode(id: number, stored: Uint8Array): Block {
    // A copy where it lies at an odd place in memory: numbers are read in place.
    const bytes = stored.byteOffset % 4 === 0 ? stored : stored.slice();
    const count = (bytes.length - macBytes) / this.entryBytes;
    if (!Number.isInteger(count) || count < 1 || count > blockEntries) {
      throw new CacheDamage(`block ${id} has ${bytes.length} bytes`);
    }
    if (this.#mac(bytes).compare(bytes, bytes.length - macBytes) !== 0) {
      throw new CacheDamage(`block ${id} is not as it was written`);
    }
    return this.#view(id, bytes, count);
  }

  /** The block without some of its entries. */
  encodeKept(block: Block, places: readonly number[]): Buffer {
    const entries: Entries = {
      hashes: new Uint8Array(block.hashWords.buffer, block.hashWords.byteOffset, block.count * hashBytes),
      predictions: {
        scores: block.scores,
        assigned: new Uint8Array(block.count * this.labelCount),
        flags: block.flags,
      },
    };
    for (const place of places) this.#readAssigned(block, place, entries.predictions.assigned, place);
    return this.encode(entries, places);
  }

  /** Copies an entry's prediction to place `text` of a shard. */
  copyTo(shard: ShardPredictions, text: number, block: Block, place: number): void {
    const { labelCount } = this;
    shard.flags[text] = block.flags[place] as number;
    shard.scores.set(block.scores.subarray(place * labelCount, (place + 1) * labelCount), text * labelCount);
    this.#readAssigned(block, place, shard.assigned, text);
  }

  #readAssigned(block: Block, place: number, assigned: Uint8Array, text: number): void {
    const bits = place * this.#bitBytes;
    const first = text * this.labelCount;
    for (let label = 0; label < this.labelCount; label++) {
      assigned[first + label] = ((block.assignedBits[bits + (label >> 3)] as number) >> (label & 7)) & 1;
    }
  }

  #view(id: number, bytes: Uint8Array, count: number): Block {
    const { buffer, byteOffset } = bytes;
    const scoresAt = count * hashBytes;
    const bitsAt = scoresAt + count * this.labelCount * Float32Array.BYTES_PER_ELEMENT;
    const flagsAt = bitsAt + count * this.#bitBytes;
    return {
      id,
      count,
      hashWords: new Uint32Array(buffer, byteOffset, count * 4),
      scores: new Float32Array(buffer, byteOffset + scoresAt, count * this.labelCount),
      assignedBits: bytes.subarray(bitsAt, flagsAt),
      flags: bytes.subarray(flagsAt, flagsAt + count),
    };
  }

  #mac(bytes: Uint8Array): Buffer {
    const content = bytes.subarray(0, bytes.length - macBytes);
    return createHmac('sha256', this.#key).update(content).digest().subarray(0, macBytes);
  }
}
