import { InputError, UsageError } from '../errors.ts';
import { compareBundles, type CompareHooks } from './compare-bundles.ts';
import { areManifests, compareFiles, compareManifests } from './compare-files.ts';
import { type CompareOptions, refuseOptionsOfFiles, resolveCompareOptions } from './options.ts';
import type { ComparisonDocument, ComparisonGate } from './comparison-document.ts';

export interface Comparison {
  document: ComparisonDocument;
  /** Whether every gate passed; true without gates. */
  passed: boolean;
  /** Sentences that a person should read about how the files were read. */
  notices: string[];
}

/**
 * Compares two scored files, two manifests of runs, or two bundles on one file: what `voxpop compare` does.
 * A failed gate is a result, never an error.
 * @throws UsageError, InputError, BundleError, PredictError; the signal's reason when aborted
 */
export async function compare(options: CompareOptions, hooks: CompareHooks = {}): Promise<Comparison> {
  const mode = resolveCompareOptions(options);
  const ofManifests = !('bundles' in mode) && areManifests(mode.a, mode.b);
  if (ofManifests) refuseOptionsOfFiles(options);
  if (options.minAgreement !== undefined && !('bundles' in mode) && (ofManifests || options.drift === true)) {
    throw new UsageError(
      'GATE_NOT_MEASURED',
      `Expected --min-agreement with texts that are matched, got ${ofManifests ? 'manifests' : '--drift'}`,
      { hint: 'Compare two scored files of the same texts, or hold label mixes to `--max-psi`.' },
    );
  }
  const { notices, ...compared } =
    'bundles' in mode
      ? await compareBundles(mode.bundles, mode.on, options, hooks)
      : ofManifests
        ? await compareManifests(mode.a, mode.b, options)
        : await compareFiles(mode.a, mode.b, options);
  if (options.maxPsi !== undefined || options.minAgreement !== undefined) requireTexts(compared);
  const gates = runGates(compared.tasks, options);
  return {
    document: { comparison_version: 1, ...compared, gates },
    passed: gates.every(({ passed }) => passed),
    notices,
  };
}

/** @throws InputError when a gate would pass because there is nothing to hold to it */
function requireTexts({ a, b, tasks }: Pick<ComparisonDocument, 'a' | 'b' | 'tasks'>): void {
  for (const { task, labels } of tasks) {
    for (const side of ['a', 'b'] as const) {
      if (labels.some((label) => label[side] > 0)) continue;
      const name = side === 'a' ? a.name : b.name;
      throw new InputError(
        'NOTHING_TO_COMPARE',
        `expected texts to hold ${task} to a gate, found none to compare`,
        { file: name },
        { hint: 'Are there rows with a text, and does `--key` name the same rows in both?' },
      );
    }
  }
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
