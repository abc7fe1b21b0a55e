import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './byte-source.ts';

/** What systems say that cannot sync a folder, or do not let everybody: there is nothing more to do then. */
const cannotSyncFolders = new Set([
  'EINVAL',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EISDIR',
  'EBADF',
  'EPERM',
  'EACCES',
]);

/** Makes a rename last. */
export async function syncFolder(path: string): Promise<void> {
  const passOver = (error: unknown): undefined => {
    if (!cannotSyncFolders.has(errorCode(error))) throw error;
  };
  const folder = await open(path, 'r').catch(passOver);
  try {
    await folder?.sync().catch(passOver);
  } finally {
    await folder?.close();
  }
}

/**
 * Writes a small file so that it is there as a whole, or not at all, whatever happens.
 * @param mode who may read it, less what the umask takes away
 * @param named the name that it gets in the end; what has that name now is replaced, and keeps its own mode
 */
export async function writeDurably(path: string, text: string, mode = 0o666, named = path): Promise<void> {
  // One name, so that a process that dies here leaves at most one such file, which the next one replaces.
  const temporary = `${path}.tmp`;
  try {
    await rm(temporary, { force: true });
    const replaced = await stat(named).catch(() => undefined);
    const file = await open(temporary, 'wx', mode);
    try {
      if (replaced !== undefined) await file.chmod(replaced.mode & 0o777);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameDurably(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Gives a finished file its name, to last. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}
