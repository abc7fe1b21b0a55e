import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve as absolutePath } from 'node:path';
import { UsageError } from '../errors.ts';

/** Name of a file until it is complete. */
export function partPath(path: string): string {
  return `${path}.part`;
}

/** The file that is replaced when the output is complete: a link stays a link, what it points to is replaced. */
export async function outputTarget(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** Tells files from devices and pipes, which have no name to give and nothing to resume. */
export async function isPlainFile(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info === undefined || info.isFile();
}

/**
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
  const folder = dirname(absolutePath(path));
  return realpath(path).catch(async () => join(await realpath(folder).catch(() => folder), basename(path)));
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
    const folder = await stat(dirname(path)).catch(() => undefined);
    if (folder?.isDirectory()) continue;
    throw new UsageError('OUTPUT_FOLDER_NOT_FOUND', `${path}: expected the folder to exist`, {
      hint: 'Make the folder first.',
    });
  }
}
