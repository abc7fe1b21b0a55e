import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readManifest, readRunSummary, runSummaryBeside } from '../../src/pipeline/read-manifest.ts';
import { scratchDirectory } from '../support/scratch.ts';

const whole = {
  manifest_version: 1,
  voxpop: { version: '1.2.3' },
  bundle: { name: 'fixture', version: '1.0.0', sha256: '00' },
  options: { text: ['comment'], prefix: 'x_' },
  inputs: [{ path: 'in.csv' }],
  output: { path: 'out.csv', bytes: 1, sha256: '00' },
  counts: { rows: 3, scored: 2 },
  problem_types: { sentiment: 'single_label_classification' },
  labels: { sentiment: { positive: 2 } },
  labels_by_language: { en: { sentiment: { positive: 2 } } },
  started_at: '2026-01-01T00:00:00.000Z',
  elapsed_ms: 5,
};

test('a summary takes what it knows of a manifest, and passes over what is missing or otherwise', async (t) => {
  const path = join(scratchDirectory(t), 'run.json');
  writeFileSync(path, JSON.stringify({ ...whole, more: 1 }));
  assert.deepEqual(await readRunSummary(path), {
    path,
    bundle: { name: 'fixture', version: '1.0.0' },
    rows: 3,
    scored: 2,
    textColumns: ['comment'],
    prefix: 'x_',
    startedAt: '2026-01-01T00:00:00.000Z',
    elapsedMs: 5,
    voxpopVersion: '1.2.3',
    inputs: ['in.csv'],
    reading: {},
    problemTypes: { sentiment: 'single_label_classification' },
    labels: { sentiment: { positive: 2 } },
    labelsByLanguage: { en: { sentiment: { positive: 2 } } },
    labelFacts: undefined,
    changes: undefined,
    onlyNew: false,
    escapeFormulas: false,
  });
  const odd = {
    bundle: null,
    options: [],
    inputs: [1],
    counts: 'many',
    problem_types: { a: 1, b: 'multi_label_classification' },
    labels: { a: 1, b: { c: 'd', e: 1 } },
  };
  writeFileSync(path, JSON.stringify({ manifest_version: 9, ...odd }));
  const { rows, bundle, inputs, labels, problemTypes } = await readRunSummary(path);
  assert.deepEqual([rows, bundle, inputs, labels], [undefined, undefined, [], { b: { e: 1 } }]);
  assert.deepEqual(problemTypes, { b: 'multi_label_classification' });
});

test('what is no manifest of a run is an error to a summary, and nothing to go on from', async (t) => {
  const directory = scratchDirectory(t);
  const path = join(directory, 'out.csv.manifest.json');
  await assert.rejects(readRunSummary(path), { code: 'MANIFEST_NOT_FOUND' });
  assert.equal(await runSummaryBeside(join(directory, 'out.csv')), undefined);
  for (const content of ['{"manifest_version": 1', '[]', '{"name": "fixture"}']) {
    writeFileSync(path, content);
    await assert.rejects(readRunSummary(path), { code: 'MANIFEST_INVALID', exitCode: 2 });
    await assert.rejects(runSummaryBeside(join(directory, 'out.csv')), { code: 'MANIFEST_INVALID' });
    assert.equal(await readManifest(path), undefined);
  }
});

test('only a whole manifest of this version can be gone on from', async (t) => {
  const path = join(scratchDirectory(t), 'run.json');
  writeFileSync(path, JSON.stringify(whole));
  assert.deepEqual(await readManifest(path), whole);
  for (const change of [
    { manifest_version: 2 },
    { output: null },
    { output: {} },
    { bundle: null },
    { inputs: 1 },
  ]) {
    writeFileSync(path, JSON.stringify({ ...whole, ...change }));
    assert.equal(await readManifest(path), undefined, JSON.stringify(change));
  }
});
