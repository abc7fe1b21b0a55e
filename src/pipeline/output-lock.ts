import { open, readFile, readlink, rename, rm, stat, symlink, unlink } from 'node:fs/promises';
import { pid as ownPid } from 'node:process';
import { exitCodes, OutputError, VoxpopError } from '../errors.ts';
import { errorCode } from '../records/byte-source.ts';
import { openFailure } from '../records/write-failure.ts';
import { isAtWork, ownToken, parseToken, type ProcessToken, tokenText } from './process-token.ts';

/** Locks that this process holds: a second run in it is another one, too. */
const held = new Set<string>();

/** A lock without a holder, on a file system without links, is being written unless it is older. */
const unreadableMs = 10_000;

/**
 * Says that the files of a run are being written, so that no other run writes them. Beside each file lies
 * `<file>.lock`, a link whose target names the process: it is made in one step that fails if it is there, and one
 * that a killed process left behind is told by the process.
 */
export class OutputLock {
  readonly #locks: string[] = [];

  private constructor() {}

  /**
   * @param targets files that are about to be written
   * @throws VoxpopError (exit code 1) when another run writes one of them; UsageError where nothing can be written
   */
  static async acquire(targets: readonly string[]): Promise<OutputLock> {
    const lock = new OutputLock();
    try {
      for (const target of targets) {
        await acquireOne(target);
        held.add(lockPath(target));
        lock.#locks.push(lockPath(target));
      }
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** @throws OutputError when somebody has taken a lock away, and may write the same files now */
  async requireHeld(): Promise<void> {
    for (const path of this.#locks) {
      if ((await readHolder(path)) === tokenText(ownToken())) continue;
      throw new OutputError(
        'OUTPUT_LOCK_LOST',
        `${path}: expected the lock of this run, found another or none`,
        {
          hint: 'Another run may have written the same files. Look at both, and run the command again.',
        },
      );
    }
  }

  /** Never fails; may be called twice. */
  async release(): Promise<void> {
    for (const path of this.#locks.splice(0)) {
      held.delete(path);
      if ((await readHolder(path)) === tokenText(ownToken())) await rm(path, { force: true }).catch(() => {});
    }
  }
}

/** Where the lock of a file lies. */
export function lockPath(target: string): string {
  return `${target}.lock`;
}

async function acquireOne(target: string): Promise<void> {
  const path = lockPath(target);
  const own = tokenText(ownToken());
  // Each turn ends with the lock, with its holder at work, or with a holder fewer that is not.
  for (;;) {
    if (await create(path, own, target)) return;
    const holder = await readHolder(path);
    if (holder === undefined) continue;
    const token = parseToken(holder);
    if (token === undefined ? await isYoung(path) : isHolding(token, path)) throw busy(target, token);
    await setAside(path, holder, own);
  }
}

/** @returns false when it is there already */
async function create(path: string, own: string, target: string): Promise<boolean> {
  try {
    await symlink(own, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errorCode(error)))
      throw openFailure(target, error);
  }
  // No links on this file system.
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(own);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw openFailure(target, error);
  }
}

/** @returns undefined when there is none */
async function readHolder(path: string): Promise<string | undefined> {
  return readlink(path).catch((error: unknown) =>
    errorCode(error) === 'EINVAL' ? readFile(path, 'utf8').catch(() => undefined) : undefined,
  );
}

function isHolding(token: ProcessToken, path: string): boolean {
  if (!isAtWork(token)) return false;
  return token.pid !== ownPid || held.has(path);
}

async function isYoung(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs < unreadableMs;
}

/** Takes away a lock whose holder has gone, unless somebody else has done that, and taken it, meanwhile. */
async function setAside(path: string, holder: string, own: string): Promise<void> {
  const aside = `${path}.${ownPid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved !== undefined && moved !== holder && moved !== own) await symlink(moved, path).catch(() => {});
  await unlink(aside).catch(() => {});
}

function busy(target: string, token: ProcessToken | undefined): VoxpopError {
  const who = token === undefined ? 'another process' : `process ${token.pid}`;
  const message = `Expected to be alone, found ${who} writing ${target}`;
  const hint = 'Wait for it to end, or write to another file.';
  return new VoxpopError('OUTPUT_BUSY', exitCodes.failed, message, { hint });
}
