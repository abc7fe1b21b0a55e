import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { errorCode } from '../records/byte-source.ts';
import { writeDurably } from '../records/durable.ts';
import { type Checkpoint, isCheckpoint } from './checkpoint-fields.ts';

export function checkpointPath(output: string): string {
  return `${output}.checkpoint.json`;
}

/** Stands between a checkpoint and the SHA-256 of everything before it. */
const checksumKey = ',"checksum":"';

/**
 * Replaces the checkpoint as a whole: after a crash there is the old one or the new one.
 * @param mode who may read it
 */
export async function writeCheckpoint(output: string, checkpoint: Checkpoint, mode: number): Promise<void> {
  const json = JSON.stringify(checkpoint).slice(0, -1);
  await writeDurably(checkpointPath(output), `${json}${checksumKey}${sha256Of(json)}"}\n`, mode);
}

/**
 * The checkpoint of an unfinished run, if there is one.
 * @throws UsageError when it is of another version of voxpop, or damaged
 */
export async function readCheckpoint(output: string): Promise<Checkpoint | undefined> {
  const path = checkpointPath(output);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const checkpoint = parseCheckpoint(text);
  if (checkpoint !== undefined) return checkpoint;
  throw new UsageError(
    'CHECKPOINT_DAMAGED',
    `Expected a checkpoint of this version of voxpop in ${path}, found a damaged one or something else`,
    { hint: 'Start over with --force (a job that is to do so by itself has --resume --force).' },
  );
}

function parseCheckpoint(text: string): Checkpoint | undefined {
  const end = text.lastIndexOf(checksumKey);
  if (end === -1 || text.slice(end) !== `${checksumKey}${sha256Of(text.slice(0, end))}"}\n`) return undefined;
  try {
    const value: unknown = JSON.parse(`${text.slice(0, end)}}`);
    return isCheckpoint(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export async function removeCheckpoint(output: string): Promise<void> {
  await rm(checkpointPath(output), { force: true });
}
