import { findBundle, shippedBundles } from '../bundle/find-bundle.ts';
import { type Bundle, checkBundle } from '../bundle/load-bundle.ts';
import { figure, megabytes } from '../text/numbers.ts';
import type { ProbeComparison } from '../predictor/check-probes.ts';
import { printableJson, shownName } from '../text/printable.ts';
import { verifyBundle } from '../predictor/verify-bundle.ts';

export async function listBundles(): Promise<string> {
  const rows = [['name', 'version', 'MB', 'languages', 'tasks']];
  for (const name of await shippedBundles()) {
    const { manifest } = await checkBundle(await findBundle(name));
    rows.push([
      shownName(manifest.name),
      shownName(manifest.version),
      megabytes(manifest.files.reduce((sum, file) => sum + file.bytes, 0)),
      String(manifest.languages.length),
      manifest.tasks.map((task) => shownName(task.name)).join(' '),
    ]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export async function showBundle(name: string, json: boolean): Promise<string> {
  const bundle = await checkBundle(await findBundle(name));
  const { manifest } = bundle;
  if (json) return `${printableJson({ path: bundle.path, sha256: bundle.sha256, ...manifest }, 2)}\n`;
  const lines: [string, string][] = [
    ['name', `${manifest.name} ${manifest.version}`],
    ['path', bundle.path],
    ['sha256', bundle.sha256],
    ['license', manifest.license],
    ['architecture', manifest.architecture],
    ['languages', manifest.languages.join(' ')],
    ['max_length', `${manifest.maxLength} tokens`],
    ['batch_invariant', String(manifest.batchInvariant)],
    ...manifest.files.map((file): [string, string] => ['file', `${file.path}, ${megabytes(file.bytes)} MB`]),
    ...manifest.tasks.flatMap((task): [string, string][] => [
      [
        'task',
        `${shownName(task.name)} (${task.problemType === 'single_label_classification' ? 'one of' : 'any of'}): ${task.labels.map(shownName).join(', ')}`,
      ],
      ...(task.taught === undefined ? [] : [['', taughtLine(task.taught)] as [string, string]]),
    ]),
    ...(manifest.gate === undefined
      ? []
      : [
          ['gate', `${manifest.gate.task} = ${manifest.gate.label} silences the other tasks`] as [
            string,
            string,
          ],
        ]),
    ...(manifest.vectors === undefined
      ? []
      : [
          ['vectors', `${manifest.vectors.size} numbers per text (${manifest.vectors.output})`] as [
            string,
            string,
          ],
        ]),
    ...manifest.pairs.map((pair): [string, string] => [
      'pairs',
      `${pair.task} with ${pair.with}, sentence by sentence`,
    ]),
    ...agreementWithFp32(manifest.provenance),
  ];
  return lines.map(([key, value]) => `${key.padEnd(16)}${value}\n`).join('');
}

/** How a task was taught, as far as it is told. */
function taughtLine({ date, rows, files, cross_validated: quality, seed }: Record<string, unknown>): string {
  const macroF1 = (quality as { macro_f1?: unknown } | undefined)?.macro_f1;
  return [
    `taught${typeof date === 'string' ? ` ${date}` : ''} with ${String(rows)} rows`,
    Array.isArray(files) ? ` of ${files.join(', ')}` : '',
    typeof macroF1 === 'number' ? `, macro-F1 of left-out rows ${figure(macroF1)}` : '',
    `, seed ${String(seed)}`,
  ].join('');
}

export async function describeVerified(name: string): Promise<string> {
  const path = await findBundle(name);
  const { bundle, batchInvariant, largestDifference, comparisons, probes } = await verifyBundle(path);
  const probe = batchInvariant
    ? `batch invariant: logits equal bit for bit in ${comparisons} comparisons`
    : `not batch invariant: logits moved by up to ${largestDifference} in ${comparisons} comparisons; ` +
      'score with --deterministic where that matters';
  return `${describeFiles(bundle)}\nmodel runs, outputs fit the labels\n${describeProbes(probes)}\n${probe}\n${bundle.manifest.name} ${bundle.manifest.version} is valid\n`;
}

function describeFiles({ manifest }: Bundle): string {
  return `${manifest.files.length} files with the sizes and hashes of bundle.json: ${manifest.files.map((file) => file.path).join(', ')}`;
}

function describeProbes(probes: ProbeComparison | undefined): string {
  if (probes === undefined) return 'no probes.json: ids and logits were not compared with the reference';
  const { texts, near, largestDifference, tolerance } = probes;
  return `${texts} probes: ids as in the reference, logits of ${near} within ${tolerance} (largest difference: ${largestDifference.toPrecision(2)})`;
}

/** Agreement of an int8 model with its fp32 original, as whoever made it measured it. */
function agreementWithFp32({ int8 }: Record<string, unknown>): [string, string][] {
  const { texts, label_agreement_with_fp32: shares } = (int8 ?? {}) as Record<string, unknown>;
  if (typeof texts !== 'number' || typeof shares !== 'object' || shares === null) return [];
  const perTask = Object.entries(shares).map(([task, share]) => `${task} ${figure(Number(share))}`);
  return [['int8', `the labels of fp32 on ${texts} texts: ${perTask.join(', ')}`]];
}
