import { createHash } from 'node:crypto';
import { constants as fs, createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OutputError, UsageError } from '../errors.ts';
import { syncFolder } from './durable.ts';
import { outputTarget, partPath } from './output-paths.ts';
import { type SinkEnd, unnamedEnd } from './sink-end.ts';
import { writeFailure } from './write-failure.ts';

/**
 * Opens a file for a sink to write to, under its temporary name until `commit`; a device or pipe is written directly.
 * @param resumeAt bytes of the unfinished file to keep, and to go on behind
 * @throws OutputError when it cannot be made; UsageError for a folder, or when there is less than is to be kept
 */
export async function openFileEnd(path: string, resumeAt: number | undefined): Promise<SinkEnd> {
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
