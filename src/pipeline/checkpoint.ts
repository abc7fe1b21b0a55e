import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { errorCode } from '../records/byte-source.ts';
import { writeDurably } from '../records/durable.ts';
import type { WrittenBytes } from '../records/sink-end.ts';
import { isCheckpoint } from './checkpoint-fields.ts';
import type { InputIdentity } from './input-log.ts';
import type { TallyState } from './tally.ts';

/** Everything that decides on the bytes of an output. */
export interface RunIdentity {
  voxpop: string;
  bundle: { name: string; version: string; sha256: string };
  inputs: InputIdentity[];
  /** Options that change the output, as resolved. */
  options: Record<string, unknown>;
}

/** Where an unfinished run stands; lies beside its output until that is complete. */
export interface Checkpoint {
  checkpoint_version: 2;
  identity: RunIdentity;
  /** What was read up to here, including what was read ahead. */
  read: WrittenBytes[];
  /** What the unfinished output holds. */
  output: WrittenBytes;
  /** Bytes of it that are the header, where that is to be cut off again. */
  headerBytes: number;
  /** What the unfinished rejects hold; null when none are set aside. */
  rejects: WrittenBytes | null;
  /** True when everything is written, and only names are missing. */
  complete: boolean;
  /** Where the manifest belongs, and what it holds, once everything is written; null when there is none. */
  manifest: (WrittenBytes & { path: string }) | null;
  tally: TallyState;
}

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

/** What differs between two runs, in words; undefined when the second would write the same bytes. */
export function identityChange(before: RunIdentity, now: RunIdentity): string | undefined {
  if (before.voxpop !== now.voxpop) return `voxpop was ${before.voxpop} and is ${now.voxpop}`;
  if (before.bundle.sha256 !== now.bundle.sha256) {
    const show = (bundle: RunIdentity['bundle']): string =>
      `${bundle.name} ${bundle.version} (${bundle.sha256.slice(0, 12)})`;
    return `the bundle was ${show(before.bundle)} and is ${show(now.bundle)}`;
  }
  const paths = ({ inputs }: RunIdentity): string => inputs.map(({ path }) => path).join(', ');
  if (paths(before) !== paths(now)) return `the input was ${paths(before)} and is ${paths(now)}`;
  for (const [index, input] of now.inputs.entries()) {
    const old = before.inputs[index] as InputIdentity;
    if (old.bytes !== input.bytes) {
      return `the input ${input.path} had ${old.bytes} bytes and has ${input.bytes}`;
    }
    if (old.modifiedMs !== input.modifiedMs) return `the input ${input.path} was modified since`;
  }
  for (const name of new Set([...Object.keys(before.options), ...Object.keys(now.options)])) {
    const [old, current] = [before.options[name], now.options[name]].map((value) => JSON.stringify(value));
    if (old !== current) return `the option ${name} was ${old ?? 'absent'} and is ${current ?? 'absent'}`;
  }
  return undefined;
}
