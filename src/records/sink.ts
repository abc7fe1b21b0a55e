import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { exitCodes, OutputError, UsageError, VoxpopError } from '../errors.ts';
import { errorCode } from './byte-source.ts';
import { isGzipPath } from './sniff.ts';

/** Where the output goes. After a failure only `abort` is left to call. */
export interface Sink {
  /** Bytes that were handed to the file or stream, after compression. */
  readonly bytesWritten: number;
  /** Settles when more may be written, so that waiting for it bounds the memory. */
  write(chunk: string): Promise<void>;
  /** Writes what is left; gives a file its name. */
  commit(): Promise<void>;
  /** Removes what was written of a file. Never fails, and does nothing after `commit`. */
  abort(): Promise<void>;
}

/** The program that reads our stdout has ended, as `head` does: not a fault. */
export class ReaderGoneError extends VoxpopError {
  constructor(cause: unknown) {
    super('READER_GONE', exitCodes.ok, 'The reader of the output went away', { cause });
  }
}

/**
 * Opens an output.
 *
 * A path is written under a temporary name beside it, `<path>.<random>.part`, and takes its name at
 * `commit`, after everything is on the disk. A device or a pipe is written directly. A stream is never
 * ended or destroyed. `gzip` is by the extension when not given.
 * @throws {OutputError} when the file cannot be made. `write` and `commit` throw it, too; for a stream
 * whose reader has gone they throw {@link ReaderGoneError}.
 */
export async function openSink(target: string | Writable, options: { gzip?: boolean } = {}): Promise<Sink> {
  const end = typeof target === 'string' ? await openFileEnd(target) : openStreamEnd(target);
  return new EndSink(end, options.gzip ?? (typeof target === 'string' && isGzipPath(target)));
}

/**
 * @throws {UsageError} when the output is one of the inputs, under whatever name. Pipes and devices may
 * be both.
 */
export async function refuseInputAsOutput(output: string, inputs: string[]): Promise<void> {
  const written = await stat(output, { bigint: true }).catch(() => undefined);
  if (written?.isFile() !== true) return;
  for (const input of inputs) {
    if (input === '-') continue;
    const read = await stat(input, { bigint: true }).catch(() => undefined);
    if (read?.dev !== written.dev || read.ino !== written.ino) continue;
    const message = `Expected an output other than the input, got \`${output}\`, which is the input \`${input}\``;
    throw new UsageError('OUTPUT_IS_INPUT', message, { hint: 'Write to another file: `-o <path>`.' });
  }
}

/** What lies behind compression. */
interface SinkEnd {
  write(bytes: Buffer): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

class EndSink implements Sink {
  bytesWritten = 0;
  readonly #end: SinkEnd;
  readonly #gzip: GzipWriter | undefined;
  #closed = false;

  constructor(end: SinkEnd, gzip: boolean) {
    this.#end = end;
    this.#gzip = gzip ? new GzipWriter((bytes) => this.#pass(bytes)) : undefined;
  }

  async write(chunk: string): Promise<void> {
    if (chunk === '') return;
    const bytes = Buffer.from(chunk);
    await (this.#gzip === undefined ? this.#pass(bytes) : this.#gzip.write(bytes));
  }

  async commit(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#gzip?.end();
      await this.#end.commit();
      this.#closed = true;
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async abort(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#gzip?.destroy();
    await this.#end.abort();
  }

  async #pass(bytes: Buffer): Promise<void> {
    await this.#end.write(bytes);
    this.bytesWritten += bytes.length;
  }
}

/** Compresses at a fixed level; Node leaves the time of the gzip header at 0, so equal input gives equal bytes. */
class GzipWriter {
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

  /** What stopped the output, in place of what zlib says about it. */
  async #fail(): Promise<void> {
    const error = await this.#done;
    if (error !== undefined) throw error;
  }
}

async function openFileEnd(path: string): Promise<SinkEnd> {
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory() === true) {
    throw new OutputError('OUTPUT_IS_DIRECTORY', `${path}: expected a file to write, found a directory`);
  }
  if (existing !== undefined && !existing.isFile()) return openDevice(path);
  // A link stays a link: the file behind it is replaced.
  const target = existing === undefined ? path : await realpath(path);
  const part = `${target}.${randomBytes(4).toString('hex')}.part`;
  const mode = existing === undefined ? 0o666 : existing.mode & 0o777;
  const handle = await open(part, 'wx', mode).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
  return {
    write: (bytes) => writeAll(path, handle, bytes),
    async commit() {
      try {
        await handle.sync();
        await handle.close();
        await rename(part, target);
        await syncFolder(dirname(target));
      } catch (error) {
        throw writeFailure(path, error);
      }
    },
    async abort() {
      await handle.close().catch(() => {});
      await unlink(part).catch(() => {});
    },
  };
}

async function openDevice(path: string): Promise<SinkEnd> {
  const handle = await open(path, 'w').catch((error: unknown) => {
    throw writeFailure(path, error);
  });
  const close = (): Promise<void> => handle.close().catch(() => {});
  return { write: (bytes) => writeAll(path, handle, bytes), commit: close, abort: close };
}

async function writeAll(path: string, handle: FileHandle, bytes: Buffer): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) {
      at += (await handle.write(bytes, at)).bytesWritten;
    }
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** Makes a rename last; some systems cannot sync a folder, where there is nothing more to do. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

function openStreamEnd(stream: Writable): SinkEnd {
  let failure: unknown;
  let interrupt: (() => void) | undefined;
  // Without a listener a closed pipe would end the process before its error reaches `write`. It stays,
  // because the error may come after the last write.
  stream.on('error', (error) => {
    failure ??= error;
  });
  // A write in flight when a stream is destroyed may never be called back.
  stream.on('close', () => interrupt?.());
  return {
    async write(bytes) {
      const error = await new Promise<unknown>((resolve) => {
        interrupt = () => resolve(failure ?? new ReaderGoneError(undefined));
        stream.write(bytes, (problem) => resolve(problem ?? undefined));
      });
      if (error !== undefined) throw streamFailure(stream.errored ?? failure ?? error);
    },
    commit: async () => {},
    abort: async () => {},
  };
}

function streamFailure(error: unknown): VoxpopError {
  const code = errorCode(error);
  const isGone = code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED';
  return isGone ? new ReaderGoneError(error) : writeFailure('output', error);
}

function writeFailure(path: string, error: unknown): VoxpopError {
  if (error instanceof VoxpopError) return error;
  const options = { cause: error };
  switch (errorCode(error)) {
    case 'EPIPE':
      return new ReaderGoneError(error);
    case 'ENOSPC':
    case 'EDQUOT':
      return new OutputError('OUTPUT_NO_SPACE', `${path}: no space is left to write to`, {
        ...options,
        hint: 'Make room, or write to another disk, and run the command again.',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new OutputError('OUTPUT_NOT_WRITABLE', `${path}: no permission to write here`, {
        ...options,
        hint: 'The folder has to be writable, since the output is written beside its final name first.',
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new OutputError('OUTPUT_FOLDER_NOT_FOUND', `${path}: expected the folder to exist`, {
        ...options,
        hint: 'Make the folder first.',
      });
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return new OutputError('OUTPUT_FAILED', `${path}: writing failed: ${reason}`, options);
    }
  }
}
