import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { makeCsv } from '../support/few-texts.ts';
import { manifestOf } from '../support/manifest-of.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { failAtCall, type Finished, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const rows = 20_000;
const kinds = ['EIO', 'ENOSPC', 'SIGKILL'] as const;
/** `npm run test:faults` tries every point; otherwise one in so many is, with each kind in turn. */
const every = Number(process.env['VOXPOP_FAULTS_EVERY'] ?? 17);
/** With which one to begin, from 0: several processes can share the work. */
const first = Number(process.env['VOXPOP_FAULTS_FIRST'] ?? 0);

const args = ['score', 'in.csv', '-o', 'out.csv.gz', '--rejects', 'rejects.jsonl', '--max-rejects', '5%'];
const outputs = ['out.csv.gz', 'rejects.jsonl'];

test('a run that fails or is killed at any call that changes a file is made good by the next one', async (t) => {
  const directory = scratchDirectory(t);
  const calls = join(directory, 'calls');
  writeFileSync(join(directory, 'in.csv'), makeCsv(0, rows).replaceAll(/^(\d+00);/gm, '$1;too;many;'));
  const run = async (env: Record<string, string>, more: string[] = []): Promise<Finished> => {
    rmSync(calls, { force: true });
    return runVoxpop([...args, '-m', join(fixturesDirectory, 'bundle'), '-w', '1', ...more], {
      cwd: directory,
      node: ['--import', failAtCall],
      env: { VOXPOP_CALLS_TO: calls, ...env },
    });
  };
  const whole = await run({});
  assert.equal(whole.code, exitCodes.ok, whole.stderr);
  const expected = contents(directory);
  const called = readFileSync(calls, 'utf8').trimEnd().split('\n');
  const points = called.length;
  let fired = 0;
  for (let point = 1; point <= points; point++) {
    for (const [index, kind] of kinds.entries()) {
      if ((point * kinds.length + index) % every !== first) continue;
      const name = `${kind} at call ${point} of ${points}`;
      for (const left of readdirSync(directory)) if (left !== 'in.csv') rmSync(join(directory, left));
      const failed = await run({ VOXPOP_FAIL_AT: String(point), VOXPOP_FAIL_WITH: kind });
      const list = readFileSync(calls, 'utf8');
      assert.match(list, / !$/m, `${name} did not come up`);
      fired++;
      if (kind === 'SIGKILL') assert.equal(failed.signal, 'SIGKILL', name);
      // Some calls only tidy up, and a run may do without them.
      else if (failed.code === exitCodes.ok) assert.match(list, /^(rm|unlink|chmod) !$/m, name);
      else assert.equal(failed.code, exitCodes.failed, `${name}: ${failed.stderr}`);
      assert.doesNotMatch(failed.stderr, /unexpected error/, name);
      for (const [file, content] of Object.entries(contents(directory))) {
        assert.ok(content === undefined || content === expected[file], `${name}: half a ${file}`);
      }
      const resumed = await run({}, ['--resume']);
      assert.equal(resumed.code, exitCodes.ok, `${name}: ${resumed.stderr}`);
      assert.deepEqual(contents(directory), expected, name);
      assert.equal(manifestOf(join(directory, 'out.csv.gz')).counts.rows, rows, name);
      const left = readdirSync(directory).filter((file) => /part|checkpoint|tmp|lock/.test(file));
      assert.deepEqual(left, [], name);
    }
  }
  const byName = [...new Set(called)].map(
    (name) => `${name} ${called.filter((each) => each === name).length}`,
  );
  t.diagnostic(`${points} calls (${byName.join(', ')}), ${fired} faults, all of them came up`);
});

test('a merge that fails at any call says where, and leaves no half output', async (t) => {
  const directory = scratchDirectory(t);
  const calls = join(directory, 'calls');
  const bundle = ['-m', join(fixturesDirectory, 'bundle'), '-w', '1'];
  writeFileSync(join(directory, 'in.csv'), makeCsv(0, 1000));
  const shards = ['in.labelled.0-of-2.csv', 'in.labelled.1-of-2.csv'];
  for (const shard of ['0/2', '1/2']) {
    await runVoxpop(['score', 'in.csv', '--shard', shard, ...bundle], { cwd: directory });
  }
  const merge = async (env: Record<string, string>): Promise<Finished> => {
    rmSync(calls, { force: true });
    return runVoxpop(['merge', ...shards, '-o', 'all.csv', '--force'], {
      cwd: directory,
      node: ['--import', failAtCall],
      env: { VOXPOP_CALLS_TO: calls, ...env },
    });
  };
  const output = join(directory, 'all.csv');
  assert.equal((await merge({})).code, exitCodes.ok);
  const expected = readFileSync(output, 'utf8');
  const points = readFileSync(calls, 'utf8').trimEnd().split('\n').length;
  for (let point = 1; point <= points; point++) {
    rmSync(output, { force: true });
    const { code, stderr } = await merge({ VOXPOP_FAIL_AT: String(point) });
    const name = `call ${point} of ${points}: ${stderr}`;
    // Calls that only tidy up may fail.
    if (code !== exitCodes.ok) assert.equal(code, exitCodes.failed, name);
    else assert.match(readFileSync(calls, 'utf8'), /^(rm|unlink) !$/m, name);
    assert.doesNotMatch(stderr, /unexpected error/, name);
    if (existsSync(output)) assert.equal(readFileSync(output, 'utf8'), expected, name);
  }
});

function contents(directory: string): Record<string, string | undefined> {
  const read = (name: string): string | undefined => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path).toString('latin1') : undefined;
  };
  return Object.fromEntries(outputs.map((name) => [name, read(name)]));
}
