import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { refuseInputAsOutput } from '../records/sink.ts';
import type { EvaluateOptions } from './options.ts';

type Outputs = Pick<EvaluateOptions, 'save' | 'flips'> & { junit?: string | undefined };

/**
 * Only `--save` may replace the baseline: it is written last, and only when the gates passed.
 * @throws UsageError when outputs are one file, or one is an input, the baseline or the label map
 */
export async function checkOutputs(
  { save, flips, junit }: Outputs,
  { inputs, baseline, labelMap }: Pick<EvaluateOptions, 'inputs' | 'baseline' | 'labelMap'>,
): Promise<void> {
  const read = [...inputs, ...(typeof labelMap === 'string' ? [labelMap] : [])];
  const known = new Map<string, string>();
  for (const [option, path] of Object.entries({ '--save': save, '--flips': flips, '--junit': junit })) {
    if (path === undefined || path === '-') continue;
    const mayReplace = option === '--save' || baseline === undefined;
    await refuseInputAsOutput(path, mayReplace ? read : [...read, baseline]);
    const place = await placeOf(path);
    const other = place === undefined ? undefined : known.get(place);
    if (other !== undefined) {
      throw new UsageError(
        'OUTPUTS_CLASH',
        `Expected ${other} and ${option} to differ, got ${path} for both`,
      );
    }
    if (place !== undefined) known.set(place, option);
  }
}

/** Where a file is or will be; undefined for a pipe or device, which takes several outputs. */
async function placeOf(path: string): Promise<string | undefined> {
  const existing = await stat(path).catch(() => undefined);
  if (existing !== undefined) return existing.isFile() ? realpath(path) : undefined;
  const folder = dirname(resolve(path));
  return join(await realpath(folder).catch(() => folder), basename(path));
}
