import { hash } from 'node:crypto';
import type { Secret } from './secret.ts';

/** Half of SHA-256: no two of all texts that there will ever be have the same by chance. */
export const hashBytes = 16;

/**
 * Hashes texts under a key that follows from the secret of the cache and the conditions of the run. The key fills one
 * block of SHA-256 and half of the digest is left out, so nothing can be computed from a hash without the key.
 */
export class TextHasher {
  readonly #key: string;
  readonly #rawKey: Buffer;

  constructor(secret: Secret, conditions: string) {
    this.#key = secret.keyFor(`text ${conditions}`).toString('hex');
    this.#rawKey = Buffer.from(secret.keyFor(`code units ${conditions}`).toString('hex'), 'latin1');
  }

  /** The hashes of all texts, one after another. */
  hashAll(texts: readonly string[]): Buffer {
    // Not from the pool of small buffers, so that it can be read as words.
    const hashes = Buffer.alloc(texts.length * hashBytes);
    let at = 0;
    for (const text of texts) {
      const characters = this.#hash(text);
      // One by one: a call of `write` takes longer than all of them.
      for (let byte = 0; byte < hashBytes; byte++) hashes[at++] = characters.charCodeAt(byte);
    }
    return hashes;
  }

  /** As characters from 0 to 255, the fastest form to get it in. */
  #hash(text: string): string {
    if (text.isWellFormed()) return hash('sha256', this.#key + text, 'binary');
    // As UTF-8 half a surrogate pair would be the same as a replacement character.
    return hash('sha256', Buffer.concat([this.#rawKey, Buffer.from(text, 'utf16le')]), 'binary');
  }
}

/** The place of a hash in the index: 53 of its bits, what a number holds. The rest is compared where it leads. */
export function indexKey(first: number, second: number): number {
  return first + (second & 0x1f_ffff) * 2 ** 32;
}
