import type { FileHandle } from 'node:fs/promises';
import { readFailure } from './byte-source.ts';

const stepBytes = 1024 * 1024;

/**
 * A file of which parts are read here and there, and that is read once more from its start to its end on the way, for
 * those who keep a hash of all bytes and say how far the reading is.
 */
export class RandomAccess {
  readonly file: string;
  readonly byteLength: number;
  readonly #handle: FileHandle;
  readonly #onBytes: ((bytes: Uint8Array) => void) | undefined;
  #told = 0;
  #closing: Promise<void> | undefined;

  constructor(
    file: string,
    { handle, byteLength }: { handle: FileHandle; byteLength: number },
    onBytes: ((bytes: Uint8Array) => void) | undefined,
  ) {
    this.file = file;
    this.byteLength = byteLength;
    this.#handle = handle;
    this.#onBytes = onBytes;
  }

  /** Bytes from one place to another. */
  async read(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(Math.max(0, end - start));
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await this.#handle
        .read(bytes, at, bytes.length - at, start + at)
        .catch((error: unknown) => {
          throw readFailure(this.file, error);
        });
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  }

  /** Reads on from the start, up to some place, for those who want to see all bytes. */
  async tellUpTo(place: number): Promise<void> {
    if (this.#onBytes === undefined) return;
    const end = Math.min(place, this.byteLength);
    while (this.#told < end) {
      const bytes = await this.read(this.#told, Math.min(end, this.#told + stepBytes));
      if (bytes.length === 0) return;
      this.#told += bytes.length;
      this.#onBytes(bytes);
    }
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#handle.close());
  }
}
