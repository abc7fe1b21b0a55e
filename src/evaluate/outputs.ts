import { UsageError } from '../errors.ts';
import { requireHonestName } from '../records/honest-name.ts';
import { findSame, isPlainFile, refuseInputAsOutput } from '../records/output-paths.ts';
import type { EvaluateOptions } from './options.ts';

type Outputs = Pick<EvaluateOptions, 'save' | 'flips'> & { junit?: string | undefined };

/**
 * Only `--save` may replace the baseline: it is written last, and only when the gates passed.
 * @throws UsageError when outputs are one file, or one is an input, the baseline or the label map
 */
export async function checkEvaluationOutputs(
  { save, flips, junit }: Outputs,
  { inputs, baseline, labelMap }: Pick<EvaluateOptions, 'inputs' | 'baseline' | 'labelMap'>,
): Promise<void> {
  const read = [...inputs, ...(typeof labelMap === 'string' ? [labelMap] : [])];
  const written: { option: string; path: string }[] = [];
  for (const [option, path] of Object.entries({ '--save': save, '--flips': flips, '--junit': junit })) {
    // A pipe or device takes several outputs.
    if (path === undefined || path === '-' || !(await isPlainFile(path))) continue;
    const mayReplace = option === '--save' || baseline === undefined;
    await refuseInputAsOutput(path, mayReplace ? read : [...read, baseline]);
    written.push({ option, path });
  }
  if (save !== undefined) requireHonestName(save, ['json']);
  if (flips !== undefined) requireHonestName(flips, ['csv', 'csv.gz']);
  if (junit !== undefined) requireHonestName(junit, ['xml']);
  const same = await findSame(written.map(({ path }) => path));
  const [one, other] = same?.map((index) => written[index]) ?? [];
  if (one === undefined || other === undefined) return;
  throw new UsageError(
    'OUTPUTS_CLASH',
    `Expected ${one.option} and ${other.option} to differ, got ${other.path} for both`,
  );
}
