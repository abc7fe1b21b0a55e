import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { exitCodes, UsageError, VoxpopError } from '../errors.ts';
import { checkpointPath } from './checkpoint.ts';
import { identityChange, type RunIdentity } from './run-identity.ts';
import { groupBy } from '../collections.ts';
import { beginsWith } from './input-log.ts';
import { identityOfManifest, manifestPathOf, type ManifestSlice, type RunManifest } from './manifest.ts';
import { readManifest } from './read-manifest.ts';

/** The output of one slice, with what it was made from. */
export interface SliceOutput {
  path: string;
  manifest: RunManifest;
  slice: ManifestSlice;
  /** Where its rejects lie; undefined when it was to set none aside. */
  rejects: string | undefined;
}

/**
 * Makes sure that outputs are all the slices of one run, whole and unchanged.
 * @returns them in the order of their rows
 * @throws UsageError for an output that is no slice's; VoxpopError (exit code 1) that names every slice which is
 * missing, there twice, changed since, or of another input, bundle, number of slices or set of options
 */
export async function readSliceSet(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<SliceOutput[]> {
  const problems: string[] = [];
  const found: SliceOutput[] = [];
  for (const path of paths) {
    const output = await readSlice(path);
    if (typeof output === 'string') problems.push(output);
    else found.push(output);
  }
  const outputs = ofOneRun(found, problems).toSorted((a, b) => a.slice.index - b.slice.index);
  problems.push(...gaps(outputs));
  for (const output of outputs) {
    signal?.throwIfAborted();
    problems.push(...(await changesOf(output)));
  }
  if (problems.length === 0) return outputs;
  throw new VoxpopError(
    'SHARDS_UNFIT',
    exitCodes.failed,
    `Expected all shards of one run, each once, whole and unchanged, found otherwise`,
    { details: problems, hint: 'Run `voxpop score` with --shard again for what is named here, then merge.' },
  );
}

/** @returns why it cannot be used, when it cannot */
async function readSlice(path: string): Promise<SliceOutput | string> {
  if (!(await exists(path))) {
    const isUnfinished = await exists(checkpointPath(path));
    return isUnfinished ? `${path} is unfinished: --resume goes on with it` : `${path} is not there`;
  }
  const manifest = await readManifest(manifestPathOf(path));
  if (manifest === undefined) return `${path} has no manifest beside it (${manifestPathOf(basename(path))})`;
  const { shard: slice } = manifest;
  if (slice === null || slice === undefined) {
    throw new UsageError(
      'NOT_A_SHARD',
      `${path}: expected the output of a shard, found that of a whole run`,
      {
        hint: 'Shards are written by `voxpop score <input> --shard 0/16` and so on.',
      },
    );
  }
  return { path, manifest, slice, rejects: await findRejects(path, manifest) };
}

/**
 * Finds the rejects of a slice: beside the output as they were when both were written, or else where they were
 * written.
 */
async function findRejects(path: string, { rejects, output }: RunManifest): Promise<string | undefined> {
  if (rejects === null) return undefined;
  if (output.path === null || isAbsolute(output.path) !== isAbsolute(rejects.path)) return rejects.path;
  const moved = join(dirname(path), relative(dirname(output.path), rejects.path));
  return (await exists(moved)) ? moved : rejects.path;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** Picks the outputs that belong to one run, which is what most of them have in common, and names the others. */
function ofOneRun(outputs: SliceOutput[], problems: string[]): SliceOutput[] {
  const [most = []] = [...groupBy(outputs, runOf).values()].toSorted((a, b) => b.length - a.length);
  const [reference] = most;
  if (reference === undefined) return [];
  for (const output of outputs) {
    if (!most.includes(output))
      problems.push(
        `${output.path} is not of one run with ${reference.path}: ${differenceOf(reference, output)}`,
      );
  }
  return most;
}

/**
 * A key that all slices of one run share. Names and times of inputs may differ between machines, their bytes may not.
 */
function runOf({ manifest, slice }: SliceOutput): string {
  const { of, input_rows, format, gzip } = slice;
  const inputs = manifest.inputs.map(({ bytes, sha256 }) => [bytes, sha256]);
  const { voxpop, bundle, options } = identityWithoutInputs(manifest);
  return JSON.stringify([of, input_rows, format, gzip, inputs, voxpop, bundle.sha256, options]);
}

/** Each slice has rejects of its own; whether it sets any aside has to be the same. */
function identityWithoutInputs(manifest: RunManifest): RunIdentity {
  const { shard: _own, rejects, ...options } = manifest.options;
  return {
    ...identityOfManifest(manifest),
    inputs: [],
    options: { ...options, rejects: rejects !== undefined },
  };
}

function differenceOf(one: SliceOutput, other: SliceOutput): string {
  const [before, now] = [one.slice, other.slice];
  if (before.of !== now.of) return `there were ${before.of} shards and are ${now.of}`;
  const form = ({ format, gzip }: ManifestSlice): string => format + (gzip ? ' in gzip' : '');
  if (form(before) !== form(now)) return `the output was ${form(before)} and is ${form(now)}`;
  const change = identityChange(identityWithoutInputs(one.manifest), identityWithoutInputs(other.manifest));
  if (change !== undefined) return change.words;
  const inputs = ({ manifest }: SliceOutput): string =>
    manifest.inputs.map(({ path, sha256 }) => `${path} (${sha256.slice(0, 12)})`).join(', ');
  return `the input was ${inputs(one)} and is ${inputs(other)}`;
}

/** Missing slices that are named one by one. */
const namedAtMost = 20;

/**
 * Says why outputs do not make up the whole of a run: slices that are missing or there twice, or rows that do not add
 * up.
 */
function gaps(outputs: readonly SliceOutput[]): string[] {
  const [first] = outputs;
  if (first === undefined) return [];
  const { of, input_rows: inputRows } = first.slice;
  const byIndex = groupBy(outputs, ({ slice }) => slice.index);
  const twice = [...byIndex].filter(([, same]) => same.length > 1);
  const missing = Array.from({ length: of }, (_, index) => index).filter((index) => !byIndex.has(index));
  const found = [
    ...twice.map(
      ([index, same]) => `${index}/${of} is there twice: ${same.map(({ path }) => path).join(', ')}`,
    ),
    ...missing.slice(0, namedAtMost).map((index) => `${index}/${of} is missing`),
    ...(missing.length > namedAtMost ? [`and ${missing.length - namedAtMost} more`] : []),
  ];
  if (found.length > 0) return found;
  let row = 0;
  for (const { path, slice, manifest } of outputs) {
    if (slice.first_row !== row)
      return [`${path} begins with row ${slice.first_row + 1}, expected ${row + 1}`];
    row += manifest.counts.rows;
  }
  return row === inputRows ? [] : [`they hold ${row} rows, expected ${inputRows}`];
}

/** Says in words which files of a slice were changed since they were written. */
async function changesOf({ path, manifest, rejects }: SliceOutput): Promise<string[]> {
  const changes: string[] = [];
  if (!(await isAsWritten(path, manifest.output))) changes.push(`${path} was changed since it was written`);
  if (rejects === undefined || manifest.rejects === null) return changes;
  if (!(await exists(rejects))) changes.push(`${path} lacks its rejects (${rejects})`);
  else if (!(await isAsWritten(rejects, manifest.rejects))) {
    changes.push(`${rejects}, rejects of ${path}, was changed since it was written`);
  }
  return changes;
}

async function isAsWritten(path: string, written: { bytes: number; sha256: string }): Promise<boolean> {
  return (await stat(path)).size === written.bytes && (await beginsWith(path, written));
}

/** The bytes of all outputs, as those of one run. */
export async function* joinSlices(outputs: readonly SliceOutput[]): AsyncGenerator<Buffer> {
  for (const { path, slice } of outputs) {
    yield* createReadStream(path, { start: slice.header_bytes }) as AsyncIterable<Buffer>;
  }
}

/** The rejects of all slices, in order. */
export async function* joinRejects(outputs: readonly SliceOutput[]): AsyncGenerator<Buffer> {
  for (const { rejects } of outputs) {
    if (rejects !== undefined) yield* createReadStream(rejects) as AsyncIterable<Buffer>;
  }
}
