import assert from 'node:assert/strict';
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkBundle, loadBundle, releaseModel } from '../../src/bundle/load-bundle.ts';
import { BundleError, exitCodes } from '../../src/errors.ts';
import { Predictor } from '../../src/predictor/predictor.ts';
import * as broken from '../support/broken-models.ts';
import { makePieces, makeTokenizer } from '../support/fixture-pieces.ts';
import {
  type BundleOverrides,
  type FixtureManifest,
  fixtureVectors,
  writeBundle,
} from '../support/fixture-bundle.ts';
import type { FixtureTask } from '../support/fixture-tasks.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { scratchDirectory } from '../support/scratch.ts';

const fixtureBundle = join(fixturesDirectory, 'bundle');

async function assertRefused(bundle: string, code: string, message: RegExp): Promise<void> {
  await assert.rejects(Predictor.load(bundle), (error) => {
    assert.ok(error instanceof BundleError, String(error));
    assert.equal(error.code, code, error.message);
    assert.equal(error.exitCode, exitCodes.usage);
    assert.match(error.message, message);
    return true;
  });
}

test('the fixture bundle loads, with its hash', async () => {
  const bundle = await loadBundle(fixtureBundle);
  assert.equal(bundle.manifest.name, 'fixture');
  assert.match(bundle.sha256, /^[0-9a-f]{64}$/);
});

test('a bundle that is only asked about keeps none of its bytes', async () => {
  const bundle = await loadBundle(fixtureBundle);
  const { model } = bundle;
  assert.ok(model.byteLength > 0);
  releaseModel(bundle);
  assert.equal(model.byteLength, 0);
  assert.deepEqual(Object.keys(await checkBundle(fixtureBundle)), ['path', 'manifest', 'sha256']);
});

test('a bundle may be reached through a symbolic link, its files may not', async (t) => {
  const directory = scratchDirectory(t);
  symlinkSync(fixtureBundle, join(directory, 'link'));
  await loadBundle(join(directory, 'link'));

  cpSync(fixtureBundle, join(directory, 'copy'), { recursive: true });
  const model = join(directory, 'copy', 'model.onnx');
  renameSync(model, join(directory, 'model.onnx'));
  symlinkSync(join(directory, 'model.onnx'), model);
  await assertRefused(join(directory, 'copy'), 'BUNDLE_SYMLINK', /model\.onnx: .*symbolic link/);
});

test('a directory on the way that is a link is refused as well', async (t) => {
  const directory = scratchDirectory(t);
  const bundle = writeBundle(join(directory, 'bundle'), {
    manifest: (manifest) => {
      const file = manifest.files[0] as FixtureManifest['files'][0];
      manifest.files.push({ ...file, path: 'sub/model.onnx' });
    },
  });
  mkdirSync(join(directory, 'outside'));
  cpSync(join(bundle, 'model.onnx'), join(directory, 'outside', 'model.onnx'));
  symlinkSync(join(directory, 'outside'), join(bundle, 'sub'));
  await assertRefused(bundle, 'BUNDLE_SYMLINK', /sub\/model\.onnx/);
});

test('no bundle, a file in its place, and a missing file are told apart', async (t) => {
  const directory = scratchDirectory(t);
  await assertRefused(join(directory, 'none'), 'BUNDLE_NOT_FOUND', /found nothing/);
  writeFileSync(join(directory, 'file'), '');
  await assertRefused(join(directory, 'file'), 'BUNDLE_NOT_FOUND', /found a file/);
  await assertRefused(directory, 'BUNDLE_FILE_MISSING', /bundle\.json/);
  const bundle = writeBundle(join(directory, 'bundle'));
  rmSync(join(bundle, 'tokenizer.json'));
  await assertRefused(
    bundle,
    'BUNDLE_FILE_MISSING',
    /tokenizer\.json: expected a file, found none \(ENOENT\)/,
  );
});

test('a changed or cut file is refused by size or hash', async (t) => {
  const directory = scratchDirectory(t);
  const bundle = writeBundle(join(directory, 'a'), {
    manifest: ({ files }) => {
      (files[0] as FixtureManifest['files'][0]).sha256 = '0'.repeat(64);
    },
  });
  await assertRefused(bundle, 'BUNDLE_FILE_HASH', /model\.onnx: expected sha256 0{64}, found [0-9a-f]{64}/);
  const cut = writeBundle(join(directory, 'b'));
  truncateSync(join(cut, 'model.onnx'), 100);
  await assertRefused(cut, 'BUNDLE_FILE_SIZE', /expected \d+ bytes, found 100/);
});

test('paths that leave the bundle are refused', async (t) => {
  const directory = scratchDirectory(t);
  for (const [index, path] of ['../model.onnx', '/etc/hostname', 'a/../../x', 'a\\..\\x', './/x'].entries()) {
    const bundle = writeBundle(join(directory, String(index)), {
      manifest: ({ files }) => {
        (files[0] as FixtureManifest['files'][0]).path = path;
      },
    });
    await assertRefused(bundle, 'BUNDLE_PATH_OUTSIDE', /paths inside the bundle/);
  }
});

const wrongManifests: [string, BundleOverrides['manifest'], RegExp][] = [
  ['format_version', { format_version: 2 }, /expected format_version 1, found 2/],
  ['max_length', { max_length: 1.5 }, /expected max_length to be an integer of at least 3, found 1\.5/],
  [
    'batch_invariant',
    { batch_invariant: 'yes' as never },
    /expected batch_invariant to be true or false, found "yes"/,
  ],
  ['tasks', { tasks: [] }, /expected tasks to be at least one task/],
  [
    'duplicate labels',
    ({ tasks }) => tasks[0]?.labels.push(tasks[0].labels[0] as string),
    /expected tasks\[0\]\.labels to be free of duplicates/,
  ],
  [
    'thresholds',
    ({ tasks }) => tasks.find((task) => task.thresholds)?.thresholds?.pop(),
    /tasks\[1\]\.thresholds to be one number for each of 8 labels, found 7/,
  ],
  [
    'problem_type',
    ({ tasks }) => Object.assign(tasks[0] ?? {}, { problem_type: 'regression' }),
    /tasks\[0\]\.problem_type to be single_label_classification or .*, found "regression"/,
  ],
  ['max_length too large', { max_length: 1e9 }, /expected max_length to be at most 8192, found 1000000000/],
  [
    'too many labels',
    ({ tasks }) => {
      (tasks[0] as FixtureTask).labels = Array.from({ length: 200_000 }, (_, label) => `l${label}`);
    },
    /expected tasks\[0\]\.labels to be at most 10000 labels, found 200000/,
  ],
  [
    'a label with a separator',
    ({ tasks }) => tasks[1]?.labels.splice(0, 1, 'joy;fear'),
    /expected tasks\[1\]\.labels to be free of ;, which separates the labels of one text, found "joy;fear"/,
  ],
  [
    'a label with a line break',
    ({ tasks }) => tasks[0]?.labels.splice(0, 1, 'a\nb'),
    /expected tasks\[0\]\.labels to be free of control characters/,
  ],
  ['gate', { gate: 'actionability' as never }, /expected gate to be an object, found "actionability"/],
  [
    'gate task',
    { gate: { task: 'effort', label: 'none' } },
    /expected gate\.task to be a single-label task \(sentiment, .*\), found "effort"/,
  ],
  [
    'gate of several labels',
    { gate: { task: 'emotion', label: 'joy' } },
    /expected gate\.task to be a single-label task \(.*\), found "emotion"/,
  ],
  [
    'gate label',
    { gate: { task: 'sentiment', label: 'mixed' } },
    /expected gate\.label to be a label of sentiment \(negative, neutral, positive\), found "mixed"/,
  ],
  [
    'vectors of a task',
    { vectors: { output: 'sentiment', size: 3 } },
    /expected vectors\.output to be an output of its own, found "sentiment", the output of sentiment/,
  ],
  [
    'a role that there is not',
    { report: { roles: { bad: { task: 'sentiment', labels: ['negative'] } } } },
    /expected report\.roles to be by role \(negative, .*\), found "bad"/,
  ],
  [
    'a role of a task that there is not',
    { report: { roles: { problem: { task: 'mood', labels: ['cross'] } } } },
    /expected report\.roles\.problem\.task to be a task \(sentiment, .*\), found "mood"/,
  ],
  [
    'a role of a label that there is not',
    { report: { roles: { negative: { task: 'sentiment', labels: ['bad'] } } } },
    /expected report\.roles\.negative\.labels to be a label of sentiment, found "bad"/,
  ],
  [
    'a name of a label that there is not',
    { report: { names: { topic: { food: 'Food' } } } },
    /expected report\.names\.topic to be a label of topic, found "food"/,
  ],
  [
    'vectors without size',
    { vectors: { output: 'v', size: 0 } },
    /expected vectors\.size to be an integer of at least 1, found 0/,
  ],
  [
    'directions that are no file',
    { vectors: { ...fixtureVectors, directions: 'directions.safetensors' } },
    /expected vectors\.directions to be one of the files, found "directions\.safetensors"/,
  ],
];

test('a wrong manifest is refused with key, expectation and finding', async (t) => {
  const directory = scratchDirectory(t);
  for (const [name, manifest, message] of wrongManifests) {
    const bundle = writeBundle(join(directory, name), { manifest: manifest as NonNullable<typeof manifest> });
    await assert.rejects(loadBundle(bundle), { name: 'BundleError', message }, name);
  }
  const bundle = writeBundle(join(directory, 'json'), {
    extraFiles: { 'bundle.json': '{"format_version": 1,' },
  });
  await assertRefused(bundle, 'BUNDLE_JSON_INVALID', /bundle\.json is not valid JSON/);
});

test('a gate and vectors are read; a bundle without them has neither', async (t) => {
  const gate = { task: 'actionability', label: 'none' };
  const directory = scratchDirectory(t);
  const bundle = writeBundle(join(directory, 'with'), { manifest: { gate } });
  const { manifest } = await loadBundle(bundle);
  assert.deepEqual([manifest.gate, manifest.vectors], [gate, { ...fixtureVectors, directions: undefined }]);
  const without = await loadBundle(writeBundle(join(directory, 'without'), { vectors: false }));
  assert.deepEqual([without.manifest.gate, without.manifest.vectors], [undefined, undefined]);
});

test('vectors that the model does not give, or of another size, are refused', async (t) => {
  const directory = scratchDirectory(t);
  const vectors = fixtureVectors;
  const none = writeBundle(join(directory, 'none'), { vectors: false, manifest: { vectors } });
  await assertRefused(none, 'ONNX_OUTPUT_MISSING', /expected an output vote_sums for the vectors, found/);
  const wide = writeBundle(join(directory, 'wide'), {
    manifest: { vectors: { ...vectors, size: 384 } },
  });
  await assertRefused(
    wide,
    'ONNX_LABEL_COUNT',
    /vote_sums to be float32 \[batch, 384\], the size of vectors/,
  );
});

test('files that are nested without end are refused, not an overflow', async (t) => {
  const directory = scratchDirectory(t);
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const tokenizer = writeBundle(join(directory, 'a'), { tokenizer: `{"model": {}, "normalizer": ${deep}}` });
  await assertRefused(tokenizer, 'TOKENIZER_INVALID', /expected at most 64 levels of nesting/);
  const vocabulary = writeBundle(join(directory, 'b'), {
    tokenizer: `{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", ${deep}]]}, "pre_tokenizer": {"type": "WhitespaceSplit"}}`,
  });
  await assertRefused(
    vocabulary,
    'TOKENIZER_INVALID',
    /expected \[piece, score\] in the vocabulary at 0, found \[string, object\]/,
  );
  const manifest = writeBundle(join(directory, 'c'), {
    extraFiles: { 'bundle.json': `{"format_version": 1, "provenance": ${deep}}` },
  });
  await assertRefused(manifest, 'BUNDLE_JSON_INVALID', /expected at most 64 levels of nesting/);
});

test('a manifest that does not list the model is refused', async (t) => {
  const bundle = writeBundle(scratchDirectory(t), { manifest: ({ files }) => files.shift() });
  await assertRefused(
    bundle,
    'BUNDLE_FILE_UNLISTED',
    /expected model\.onnx among files, found tokenizer\.json/,
  );
});

const wrongModels: [string, BundleOverrides['model'], string, RegExp][] = [
  ['external data', broken.externalDataModel(), 'ONNX_EXTERNAL_DATA', /stored as external data/],
  [
    'external data in an attribute',
    broken.externalDataInAttributeModel(),
    'ONNX_EXTERNAL_DATA',
    /stored as external data/,
  ],
  ['foreign domain', broken.foreignDomainModel(), 'ONNX_FOREIGN_DOMAIN', /"com\.example\.foreign"/],
  [
    'foreign domain in a subgraph',
    broken.foreignDomainInSubgraphModel(),
    'ONNX_FOREIGN_DOMAIN',
    /com\.example/,
  ],
  ['a function of its own', broken.functionModel(), 'ONNX_FUNCTION', /expected no functions of its own/],
  ['label count', broken.wrongLabelCountModel(), 'ONNX_LABEL_COUNT', /one logit per label, found/],
  [
    'label count not declared',
    broken.undeclaredLabelCountModel(),
    'ONNX_LABEL_COUNT',
    /one logit per label, found/,
  ],
  ['unknown input', broken.unknownInputModel(), 'ONNX_INPUT_UNKNOWN', /found position_ids/],
  ['missing output', broken.missingOutputModel(), 'ONNX_OUTPUT_MISSING', /expected an output topic/],
  ['not a model', Buffer.from('this is no model at all'), 'ONNX_INVALID', /is not an ONNX model/],
  ['empty', new Uint8Array(), 'ONNX_INVALID', /is not an ONNX model/],
];

for (const [name, model, code, message] of wrongModels) {
  test(`a model with ${name} is refused`, async (t) => {
    const bundle = writeBundle(scratchDirectory(t), { model: model as NonNullable<typeof model> });
    await assertRefused(bundle, code, message);
  });
}

test('a tokenizer that cannot be used is refused', async (t) => {
  const directory = scratchDirectory(t);
  const notJson = writeBundle(join(directory, 'a'), { tokenizer: '{' });
  await assertRefused(notJson, 'TOKENIZER_INVALID', /tokenizer\.json is not valid JSON/);
  const notTokenizer = writeBundle(join(directory, 'b'), { tokenizer: { model: {} } });
  await assertRefused(notTokenizer, 'TOKENIZER_INVALID', /tokenizer\.json cannot be used/);
});

const tokenizerJson = makeTokenizer(makePieces()) as Record<string, unknown>;

test('a tokenizer with a pattern that can take for ever is refused', async (t) => {
  const directory = scratchDirectory(t);
  for (const [index, pattern] of ['(a+)+$', '(a|a)*b', '(\\w|\\d)*!', 'a*a*a*a*a*b'].entries()) {
    const pre_tokenizer = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
    const bundle = writeBundle(join(directory, String(index)), {
      tokenizer: { ...tokenizerJson, pre_tokenizer },
    });
    await assertRefused(
      bundle,
      'TOKENIZER_PATTERN',
      /expected patterns that cannot take long and mean the same everywhere, found "/,
    );
  }
});

test('a tokenizer with more pieces than the model has rows is refused', async (t) => {
  const { model } = tokenizerJson as { model: { vocab: Record<string, number> } };
  const highest = Math.max(...Object.values(model.vocab));
  const vocab = { ...model.vocab, extra: highest + 1 };
  const bundle = writeBundle(scratchDirectory(t), {
    tokenizer: { ...tokenizerJson, model: { ...model, vocab } },
  });
  await assertRefused(
    bundle,
    'TOKENIZER_TOO_LARGE',
    new RegExp(`fails on the token id ${highest + 1}, which tokenizer\\.json gives`),
  );
});
