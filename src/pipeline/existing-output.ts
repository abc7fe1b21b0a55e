import { stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { UsageError } from '../errors.ts';
import { type Checkpoint, identityChange, isAtWork, readCheckpoint, type RunIdentity } from './checkpoint.ts';
import { beginsWith, type InputRead } from './input-log.ts';
import { identityOfManifest } from './manifest.ts';
import { readManifest } from './read-manifest.ts';

/** What a run asks for when it opens its files. */
export interface OutputRequest {
  target: string | Writable;
  gzip: boolean | undefined;
  rejectsPath: string | undefined;
  /** Undefined: none is written. */
  manifestPath: string | undefined;
  identity: RunIdentity;
  /** Go on with an unfinished run, and be content with a finished one. */
  resume: boolean;
  /** Replace what is there. */
  force: boolean;
  /** False for work that is sooner done again than resumed. */
  keepCheckpoints?: boolean;
}

/** The unfinished run at this place, after making sure that nobody is at work on it. */
export async function findUnfinished(place: string, force: boolean): Promise<Checkpoint | undefined> {
  const unfinished = await readCheckpoint(place).catch((error: unknown) => {
    if (force) return undefined;
    throw error;
  });
  if (unfinished !== undefined && isAtWork(unfinished.writer)) {
    throw new UsageError(
      'OUTPUT_BUSY',
      `Expected to be alone, found process ${unfinished.writer.pid} writing ${place}`,
      {
        hint: 'Wait for it to end, or write to another file.',
      },
    );
  }
  return unfinished;
}

/**
 * The unfinished run, if this one is to go on with it.
 * @throws UsageError when it is not the same run, or nobody said what to do about it
 */
export async function takeOver(
  unfinished: Checkpoint,
  { identity, resume, force }: OutputRequest,
): Promise<Checkpoint | undefined> {
  const rows = unfinished.tally.counts.rows;
  if (!resume) {
    if (force || rows === 0) return undefined;
    throw new UsageError(
      'OUTPUT_UNFINISHED',
      `Expected no unfinished run, found one with ${rows} rows done`,
      {
        hint: 'Go on with it: --resume. Start over: --force.',
      },
    );
  }
  const change = await changeSince(unfinished, identity);
  if (change === undefined) return unfinished;
  if (force) return undefined;
  throw new UsageError(
    'RESUME_CHANGED',
    `Expected the unfinished run to be the same as this one, but ${change}`,
    {
      hint: 'Start over with --force.',
    },
  );
}

/**
 * Whether the output is there, as its manifest says, and this run would write the same.
 * @throws UsageError naming what differs, unless it may be replaced
 */
export async function isComplete(
  output: string,
  { manifestPath, identity, force }: OutputRequest,
): Promise<boolean> {
  const info = await stat(output).catch(() => undefined);
  if (info === undefined) return false;
  const change = await changeOf(output, info.size, manifestPath, identity);
  if (change === undefined) return true;
  if (force) return false;
  throw new UsageError(
    'OUTPUT_DIFFERS',
    `Expected ${output} to be what this run would write, but ${change}`,
    {
      hint: 'Replace it with --force (--resume --force where both may be needed), or write to another file.',
    },
  );
}

/** Why a finished output is not what a run would write, in words. */
async function changeOf(
  output: string,
  size: number,
  manifestPath: string | undefined,
  identity: RunIdentity,
): Promise<string | undefined> {
  const manifest = manifestPath === undefined ? undefined : await readManifest(manifestPath);
  if (manifest === undefined) return 'it has no manifest to tell what it was made from';
  const change = identityChange(identityOfManifest(manifest), identity);
  if (change !== undefined) return change;
  const { bytes, sha256 } = manifest.output;
  const isWhole = size === bytes && (await beginsWith(output, { bytes, sha256 }));
  return isWhole ? undefined : 'it was changed since it was written';
}

export async function refuseExisting(output: string, { rejectsPath }: OutputRequest): Promise<void> {
  for (const path of [output, ...(rejectsPath === undefined ? [] : [rejectsPath])]) {
    if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
    throw new UsageError('OUTPUT_EXISTS', `Expected a new file to write, found ${path} there already`, {
      hint: 'Replace it with --force; --resume leaves it alone if it is what this run would write.',
    });
  }
}

/** What changed since the checkpoint, in words. */
async function changeSince(
  { identity: before, read }: Checkpoint,
  identity: RunIdentity,
): Promise<string | undefined> {
  const change = identityChange(before, identity);
  if (change !== undefined) return change;
  for (const [index, { path }] of identity.inputs.entries()) {
    if (await beginsWith(path, read[index] as InputRead)) continue;
    return `the input ${path} does not begin with what was read of it`;
  }
  return undefined;
}
