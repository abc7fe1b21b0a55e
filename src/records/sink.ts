import { createHash, type Hash } from 'node:crypto';
import { constants as fs, createReadStream } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve as absolutePath } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { exitCodes, OutputError, UsageError, VoxpopError } from '../errors.ts';
import { errorCode } from './byte-source.ts';
import { isGzipPath } from './sniff.ts';

/** Where the output goes. After a failure only `suspend` and `abort` are left to call. */
export interface Sink {
  /** Bytes that were handed to the file or stream, after compression. */
  readonly bytesWritten: number;
  readonly isGzip: boolean;
  /** Of these bytes, hex. */
  sha256(): string;
  /** Settles when more may be written, so that waiting for it bounds the memory. */
  write(chunk: string | Buffer): Promise<void>;
  /**
   * Brings everything written so far to the disk. A gzip file starts a new member here, so that a run which
   * goes on from this place gives the same bytes: call it at places that follow from the rows alone.
   */
  checkpoint(): Promise<void>;
  /** Writes what is left; gives a file its name. */
  commit(): Promise<void>;
  /** Closes a file and leaves it under its temporary name, to go on from the last checkpoint. Never fails. */
  suspend(): Promise<void>;
  /** Removes what was written of a file. Never fails, and does nothing after `commit`. */
  abort(): Promise<void>;
}

export interface SinkOptions {
  /** By the name's extension when absent. */
  gzip?: boolean;
  /** Keep this many bytes of the unfinished file, and go on behind them. */
  resumeAt?: number;
}

/** Name of a file until it is complete. */
export function partPath(path: string): string {
  return `${path}.part`;
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
 * A path is written under a temporary name beside it, `<path>.part`, and takes its name at `commit`, after
 * everything is on the disk. A device or a pipe is written directly. A stream is never ended or destroyed.
 * @throws {OutputError} when the file cannot be made. `write` and `commit` throw it, too; for a stream
 * whose reader has gone they throw {@link ReaderGoneError}.
 */
export async function openSink(target: string | Writable, options: SinkOptions = {}): Promise<Sink> {
  if (typeof target !== 'string') return new EndSink(openStreamEnd(target), options.gzip ?? false);
  const end = await openFileEnd(target, options.resumeAt);
  return new EndSink(end, options.gzip ?? isGzipPath(target));
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

/**
 * Finds two names of one file, which is there or will be.
 * @returns where they are in the list, the first two
 */
export async function findSame(paths: readonly string[]): Promise<[number, number] | undefined> {
  const places = await Promise.all(paths.map(placeOf));
  for (const [index, place] of places.entries()) {
    const first = places.indexOf(place);
    if (first !== index) return [first, index];
  }
  return undefined;
}

async function placeOf(path: string): Promise<string> {
  const folder = dirname(absolutePath(path));
  return realpath(path).catch(async () => join(await realpath(folder).catch(() => folder), basename(path)));
}

/**
 * Checks the files that a run will write before it begins.
 * @param working names of files that a run keeps beside an output until it is complete
 * @throws {UsageError} when two of them are one file, one is an input, or a folder is not there.
 */
export async function checkOutputs(
  outputs: readonly string[],
  inputs: string[],
  working: (output: string) => string[] = () => [],
): Promise<void> {
  const all = outputs.flatMap((path) => [path, partPath(path), ...working(path)]);
  const same = await findSame(all);
  if (same !== undefined) {
    throw new UsageError('OUTPUTS_CLASH', `Expected different files to write, got ${all[same[1]]} twice`, {
      hint: 'Each of them needs a name of its own.',
    });
  }
  for (const path of all) await refuseInputAsOutput(path, inputs);
  for (const path of outputs) {
    if (path === '')
      throw new UsageError('OUTPUT_UNNAMED', 'Expected the name of a file to write, got nothing');
    const folder = await stat(dirname(path)).catch(() => undefined);
    if (folder?.isDirectory()) continue;
    throw new UsageError('OUTPUT_FOLDER_NOT_FOUND', `${path}: expected the folder to exist`, {
      hint: 'Make the folder first.',
    });
  }
}

/** What lies behind compression. */
interface SinkEnd {
  /** What a resumed file already holds. */
  hash: Hash;
  bytes: number;
  write(bytes: Buffer): Promise<void>;
  sync(): Promise<void>;
  commit(): Promise<void>;
  suspend(): Promise<void>;
  abort(): Promise<void>;
}

class EndSink implements Sink {
  bytesWritten: number;
  readonly #end: SinkEnd;
  readonly isGzip: boolean;
  #member: GzipMember | undefined;
  #closed = false;

  constructor(end: SinkEnd, isGzip: boolean) {
    this.#end = end;
    this.isGzip = isGzip;
    this.bytesWritten = end.bytes;
  }

  sha256(): string {
    return this.#end.hash.copy().digest('hex');
  }

  async write(chunk: string | Buffer): Promise<void> {
    if (chunk.length === 0) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (!this.isGzip) return this.#pass(bytes);
    this.#member ??= new GzipMember((compressed) => this.#pass(compressed));
    await this.#member.write(bytes);
  }

  async checkpoint(): Promise<void> {
    await this.#endMember();
    await this.#end.sync();
  }

  async commit(): Promise<void> {
    if (this.#closed) return;
    await this.#endMember();
    await this.#end.commit();
    this.#closed = true;
  }

  async suspend(): Promise<void> {
    await this.#close(() => this.#end.suspend());
  }

  async abort(): Promise<void> {
    await this.#close(() => this.#end.abort());
  }

  async #close(how: () => Promise<void>): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#member?.destroy();
    await how();
  }

  async #endMember(): Promise<void> {
    // A gzip file without any member would not be one.
    if (this.isGzip && this.bytesWritten === 0) this.#member ??= new GzipMember((bytes) => this.#pass(bytes));
    await this.#member?.end();
    this.#member = undefined;
  }

  async #pass(bytes: Buffer): Promise<void> {
    await this.#end.write(bytes);
    this.#end.hash.update(bytes);
    this.bytesWritten += bytes.length;
  }
}

/**
 * One member of a gzip file; several in a row are a gzip file, too. Compresses at a fixed level; Node leaves the
 * time of the header at 0, so equal input gives equal bytes.
 */
class GzipMember {
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

/** The file that is replaced when the output is complete: a link stays a link, what it points to is replaced. */
export async function outputTarget(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function openFileEnd(path: string, resumeAt: number | undefined): Promise<SinkEnd> {
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory() === true) {
    throw new UsageError('OUTPUT_IS_DIRECTORY', `${path}: expected a file to write, found a directory`);
  }
  if (existing !== undefined && !existing.isFile()) return openDevice(path);
  const target = await outputTarget(path);
  const part = partPath(target);
  const mode = existing === undefined ? 0o666 : existing.mode & 0o777;
  const hash = createHash('sha256');
  let position = resumeAt ?? 0;
  let handle: FileHandle | undefined;
  try {
    // Never through a link that someone else put there.
    if (resumeAt === undefined) await rm(part, { force: true });
    const flags = resumeAt === undefined ? fs.O_CREAT | fs.O_EXCL : fs.O_NOFOLLOW;
    handle = await open(part, fs.O_RDWR | flags, mode);
    if ((await handle.stat()).size < position) {
      throw new UsageError(
        'PART_DAMAGED',
        `Expected ${part} to hold ${position} bytes to go on from, found fewer`,
        {
          hint: 'Start over with --force.',
        },
      );
    }
    await handle.truncate(position);
    if (position > 0) for await (const bytes of createReadStream(part)) hash.update(bytes as Buffer);
    await syncFolder(dirname(part));
  } catch (error) {
    await handle?.close();
    throw writeFailure(path, error);
  }
  const file = handle;
  const close = (): Promise<void> => file.close().catch(() => {});
  return {
    hash,
    bytes: position,
    async write(bytes) {
      await writeAll(path, file, bytes, position);
      position += bytes.length;
    },
    async sync() {
      await file.sync().catch((error: unknown) => {
        throw writeFailure(path, error);
      });
    },
    async commit() {
      try {
        await file.sync();
        const [own, named] = [await file.stat(), await stat(part).catch(() => undefined)];
        if (named?.ino !== own.ino || named.dev !== own.dev) {
          throw new OutputError(
            'OUTPUT_REPLACED',
            `${part}: expected the file that was written, found another`,
          );
        }
        await file.close();
        await rename(part, target);
        await syncFolder(dirname(target));
      } catch (error) {
        throw writeFailure(path, error);
      }
    },
    suspend: close,
    async abort() {
      await close();
      await unlink(part).catch(() => {});
    },
  };
}

async function openDevice(path: string): Promise<SinkEnd> {
  const handle = await open(path, 'w').catch((error: unknown) => {
    throw writeFailure(path, error);
  });
  const close = (): Promise<void> => handle.close().catch(() => {});
  return {
    ...unnamedEnd(),
    write: (bytes) => writeAll(path, handle, bytes, null),
    commit: close,
    suspend: close,
    abort: close,
  };
}

/** Of what has no name to give and no disk to sync. */
function unnamedEnd(): Omit<SinkEnd, 'write'> {
  const nothing = async (): Promise<void> => {};
  return {
    hash: createHash('sha256'),
    bytes: 0,
    sync: nothing,
    commit: nothing,
    suspend: nothing,
    abort: nothing,
  };
}

async function writeAll(
  path: string,
  handle: FileHandle,
  bytes: Buffer,
  position: number | null,
): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) {
      const place = position === null ? null : position + at;
      at += (await handle.write(bytes, at, bytes.length - at, place)).bytesWritten;
    }
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** Makes a rename last; some systems cannot sync a folder, where there is nothing more to do. */
export async function syncFolder(path: string): Promise<void> {
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
    ...unnamedEnd(),
    async write(bytes) {
      const error = await new Promise<unknown>((resolve) => {
        interrupt = () => resolve(failure ?? new ReaderGoneError(undefined));
        stream.write(bytes, (problem) => resolve(problem ?? undefined));
      });
      if (error !== undefined) throw streamFailure(stream.errored ?? failure ?? error);
    },
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
