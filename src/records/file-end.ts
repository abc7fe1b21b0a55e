import { createHash, type Hash } from 'node:crypto';
import { constants as fs } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OutputError, UsageError } from '../errors.ts';
import { errorCode } from './byte-source.ts';
import { syncFolder } from './durable.ts';
import { outputTarget, partDamaged, partPath } from './output-paths.ts';
import { type SinkEnd, unnamedEnd, type WrittenBytes } from './sink-end.ts';
import { openFailure, writeFailure } from './write-failure.ts';

/**
 * Opens a file for a sink to write to, under its temporary name until `commit`; a device or pipe is written directly.
 * @throws UsageError where nothing can be written, and when what is to be gone on from is not there any more;
 * OutputError when it cannot be made now
 */
export async function openFileEnd(
  path: string,
  { resume, mode = 0o666 }: { resume?: WrittenBytes; mode?: number },
): Promise<SinkEnd> {
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory() === true) {
    throw new UsageError('OUTPUT_IS_DIRECTORY', `${path}: expected a file to write, found a directory`);
  }
  if (existing !== undefined && !existing.isFile()) return openDevice(path);
  const target = await outputTarget(path);
  const part = partPath(target);
  const hash = createHash('sha256');
  let position = resume?.bytes ?? 0;
  let handle: FileHandle | undefined;
  try {
    if (resume === undefined) {
      // Never through a link that someone else put there.
      await rm(part, { force: true });
      handle = await open(part, fs.O_RDWR | fs.O_CREAT | fs.O_EXCL, mode);
      if (existing !== undefined) await handle.chmod(existing.mode & 0o777);
    } else {
      handle = await openPart(part, resume, hash);
      await handle.truncate(position);
    }
    await syncFolder(dirname(part));
  } catch (error) {
    await handle?.close().catch(() => {});
    throw openFailure(path, error);
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
        const [own, named] = [await file.stat(), await lstat(part).catch(() => undefined)];
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

/**
 * Opens an unfinished file that is to be gone on with.
 * @param hash takes up the bytes that are kept
 */
async function openPart(part: string, { bytes, sha256 }: WrittenBytes, hash: Hash): Promise<FileHandle> {
  const damaged = (found: string): UsageError => partDamaged(part, bytes, found);
  const handle = await open(part, fs.O_RDWR | fs.O_NOFOLLOW | fs.O_NONBLOCK).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') throw damaged('no such file');
    if (errorCode(error) === 'ELOOP') throw damaged('a link');
    if (errorCode(error) === 'EISDIR' || errorCode(error) === 'ENXIO') throw damaged('no file');
    throw error;
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw damaged('no file');
    if (info.size < bytes) throw damaged(`${info.size}`);
    if (bytes > 0) {
      const kept = handle.createReadStream({ start: 0, end: bytes - 1, autoClose: false });
      for await (const chunk of kept) hash.update(chunk as Buffer);
    }
    if (hash.copy().digest('hex') !== sha256) throw damaged('others');
    return handle;
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
}

async function openDevice(path: string): Promise<SinkEnd> {
  const handle = await open(path, 'w').catch((error: unknown) => {
    throw openFailure(path, error);
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
