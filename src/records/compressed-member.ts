import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { type Compression, zstd } from './compression.ts';

/**
 * One member of a gzip file, or frame of a zstd file; several in a row are such a file, too. Compresses at a fixed
 * level; Node leaves the time of the header of gzip at 0, so equal input gives equal bytes.
 */
export class CompressedMember {
  readonly #stream: Transform;
  readonly #done: Promise<unknown>;
  /** Ends the wait of a write whose own callback never comes, because the stream was destroyed under it. */
  #interrupt: () => void = () => {};

  constructor(compression: Compression, pass: (bytes: Buffer) => Promise<void>) {
    this.#stream =
      compression === 'zstd' && zstd !== undefined
        ? zstd.createZstdCompress()
        : createGzip({ level: constants.Z_DEFAULT_COMPRESSION });
    this.#done = pipeline(this.#stream, async (compressed: AsyncIterable<Buffer>) => {
      for await (const bytes of compressed) await pass(bytes);
    }).then(
      () => undefined,
      (error: unknown) => {
        this.#interrupt();
        return error;
      },
    );
  }

  async write(bytes: Buffer): Promise<void> {
    const failed = await new Promise<boolean>((resolve) => {
      this.#interrupt = () => resolve(true);
      this.#stream.write(bytes, (error) => resolve(error !== null && error !== undefined));
    });
    if (failed) await this.#fail();
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#fail();
  }

  async destroy(): Promise<void> {
    this.#stream.destroy();
    await this.#done;
  }

  /** Throws the error that stopped the output, in place of what zlib says about it. */
  async #fail(): Promise<void> {
    const error = await this.#done;
    if (error !== undefined) throw error;
  }
}
