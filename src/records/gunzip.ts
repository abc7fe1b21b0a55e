import { createGunzip, type Gunzip } from 'node:zlib';
import { InputError } from '../errors.ts';

/** Bytes that come out at a time; bounds the read-ahead together with zlib's own buffers. */
const chunkBytes = 64 * 1024;

/**
 * What gzip can shrink at most is 1032:1, and no text that people wrote comes near it. Small files are let
 * be: a few identical lines may.
 */
const maxGzipRatio = 1000;
const unlimitedGzipBytes = 100 * 1024 * 1024;

/**
 * The contents of all members of a gzip file. Zero bytes behind a member are padding, as tapes and block devices
 * leave it, only if nothing but zeros follows them: zlib would end at the first one and say nothing.
 * @throws InputError when the data are damaged, or a decompression bomb
 */
export async function* gunzip(file: string, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createGunzip({ chunkSize: chunkBytes });
  const feeder = new Feeder(inflate, chunks);
  try {
    let bytesOut = 0;
    for await (const chunk of inflate) {
      const bytes = chunk as Buffer;
      bytesOut += bytes.length;
      if (bytesOut > unlimitedGzipBytes && bytesOut > maxGzipRatio * inflate.bytesWritten) {
        throw gzipBomb(file, bytesOut);
      }
      yield bytes;
    }
    await feeder.requirePadding(file);
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw damaged(file, `decompressing stopped with "${error.message}"`, error);
  } finally {
    inflate.destroy();
    feeder.close();
  }
}

/** Gives zlib one chunk at a time, so that it is known what zlib has not looked at when it stops. */
class Feeder {
  readonly #inflate: Gunzip;
  readonly #chunks: AsyncGenerator<Buffer>;
  readonly #feeding: Promise<void>;
  #last: Buffer = Buffer.alloc(0);
  #bytesFed = 0;
  #isStopped = false;
  /** Ends the wait for a chunk of which zlib takes no more: its callback never comes. */
  #wake: () => void = () => {};

  constructor(inflate: Gunzip, chunks: AsyncGenerator<Buffer>) {
    this.#inflate = inflate;
    this.#chunks = chunks;
    this.#feeding = this.#feed().catch((error: Error) => void inflate.destroy(error));
  }

  async #feed(): Promise<void> {
    for (;;) {
      const next = await this.#chunks.next();
      if (this.#isStopped) return;
      if (next.done === true) break;
      this.#last = next.value;
      this.#bytesFed += next.value.length;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#inflate.write(next.value, () => resolve());
      });
      if (this.#isStopped) return;
      // It drops what comes at its end without a word, when that begins a chunk.
      if (this.#inflate.bytesWritten < this.#bytesFed) break;
    }
    this.#inflate.end();
  }

  /** To be called when zlib has ended: whether it ended with the file. */
  async requirePadding(file: string): Promise<void> {
    this.#stop();
    await this.#feeding;
    let rest = this.#last.subarray(this.#last.length - (this.#bytesFed - this.#inflate.bytesWritten));
    let offset = this.#inflate.bytesWritten;
    for (;;) {
      const at = rest.findIndex((byte) => byte !== 0);
      if (at !== -1) {
        throw damaged(
          file,
          `zeros stand behind a member of it, and behind them, at byte ${offset + at}, more data`,
        );
      }
      offset += rest.length;
      const next = await this.#chunks.next();
      if (next.done === true) return;
      rest = next.value;
    }
  }

  /** A read that waits for a slow pipe is not waited for. */
  close(): void {
    this.#stop();
    this.#chunks.return(undefined).catch(() => {});
  }

  #stop(): void {
    this.#isStopped = true;
    this.#wake();
  }
}

function damaged(file: string, found: string, cause?: unknown): InputError {
  const hint = 'The copy may be cut short or damaged: get the file again; `gzip -tv` tells more about it.';
  const message = `expected a complete gzip file, but ${found}`;
  return new InputError('GZIP_DAMAGED', message, { file }, { hint, cause });
}

function gzipBomb(file: string, bytes: number): InputError {
  const message = `expected data that gzip shrinks to no less than 1/${maxGzipRatio}, found less (after ${bytes} bytes)`;
  const hint =
    file === '-'
      ? 'This is how a decompression bomb looks. If you trust it, decompress it before voxpop reads it.'
      : 'This is how a decompression bomb looks. If you trust the file: `gzip -dc <file> | voxpop score -`.';
  return new InputError('GZIP_BOMB', message, { file }, { hint });
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
