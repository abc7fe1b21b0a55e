import { lstat, readFile, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { UsageError } from '../errors.ts';
import { renameDurably, writeDurably } from '../records/durable.ts';
import { outputTarget, partDamaged, partPath, refuseExistingFile } from '../records/output-paths.ts';
import type { WrittenBytes } from '../records/sink-end.ts';
import { writing } from '../records/write-failure.ts';
import { readCheckpoint, removeCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint-fields.ts';
import { identityChange, type IdentityChange, type RunIdentity } from './run-identity.ts';
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
  /** Who may read what is written, less what the umask takes away. */
  mode: number;
  /** False for work that is sooner done again than resumed. */
  keepCheckpoints?: boolean;
  /** Told why a run that was to be resumed starts over all the same, which `force` allows. */
  onStartOver?: ((reason: string) => void) | undefined;
}

/** Why a run cannot go on from what is there; with `force` it starts over. */
const notResumable = new Set([
  'CHECKPOINT_DAMAGED',
  'OUTPUT_DIFFERS',
  'OUTPUT_EXISTS',
  'OUTPUT_UNFINISHED',
  'PART_DAMAGED',
  'RESUME_CHANGED',
]);

/**
 * Does something that ends with an error where there is nothing to go on from.
 * @returns undefined when the run starts over, as `force` allows, and says so if it was to be resumed
 */
export async function unlessForced<Value>(
  { resume, force, onStartOver }: OutputRequest,
  attempt: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (!force || !(error instanceof UsageError) || !notResumable.has(error.code)) throw error;
    if (resume) onStartOver?.(error.message);
    return undefined;
  }
}

/**
 * Looks at what lies at the place of an output.
 * @param place the file itself, where the output is named by a link
 * @returns the unfinished run that this one goes on with; `complete` when there is nothing to do; undefined when
 * this run starts at the beginning
 * @throws UsageError when that is not the same run, or is damaged, or nobody said what to do about it
 */
export async function findExisting(
  output: string,
  place: string,
  request: OutputRequest,
): Promise<Checkpoint | 'complete' | undefined> {
  const unfinished = await readCheckpoint(place);
  const rows = unfinished?.tally.counts.rows ?? 0;
  if (!request.resume) {
    if (rows > 0) throw unfinishedRun(rows);
    await refuseExisting(output, request);
    return undefined;
  }
  if (unfinished === undefined) {
    if (await isComplete(output, request)) return 'complete';
    const part = partPath(place);
    if (await exists(part)) request.onStartOver?.(`No checkpoint beside ${part} tells what it holds`);
    return undefined;
  }
  await requireSame(unfinished, request.identity);
  if (unfinished.complete) {
    await writing(output, () => giveNames(place, unfinished, request));
    return 'complete';
  }
  // A run that ended before its first checkpoint has only claimed its place.
  return rows > 0 ? unfinished : undefined;
}

function unfinishedRun(rows: number): UsageError {
  const message = `Expected no unfinished run, found one with ${rows} rows done`;
  return new UsageError('OUTPUT_UNFINISHED', message, {
    hint: 'Go on with it: --resume. Start over: --force.',
  });
}

async function requireSame(unfinished: Checkpoint, identity: RunIdentity): Promise<void> {
  const change = await changeSince(unfinished, identity);
  if (change === undefined) return;
  throw new UsageError(
    'RESUME_CHANGED',
    `Expected the unfinished run to be the same as this one, but ${change.words}`,
    { hint: `${goOn(change)}Start over with --force.` },
  );
}

function goOn({ wayBack }: IdentityChange): string {
  return wayBack === undefined ? '' : `To go on with it, ${wayBack}. `;
}

function leaveAlone({ wayBack }: IdentityChange): string {
  return wayBack === undefined ? '' : `To leave it as it is, ${wayBack}. `;
}

/** What cannot be undone by giving something else. */
function unlike(words: string): IdentityChange {
  return { words, wayBack: undefined };
}

/**
 * Names what a run left unnamed that ended while giving names, after making sure that all of it is what was written.
 * @throws UsageError when a file is missing or another one
 */
async function giveNames(
  place: string,
  { output, rejects, manifest }: Checkpoint,
  { rejectsPath, manifestPath }: OutputRequest,
): Promise<void> {
  const files: [path: string, written: WrittenBytes][] = [[place, output]];
  if (rejects !== null && rejectsPath !== undefined) files.push([await outputTarget(rejectsPath), rejects]);
  if (manifest !== null) files.push([manifest.path, manifest]);
  const unnamed: string[] = [];
  for (const [path, written] of files) {
    if (await holds(partPath(path), written)) unnamed.push(path);
    else if (!(await holds(path, written))) throw partDamaged(partPath(path), written.bytes);
  }
  for (const path of unnamed) await renameDurably(partPath(path), path);
  // This run may want its manifest elsewhere.
  if (
    manifest !== null &&
    manifestPath !== undefined &&
    (await outputTarget(manifestPath)) !== manifest.path
  ) {
    await writeDurably(await outputTarget(manifestPath), await readFile(manifest.path, 'utf8'));
  }
  await removeCheckpoint(place);
}

/** Whether a file, and no link to one, holds these bytes and no others. */
async function holds(path: string, written: WrittenBytes): Promise<boolean> {
  const info = await lstat(path).catch(() => undefined);
  return info?.isFile() === true && info.size === written.bytes && (await beginsWith(path, written));
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/**
 * Whether the output is there, as its manifest says, and this run would write the same.
 * @throws UsageError naming what differs
 */
async function isComplete(output: string, { manifestPath, identity }: OutputRequest): Promise<boolean> {
  const info = await stat(output).catch(() => undefined);
  if (info === undefined) return false;
  const change = await changeOf(output, info.size, manifestPath, identity);
  if (change === undefined) return true;
  throw new UsageError(
    'OUTPUT_DIFFERS',
    `Expected ${output} to be what this run would write, but ${change.words}`,
    {
      hint: `${leaveAlone(change)}Replace it with --force (--resume --force where both may be needed), or write to another file.`,
    },
  );
}

/** Why a finished output is not what a run would write, in words. */
async function changeOf(
  output: string,
  size: number,
  manifestPath: string | undefined,
  identity: RunIdentity,
): Promise<IdentityChange | undefined> {
  const manifest = manifestPath === undefined ? undefined : await readManifest(manifestPath);
  if (manifest === undefined) return unlike('it has no manifest to tell what it was made from');
  const change = identityChange(identityOfManifest(manifest), identity);
  if (change !== undefined) return change;
  const { bytes, sha256 } = manifest.output;
  const isWhole = size === bytes && (await beginsWith(output, { bytes, sha256 }));
  return isWhole ? undefined : unlike('it was changed since it was written');
}

async function refuseExisting(output: string, { rejectsPath }: OutputRequest): Promise<void> {
  for (const path of [output, ...(rejectsPath === undefined ? [] : [rejectsPath])]) {
    await refuseExistingFile(
      path,
      'Replace it with --force; --resume leaves it alone if it is what this run would write.',
    );
  }
}

/** What changed since the checkpoint, in words. */
async function changeSince(
  { identity: before, read }: Checkpoint,
  identity: RunIdentity,
): Promise<IdentityChange | undefined> {
  const change = identityChange(before, identity);
  if (change !== undefined) return change;
  for (const [index, { path }] of identity.inputs.entries()) {
    if (await beginsWith(path, read[index] as InputRead)) continue;
    return unlike(`the input ${path} does not begin with what was read of it`);
  }
  return undefined;
}
