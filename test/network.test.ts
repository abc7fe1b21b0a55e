import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { exitCodes } from '../src/errors.ts';
import { fixturesDirectory, repositoryRoot } from './support/paths.ts';
import { runVoxpop } from './support/run-voxpop.ts';

const preload = pathToFileURL(join(repositoryRoot, 'dist', 'test', 'support', 'no-network.js')).href;
// For worker threads, too.
const env = { NODE_OPTIONS: `--import ${preload}` };
const bundle = join(fixturesDirectory, 'bundle');

for (const args of [
  ['score', join(fixturesDirectory, 'feedback.csv'), '-m', bundle, '-w', '2'],
  ['model', 'list'],
  ['model', 'verify', bundle],
]) {
  test(`voxpop ${args[0]} ${args[0] === 'model' ? args[1] : ''} reaches no network`, async () => {
    const { code, stdout, stderr } = await runVoxpop(args, { env });
    assert.equal(code, exitCodes.ok, stderr);
    assert.ok(stdout.length > 0);
  });
}

test('the guard of these tests works', async () => {
  const script = "import('node:net').then(({ connect }) => connect(9, '127.0.0.1'))";
  const { code, stderr } = await runVoxpop([], { env, node: ['-e', script] });
  assert.notEqual(code, 0);
  assert.match(stderr, /NETWORK USED/);
});
