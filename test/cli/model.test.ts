import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { fixtureTasks } from '../support/fixture-tasks.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');

test('list shows the bundles that come with voxpop', async () => {
  const { code, stdout } = await runVoxpop(['model', 'list']);
  assert.equal(code, exitCodes.ok);
  assert.match(stdout, /^name +version +MB +languages +tasks\n/);
  assert.match(stdout, /^voxpop-mini +\d+\.\d+\.\d+ +\d+\.\d +17 +sentiment .*\blanguage$/m);
});

test('show describes a bundle, for people and as JSON', async () => {
  const text = await runVoxpop(['model', 'show', bundle]);
  assert.equal(text.code, exitCodes.ok);
  assert.match(text.stdout, /^task +sentiment \(one of\): negative, neutral, positive$/m);
  const json = await runVoxpop(['model', 'show', bundle, '--json']);
  const shown = JSON.parse(json.stdout) as { name: string; sha256: string; tasks: unknown[] };
  assert.deepEqual([shown.name, shown.tasks.length], ['fixture', 5]);
  assert.match(shown.sha256, /^[0-9a-f]{64}$/);
});

test('verify accepts a sound bundle and says what it found', async () => {
  const { code, stdout } = await runVoxpop(['model', 'verify', bundle]);
  assert.equal(code, exitCodes.ok);
  assert.match(stdout, /batch invariant: logits equal bit for bit in \d+ comparisons/);
  assert.match(stdout, /^fixture 1\.0\.0 is valid$/m);
});

test('verify compares with probes where there are some, and says where there are none', async (t) => {
  const without = await runVoxpop(['model', 'verify', bundle]);
  assert.match(without.stdout, /^no probes\.json: ids and logits were not compared with the reference$/m);
  const logits = Object.fromEntries(fixtureTasks.map(({ output, labels }) => [output, labels.map(() => 0)]));
  const probes = { tolerance: 99, probes: [{ text: 'x', ids: [2, 3], logits }] };
  const wrong = await runVoxpop([
    'model',
    'verify',
    writeBundle(join(scratchDirectory(t), 'wrong'), { probes }),
  ]);
  assert.equal(wrong.code, exitCodes.usage);
  assert.match(
    wrong.stderr,
    /expected the token ids in probes\.json, found others for 1 of 1 texts: "x" has/,
  );
});

test('show says how often an int8 model agrees with its fp32', async (t) => {
  const int8 = { texts: 256, label_agreement_with_fp32: { sentiment: 0.9921, topic: 0.98 } };
  const directory = writeBundle(scratchDirectory(t), { manifest: { provenance: { int8 } } });
  const { stdout } = await runVoxpop(['model', 'show', directory]);
  assert.match(stdout, /^int8 +the labels of fp32 on 256 texts: sentiment 0\.992, topic 0\.980$/m);
});

test('verify tells a bundle that depends on the batch from one that hides it', async (t) => {
  const directory = scratchDirectory(t);
  const honest = writeBundle(join(directory, 'honest'), { neighbourDependent: true });
  const { code, stdout } = await runVoxpop(['model', 'verify', honest]);
  assert.equal(code, exitCodes.ok);
  assert.match(stdout, /not batch invariant: logits moved by up to .*--deterministic/);
  const liar = writeBundle(join(directory, 'liar'), {
    neighbourDependent: true,
    manifest: { batch_invariant: true },
  });
  const refused = await runVoxpop(['model', 'verify', liar]);
  assert.equal(refused.code, exitCodes.usage);
  assert.match(refused.stderr, /^voxpop: .*bundle\.json says batch_invariant, but logits moved/);
});

test('a worker reports a bundle that passes the checks of the files and fails in the model', async (t) => {
  const tokenTypes = writeBundle(join(scratchDirectory(t), 'types'), { tokenTypeIds: true });
  const { code, stderr } = await runVoxpop([
    'score',
    join(fixturesDirectory, 'feedback.csv'),
    '-m',
    tokenTypes,
    '-q',
  ]);
  assert.equal(code, exitCodes.ok, stderr);
});
