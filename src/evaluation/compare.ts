import { type BundleProgress, compareBundles } from './compare-bundles.ts';
import { areManifests, compareFiles, compareManifests } from './compare-files.ts';
import { type CompareOptions, resolveCompareOptions } from './compare-options.ts';
import type { ComparisonDocument, ComparisonGate } from './comparison-document.ts';

export interface Comparison {
  document: ComparisonDocument;
  /** Whether every gate passed; true without gates. */
  passed: boolean;
}

/**
 * Compares two scored files, two manifests of runs, or two bundles on one file: what `voxpop compare` does.
 * A failed gate is a result, never an error.
 * @throws UsageError, InputError, BundleError, PredictError; the signal's reason when aborted
 */
export async function compare(options: CompareOptions, hooks: BundleProgress = {}): Promise<Comparison> {
  const mode = resolveCompareOptions(options);
  const compared =
    'bundles' in mode
      ? await compareBundles(mode.bundles, mode.on, options, hooks)
      : areManifests(mode.a, mode.b)
        ? await compareManifests(mode.a, mode.b)
        : await compareFiles(mode.a, mode.b, options);
  const gates = runGates(compared.tasks, options);
  return {
    document: { comparison_version: 1, ...compared, gates },
    passed: gates.every(({ passed }) => passed),
  };
}

function runGates(tasks: ComparisonDocument['tasks'], options: CompareOptions): ComparisonGate[] {
  const { maxPsi, minAgreement } = options;
  return tasks.flatMap(({ task, drift, agreement }) => [
    ...(maxPsi === undefined
      ? []
      : [
          {
            gate: `--max-psi ${maxPsi}`,
            task,
            limit: maxPsi,
            measured: drift.psi,
            passed: drift.psi <= maxPsi,
          },
        ]),
    ...(minAgreement === undefined || agreement === undefined
      ? []
      : [
          {
            gate: `--min-agreement ${minAgreement}`,
            task,
            limit: minAgreement,
            measured: agreement,
            passed: agreement >= minAgreement,
          },
        ]),
  ]);
}
