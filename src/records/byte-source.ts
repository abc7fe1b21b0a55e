import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { exitCodes, InputError, UsageError, VoxpopError } from '../errors.ts';
import { nearest } from '../text/did-you-mean.ts';
import { type Compression, compressionOf } from './compression.ts';
import { gunzip } from './gunzip.ts';
import { precede } from './precede.ts';
import { refuseSignature, signatureBytes } from './signature.ts';
import { unzstd } from './unzstd.ts';

/** Bytes asked of the file system at a time; bounds the read-ahead together with zlib's own buffers. */
const readBytes = 64 * 1024;

export interface ByteSourceOptions {
  /** Read for the path `-`. It is left open: whoever made the stream ends it. */
  stdin?: Readable | undefined;
  /** Called with the bytes of each read, before decompression. */
  onBytes?: ((bytes: Uint8Array) => void) | undefined;
}

/** The uncompressed bytes of one input; pulling `chunks` is what drives reading. */
export interface ByteSource {
  compression: Compression | undefined;
  chunks: AsyncGenerator<Buffer>;
  /** Closes the file, also when `chunks` was never pulled. May be called twice. */
  close(): Promise<void>;
}

/**
 * Size in bytes of a regular file; undefined for stdin, pipes and devices.
 * @throws {InputError} when there is no such file, or it is a directory.
 */
export async function inputSize(file: string): Promise<number | undefined> {
  if (file === '-') return undefined;
  const status = await stat(file).catch(async (error: unknown) => {
    throw readFailure(file, error, await nearestPath(file));
  });
  if (status.isDirectory()) throw isDirectory(file);
  return status.isFile() ? status.size : undefined;
}

/**
 * Opens a path or stdin, and decompresses gzip and zstd, which are known by their first bytes and not by a name.
 * @throws {InputError} when the file cannot be opened; from `chunks`, when the compressed data are damaged or
 * a decompression bomb.
 */
export async function openBytes(file: string, options: ByteSourceOptions): Promise<ByteSource> {
  const raw = file === '-' ? readStdin(options) : await readFileFrom(file, options);
  try {
    const [start, chunks] = await peek(raw.chunks, signatureBytes, holdsLineFeed);
    const compression = compressionOf(start);
    if (compression === undefined) {
      refuseSignature(file, start);
      return { compression, chunks, close: raw.close };
    }
    const plain = compression === 'gzip' ? gunzip(file, chunks) : unzstd(file, chunks);
    const [inner, text] = await peek(plain, signatureBytes, holdsLineFeed);
    refuseSignature(file, inner, compression);
    return { compression, chunks: text, close: raw.close };
  } catch (error) {
    await raw.close();
    throw error;
  }
}

/**
 * The bytes of a file from `start` on, as they are.
 * @throws {InputError} when the file cannot be opened
 */
export async function openBytesAt(
  file: string,
  start: number,
  options: ByteSourceOptions,
): Promise<Omit<ByteSource, 'compression'>> {
  return readFileFrom(file, options, start);
}

/**
 * The first `size` bytes (fewer when there are no more), and the chunks with those bytes still in them.
 * @param isEnough whether bytes tell that no more are needed, so that a slow pipe is not waited for
 */
export async function peek(
  chunks: AsyncGenerator<Buffer>,
  size: number,
  isEnough: (bytes: Buffer) => boolean = () => false,
): Promise<[start: Buffer, chunks: AsyncGenerator<Buffer>]> {
  const taken: Buffer[] = [];
  let length = 0;
  while (length < size) {
    const next = await chunks.next();
    if (next.done === true) break;
    taken.push(next.value);
    length += next.value.length;
    if (isEnough(next.value)) break;
  }
  return [Buffer.concat(taken), precede(taken, chunks)];
}

/** No signature and no byte order mark holds one: what comes after it is text. */
export function holdsLineFeed(bytes: Buffer): boolean {
  return bytes.includes(0x0a);
}

interface RawBytes {
  chunks: AsyncGenerator<Buffer>;
  close: () => Promise<void>;
}

async function readFileFrom(
  file: string,
  options: ByteSourceOptions,
  start: number | null = null,
): Promise<RawBytes> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw readFailure(file, error);
  });
  let closing: Promise<void> | undefined;
  return {
    chunks: readHandle(file, handle, options, start),
    close: () => (closing ??= handle.close()),
  };
}

async function* readHandle(
  file: string,
  handle: FileHandle,
  options: ByteSourceOptions,
  start: number | null,
): AsyncGenerator<Buffer> {
  // Pipes and devices have no places.
  let position = start;
  for (;;) {
    // A fresh buffer each time: parsers further down keep slices of it.
    const buffer = Buffer.allocUnsafe(readBytes);
    const { bytesRead } = await handle.read(buffer, 0, readBytes, position).catch((error: unknown) => {
      throw readFailure(file, error);
    });
    if (bytesRead === 0) return;
    if (position !== null) position += bytesRead;
    const bytes = buffer.subarray(0, bytesRead);
    options.onBytes?.(bytes);
    yield bytes;
  }
}

function readStdin(options: ByteSourceOptions): RawBytes {
  if (options.stdin === undefined) {
    throw new UsageError('STDIN_NOT_AVAILABLE', 'Expected a stream for the input `-`, got none');
  }
  return { chunks: readStream(options.stdin, options), close: async () => {} };
}

async function* readStream(stdin: Readable, options: ByteSourceOptions): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk as Uint8Array);
      options.onBytes?.(bytes);
      yield bytes;
    }
  } catch (error) {
    throw readFailure('-', error);
  }
}

/** The file in the same folder whose name is nearly the same. */
async function nearestPath(file: string): Promise<string | undefined> {
  const names = await readdir(dirname(file)).catch(() => []);
  const name = nearest(basename(file), names);
  return name === undefined ? undefined : file.slice(0, file.length - basename(file).length) + name;
}

/**
 * Why a file could not be read.
 * @param near - the path that may have been meant
 */
export function readFailure(file: string, error: unknown, near?: string): VoxpopError {
  if (error instanceof VoxpopError) return error;
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const hint = near === undefined ? undefined : `Did you mean \`${near}\`?`;
    const message = 'expected an input file, found nothing of this name';
    return new InputError('INPUT_NOT_FOUND', message, { file }, { hint });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = 'Give the user that runs voxpop the right to read the file.';
    return new InputError('INPUT_NOT_READABLE', 'no permission to read this file', { file }, { hint });
  }
  if (code === 'EISDIR') return isDirectory(file);
  const message = `${file}: reading failed: ${error instanceof Error ? error.message : String(error)}`;
  return new VoxpopError('INPUT_READ_FAILED', exitCodes.failed, message, { cause: error });
}

function isDirectory(file: string): InputError {
  const hint = 'Name the files in it, for example with `folder/*.csv`.';
  return new InputError('INPUT_IS_DIRECTORY', 'expected a file, found a directory', { file }, { hint });
}

/** The `code` of a system or zlib error, '' when it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
