import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { pid as ownPid } from 'node:process';
import { UsageError } from '../errors.ts';
import { writeDurably } from '../records/durable.ts';
import type { InputIdentity, InputRead } from './input-log.ts';
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
  checkpoint_version: 1;
  identity: RunIdentity;
  /** Who writes the output now. */
  writer: ProcessToken;
  /** True when everything is written, and only names are missing. */
  complete: boolean;
  /** What was read up to here, including what was read ahead. */
  read: InputRead[];
  outputBytes: number;
  headerBytes: number;
  rejectsBytes: number;
  tally: TallyState;
}

export function checkpointPath(output: string): string {
  return `${output}.checkpoint.json`;
}

/** Replaces the checkpoint as a whole: after a crash there is the old one or the new one. */
export async function writeCheckpoint(output: string, checkpoint: Checkpoint): Promise<void> {
  await writeDurably(checkpointPath(output), JSON.stringify(checkpoint));
}

/**
 * The checkpoint of an unfinished run, if there is one.
 * @throws UsageError when it is of another version of voxpop, or damaged
 */
export async function readCheckpoint(output: string): Promise<Checkpoint | undefined> {
  const path = checkpointPath(output);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const checkpoint = JSON.parse(text) as Checkpoint;
    const { identity, read, writer, tally } = checkpoint;
    const isWhole =
      Array.isArray(identity.inputs) && Array.isArray(read) && read.length === identity.inputs.length;
    const { outputBytes, headerBytes, rejectsBytes } = checkpoint;
    const counts = [outputBytes, headerBytes, rejectsBytes, tally.counts.rows, writer.pid];
    if (checkpoint.checkpoint_version === 1 && isWhole && counts.every(Number.isSafeInteger))
      return checkpoint;
  } catch {
    // Told below.
  }
  throw new UsageError('CHECKPOINT_DAMAGED', `Expected a checkpoint in ${path}, found something else`, {
    hint: 'Start over with --force.',
  });
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

/** A process, told apart from a later one that was given the same number. */
export interface ProcessToken {
  host: string;
  pid: number;
  /** Clock ticks from boot to its start; undefined where the system does not tell. */
  started: string | undefined;
}

export function ownToken(): ProcessToken {
  return { host: hostname(), pid: ownPid, started: startOf(ownPid) };
}

/** Whether another process is at work; one on another machine cannot be seen and counts as gone. */
export function isAtWork({ host, pid, started }: ProcessToken): boolean {
  if (host !== hostname() || pid === ownPid || started === undefined) return false;
  return startOf(pid) === started;
}

/** Field 22 of Linux's /proc/<pid>/stat, counted behind the program's name, which may hold spaces. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
