import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

const secretBytes = 32;

/** Where the secret of a cache lies: beside it, so that each can be kept from those who have the other. */
export function secretPath(cache: string): string {
  return `${cache}.secret`;
}

/** The secret of a cache; undefined when there is none, or none that can be read as one. */
export function readSecret(cache: string): Secret | undefined {
  let text: string;
  try {
    text = readFileSync(secretPath(cache), 'latin1').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return /^[0-9a-f]{64}$/.test(text) ? new Secret(Buffer.from(text, 'hex')) : undefined;
}

/** Makes a secret at random, for the owner of the file alone. Replaces one that cannot be read. */
export function createSecret(cache: string): Secret {
  const bytes = randomBytes(secretBytes);
  const file = openSync(secretPath(cache), 'w', 0o600);
  try {
    writeSync(file, `${bytes.toString('hex')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return new Secret(bytes);
}

/** Random bytes that whoever has only the cache lacks to test a guess. */
export class Secret {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A key for one purpose, 32 bytes: who learns one of them learns nothing of the others. */
  keyFor(purpose: string): Buffer {
    return createHmac('sha256', this.#bytes).update(purpose).digest();
  }
}
