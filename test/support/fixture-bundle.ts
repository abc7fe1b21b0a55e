/** The fixture bundle, in memory or on disk, whole or broken on purpose. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { languages } from './fixture-lexicon.ts';
import { makeModel, type ModelOptions } from './fixture-model.ts';
import { allLabels, makePieces, makeTokenizer } from './fixture-pieces.ts';
import { fixtureReport, fixtureTasks, type FixtureTask } from './fixture-tasks.ts';
import { encodeOnnx, type OnnxModel } from './onnx-writer.ts';

/** `bundle.json` as it lies on disk. */
export interface FixtureManifest {
  format_version: number;
  name: string;
  version: string;
  license: string;
  architecture: string;
  languages: string[];
  max_length: number;
  pad_token_id: number;
  files: { path: string; sha256: string; bytes: number }[];
  tasks: FixtureTask[];
  gate?: { task: string; label: string };
  vectors?: { output: string; size: number; directions?: string };
  pairs?: { task: string; with: string; both?: { labels: string[]; label: string } }[];
  batch_invariant: boolean;
  report?: Record<string, unknown>;
  metrics: Record<string, unknown>;
  provenance: Record<string, unknown>;
}

/** Contents by path inside the bundle. */
export type BundleFiles = Record<string, Uint8Array | string>;

export interface BundleOverrides extends ModelOptions {
  /** Keys to replace in `bundle.json`, or a function that changes it in place, hashes included. */
  manifest?: Partial<FixtureManifest> | ((manifest: FixtureManifest) => void);
  /** A model in place of the fixture model; see also `ModelOptions`. */
  model?: OnnxModel | Uint8Array;
  /** In place of `tokenizer.json`. */
  tokenizer?: object | string;
  /** `probes.json` to write and to list in the manifest. */
  probes?: object;
  /** More files to write, or other contents; they are not listed in the manifest. */
  extraFiles?: BundleFiles;
  /** False leaves sizes and hashes in the manifest as those of the sound bundle. Default true. */
  rehash?: boolean;
}

/** The sentence vector of the fixture model. */
export const fixtureVectors = { output: 'vote_sums', size: allLabels.length };

const fixturePairs = [{ task: 'topic', with: 'sentiment' }];

/** Whether a manifest has both tasks of `fixturePairs`, as the fixture has them. */
function isPairable({ tasks }: FixtureManifest): boolean {
  const paired = fixtureTasks.filter(({ name }) => name === 'topic' || name === 'sentiment');
  return (
    Array.isArray(tasks) &&
    paired.every(({ name, problem_type: kind }) =>
      tasks.some((task) => task.name === name && task.problem_type === kind),
    )
  );
}

const card = `# fixture

A bundle for the tests of voxpop, made by \`npm run fixtures\`. Its weights are votes of a small hand-written
lexicon, not trained: labels make sense on obvious texts and nowhere else. Do not use it on real feedback.
Logits are sums of small integers, divided once, so they are bit-identical in every batch.
`;

/**
 * The files of the fixture bundle: `bundle.json`, `model.onnx`, `tokenizer.json`, `README.md`.
 * `batch_invariant` says the truth about the model unless `manifest` says otherwise.
 */
export function makeBundle(overrides: BundleOverrides = {}): BundleFiles {
  const { model = makeModel(overrides), tokenizer = makeTokenizer(makePieces()), rehash = true } = overrides;
  const contents: BundleFiles = {
    'model.onnx': model instanceof Uint8Array ? model : encodeOnnx(model),
    'tokenizer.json': typeof tokenizer === 'string' ? tokenizer : `${JSON.stringify(tokenizer)}\n`,
    ...(overrides.probes && { 'probes.json': JSON.stringify(overrides.probes) }),
  };
  const manifest: FixtureManifest = {
    format_version: 1,
    name: 'fixture',
    version: '1.0.0',
    license: 'Apache-2.0',
    architecture: 'bag-of-pieces',
    languages: [...languages],
    max_length: 32,
    pad_token_id: 0,
    ...(overrides.vectors === false ? {} : { vectors: fixtureVectors }),
    files: describeFiles(rehash ? contents : makeBundle()),
    tasks: structuredClone(fixtureTasks),
    pairs: fixturePairs,
    batch_invariant: overrides.neighbourDependent !== true,
    metrics: {},
    provenance: { recipe: 'test/support/make-fixtures.ts', recipe_version: '1', data: [] },
  };
  if (typeof overrides.manifest === 'function') overrides.manifest(manifest);
  else Object.assign(manifest, overrides.manifest);
  manifest.report ??= reportOf(manifest.tasks);
  // Tests that have tasks of their own say so if these are to be paired.
  if (manifest.pairs === fixturePairs && !isPairable(manifest)) delete manifest.pairs;
  return {
    'bundle.json': `${JSON.stringify(manifest, null, 2)}\n`,
    ...contents,
    'README.md': card,
    ...overrides.extraFiles,
  };
}

/** What the fixture says of its labels in reports, as far as a bundle has its tasks and labels. */
function reportOf(tasks: readonly FixtureTask[]): Record<string, unknown> {
  if (!Array.isArray(tasks)) return {};
  const hasLabels = ({ task, labels }: { task: string; labels: string[] }): boolean =>
    tasks.some((each) => each.name === task && labels.every((label) => each.labels.includes(label)));
  const names = Object.entries(fixtureReport.names).filter(([task, own]) =>
    hasLabels({ task, labels: Object.keys(own) }),
  );
  return {
    roles: Object.fromEntries(Object.entries(fixtureReport.roles).filter(([, role]) => hasLabels(role))),
    names: Object.fromEntries(names),
  };
}

/** Writes a bundle into `directory`, which is made when missing, and returns the directory. */
export function writeBundle(directory: string, overrides: BundleOverrides = {}): string {
  for (const [path, content] of Object.entries(makeBundle(overrides))) {
    const target = join(directory, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  return directory;
}

function describeFiles(contents: BundleFiles): FixtureManifest['files'] {
  const listed = Object.entries(contents).filter(([path]) => !['bundle.json', 'README.md'].includes(path));
  return listed.map(([path, content]) => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { path, sha256, bytes: Buffer.byteLength(content) };
  });
}
