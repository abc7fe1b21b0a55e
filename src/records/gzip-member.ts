import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

/**
 * One member of a gzip file; several in a row are a gzip file, too. Compresses at a fixed level; Node leaves the
 * time of the header at 0, so equal input gives equal bytes.
 */
export class GzipMember {
  readonly #gzip = createGzip({ level: constants.Z_DEFAULT_COMPRESSION });
  readonly #done: Promise<unknown>;
  /** Ends the wait of a write whose own callback never comes, because the stream was destroyed under it. */
  #interrupt: () => void = () => {};

  constructor(pass: (bytes: Buffer) => Promise<void>) {
    this.#done = pipeline(this.#gzip, async (compressed: AsyncIterable<Buffer>) => {
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
      this.#gzip.write(bytes, (error) => resolve(error !== null && error !== undefined));
    });
    if (failed) await this.#fail();
  }

  async end(): Promise<void> {
    this.#gzip.end();
    await this.#fail();
  }

  async destroy(): Promise<void> {
    this.#gzip.destroy();
    await this.#done;
  }

  /** Throws the error that stopped the output, in place of what zlib says about it. */
  async #fail(): Promise<void> {
    const error = await this.#done;
    if (error !== undefined) throw error;
  }
}
