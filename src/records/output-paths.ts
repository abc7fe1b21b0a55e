import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve as absolutePath } from 'node:path';
import { UsageError } from '../errors.ts';

/** Name of a file until it is complete. */
export function partPath(path: string): string {
  return `${path}.part`;
}

/** @throws {UsageError} when a file is there already */
export async function refuseExistingFile(
  path: string,
  hint = 'Replace it with --force, or write to another file.',
): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isFile() !== true) return;
  throw new UsageError('OUTPUT_EXISTS', `Expected a new file to write, found ${path} there already`, {
    hint,
  });
}

/** @param found what there is in place of the bytes that were written */
export function partDamaged(part: string, bytes: number, found = 'others or none'): UsageError {
  const message = `Expected ${part} to hold the ${bytes} bytes that were written to it, found ${found}`;
  const hint = 'Start over with --force (a job that is to do so by itself has --resume --force).';
  return new UsageError('PART_DAMAGED', message, { hint });
}

/** As many links in a row as Linux follows. */
const maxLinks = 40;

/**
 * The file that is replaced when the output is complete: a link stays a link, and what it points to is replaced, or
 * made where it is not there yet.
 * @throws UsageError for links that point at each other
 */
export async function outputTarget(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links <= maxLinks; links++) {
    const found = await realpath(target).catch(() => undefined);
    if (found !== undefined) return found;
    const link = await readlink(target).catch(() => undefined);
    if (link === undefined) return target;
    const folder = dirname(target);
    target = absolutePath(await realpath(folder).catch(() => folder), link);
  }
  throw new UsageError('OUTPUT_LINK_LOOP', `${path}: expected a file to write, found a link to itself`);
}

/** Tells files from devices and pipes, which have no name to give and nothing to resume. */
export async function isPlainFile(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info === undefined || info.isFile();
}

/**
 * Refuses to write over an input.
 * @throws {UsageError} when the output is one of the inputs, under whatever name. Pipes and devices may
 * be both.
 */
export async function refuseInputAsOutput(output: string, inputs: string[]): Promise<void> {
  const written = await stat(output, { bigint: true }).catch(() => undefined);
  if (written?.isFile() !== true) return;
  for (const input of inputs) {
    if (input === '-') continue;
    const read = await stat(input, { bigint: true }).catch(() => undefined);
    if (read?.dev !== written.dev || read.ino !== written.ino) continue;
    const message = `Expected an output other than the input, got \`${output}\`, which is the input \`${input}\``;
    throw new UsageError('OUTPUT_IS_INPUT', message, { hint: 'Write to another file: `-o <path>`.' });
  }
}

/**
 * Finds two names of one file, which is there or will be.
 * @returns where they are in the list, the first two
 */
export async function findSame(paths: readonly string[]): Promise<[number, number] | undefined> {
  const places = await Promise.all(paths.map(placeOf));
  for (const [index, place] of places.entries()) {
    const first = places.indexOf(place);
    if (first !== index) return [first, index];
  }
  return undefined;
}

async function placeOf(path: string): Promise<string> {
  const target = absolutePath(await outputTarget(path));
  const folder = dirname(target);
  return join(await realpath(folder).catch(() => folder), basename(target));
}

/**
 * Checks the files that a run will write before it begins.
 * @param working names of files that a run keeps beside an output until it is complete
 * @throws {UsageError} when two of them are one file, one is an input, or a folder is not there.
 */
export async function checkOutputs(
  outputs: readonly string[],
  inputs: string[],
  working: (output: string) => string[] = () => [],
): Promise<void> {
  const all = outputs.flatMap((path) => [path, partPath(path), ...working(path)]);
  const same = await findSame(all);
  if (same !== undefined) {
    throw new UsageError('OUTPUTS_CLASH', `Expected different files to write, got ${all[same[1]]} twice`, {
      hint: 'Each of them needs a name of its own.',
    });
  }
  for (const path of all) await refuseInputAsOutput(path, inputs);
  for (const path of outputs) {
    if (path === '')
      throw new UsageError('OUTPUT_UNNAMED', 'Expected the name of a file to write, got nothing');
    const folder = dirname(await outputTarget(path));
    if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) continue;
    throw new UsageError('OUTPUT_FOLDER_NOT_FOUND', `${path}: expected the folder to exist`, {
      hint: `Make the folder first: ${folder}`,
    });
  }
}
