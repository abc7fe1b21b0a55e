import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { exitCodes } from '../../src/errors.ts';
import { makeCsv, makeJsonl } from '../support/few-texts.ts';
import { manifestOf } from '../support/manifest-of.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { type Finished, killAtBytes, runVoxpop } from '../support/run-voxpop.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { seededRandom } from '../../src/random.ts';

const bundle = join(fixturesDirectory, 'bundle');
const rows = 30_000;
/** `npm run test:kill` sets it to 100. */
const kills = Number(process.env['VOXPOP_KILLS'] ?? 8);

interface Case {
  name: string;
  inputs: string[];
  output: string;
  extra: string[];
}

/** Several checkpoints each. */
function makeCases(directory: string): Case[] {
  const all = makeCsv(0, rows);
  const files = {
    'one.csv': makeCsv(0, 9000),
    'two.csv': makeCsv(9000, rows),
    // The last line has no end.
    'all.jsonl': makeJsonl(rows).trimEnd(),
    'all.csv.gz': gzipSync(all),
    'bad.csv': all.replaceAll(/^(\d+00);/gm, '$1;too;many;'),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  return [
    { name: 'two CSV files', inputs: ['one.csv', 'two.csv'], output: 'out.csv', extra: [] },
    { name: 'JSONL', inputs: ['all.jsonl'], output: 'out.jsonl', extra: [] },
    { name: 'gzip', inputs: ['all.csv.gz'], output: 'out.csv.gz', extra: [] },
    {
      name: 'rejects',
      inputs: ['bad.csv'],
      output: 'out.csv',
      extra: ['--rejects', 'rejects.jsonl', '--max-rejects', '5%'],
    },
  ];
}

async function run(
  directory: string,
  { inputs, output, extra }: Case,
  more: { args?: string[]; env?: Record<string, string> } = {},
): Promise<Finished> {
  const args = ['score', ...inputs, '-o', output, '-m', bundle, '-w', '1', ...extra, ...(more.args ?? [])];
  const node = more.env === undefined ? [] : ['--import', killAtBytes];
  return runVoxpop(args, { cwd: directory, node, ...(more.env === undefined ? {} : { env: more.env }) });
}

/** Contents of all that a run leaves behind, but for times. */
function results(directory: string, { output, extra }: Case): Record<string, string> {
  const names = [output, ...(extra.includes('--rejects') ? ['rejects.jsonl'] : [])];
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(directory, name)).toString('latin1')]),
  );
}

function clear(directory: string, inputs: readonly string[]): void {
  for (const name of readdirSync(directory)) if (!inputs.includes(name)) rmSync(join(directory, name));
}

test(`a run killed at any byte that it writes is resumed to the same bytes (${kills} kills)`, async (t) => {
  const directory = scratchDirectory(t);
  const cases = makeCases(directory);
  const inputs = readdirSync(directory);
  const random = seededRandom(Number(process.env['VOXPOP_KILL_SEED'] ?? 3));
  const recomputed: number[] = [];
  for (const each of cases) {
    const count = join(directory, 'count');
    const whole = await run(directory, each, { env: { VOXPOP_COUNT_TO: count } });
    assert.equal(whole.code, exitCodes.ok, whole.stderr);
    const bytes = Number(readFileSync(count, 'utf8'));
    const expected = results(directory, each);
    for (let kill = 0; kill < kills / cases.length; kill++) {
      clear(directory, inputs);
      // The last bytes are those of manifest, checkpoint and names: every second kill aims at them.
      const at = kill % 2 === 0 ? 1 + Math.floor(random() * bytes) : bytes - Math.floor(random() * 4000);
      const killed = await run(directory, each, { env: { VOXPOP_KILL_AT_BYTES: String(at) } });
      assert.equal(killed.signal, 'SIGKILL', `${each.name} at ${at} of ${bytes}: ${killed.stderr}`);
      const before = existsSync(join(directory, each.output))
        ? readFileSync(join(directory, each.output)).toString('latin1')
        : undefined;
      assert.ok(
        before === undefined || before === expected[each.output],
        'nothing half under the final name',
      );
      const resumed = await run(directory, each, { args: ['--resume'] });
      assert.equal(resumed.code, exitCodes.ok, `${each.name} at ${at} of ${bytes}: ${resumed.stderr}`);
      assert.deepEqual(results(directory, each), expected, `${each.name} at ${at} of ${bytes}`);
      const manifest = manifestOf(join(directory, each.output));
      assert.equal(manifest.counts.rows, rows);
      assert.equal(manifest.output.bytes, expected[each.output]?.length);
      recomputed.push((rows - manifest.resumed_at_row) / rows);
      const leftovers = readdirSync(directory).filter((name) => /part|checkpoint|tmp/.test(name));
      assert.deepEqual(leftovers, [], `${each.name} at ${at} of ${bytes}`);
    }
  }
  const share = recomputed.reduce((sum, each) => sum + each, 0) / recomputed.length;
  t.diagnostic(
    `${recomputed.length} kills; a resumed run scored ${(share * 100).toFixed(0)}% of the rows on average`,
  );
});

async function killedRun(t: TestContext, at: number): Promise<{ directory: string; each: Case }> {
  const directory = scratchDirectory(t);
  const each = makeCases(directory)[1] as Case;
  const { signal } = await run(directory, each, { env: { VOXPOP_KILL_AT_BYTES: String(at) } });
  assert.equal(signal, 'SIGKILL');
  assert.ok(existsSync(join(directory, `${each.output}.checkpoint.json`)));
  return { directory, each };
}

test('a change of input, bundle or options is named, and refused', async (t) => {
  const { directory, each } = await killedRun(t, 3_500_000);
  const input = join(directory, 'all.jsonl');
  const { atimeMs, mtimeMs } = statSync(input);
  const refusals: [string[], RegExp][] = [
    [
      ['--scores', 'none'],
      /but the option scores was "top" and is "none"\n {2}To go on with it, give `--scores top`\. Start over with --force/,
    ],
    [
      ['--tasks', 'sentiment', '--limit', '9'],
      /but the option limit was null and is 9, and the option tasks was absent and is \["sentiment"\]\n {2}To go on with it, leave out `--limit` and leave out `--tasks`\./,
    ],
    [
      ['-m', writeBundle(join(directory, 'other'), { manifest: { version: '2.0.0' } })],
      /but the bundle was fixture 1\.0\.0 .* and is fixture 2\.0\.0 .*\n {2}To go on with it, give that bundle with `--model`/,
    ],
  ];
  for (const [args, message] of refusals) {
    const { code, stderr } = await run(directory, each, { args: ['--resume', ...args] });
    assert.equal(code, exitCodes.usage);
    assert.match(stderr, message);
    assert.match(stderr, /--force/);
  }
  // The same size and time, but other bytes.
  const text = readFileSync(input, 'utf8');
  writeFileSync(input, text.replace('good service', 'good_service'));
  utimesSync(input, atimeMs / 1000, mtimeMs / 1000);
  const changed = await run(directory, each, { args: ['--resume'] });
  assert.match(changed.stderr, /all\.jsonl does not begin with what was read of it/);
  appendFileSync(input, '\n{"id":1,"comment":"more"}\n');
  assert.match(
    (await run(directory, each, { args: ['--resume'] })).stderr,
    /all\.jsonl had \d+ bytes and has \d+/,
  );
  assert.equal((await run(directory, each, { args: ['--force'] })).code, exitCodes.ok);
});

test('a finished output is left alone by --resume, refused without, replaced with --force', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), 'id,comment\n1,good\n2,bad\n');
  const each = { name: '', inputs: ['in.csv'], output: 'out.csv', extra: [] };
  assert.equal((await run(directory, each)).code, exitCodes.ok);
  const written = statSync(join(directory, 'out.csv')).mtimeMs;

  const refused = await run(directory, each);
  assert.equal(refused.code, exitCodes.usage);
  assert.match(refused.stderr, /found out\.csv there already\n {2}Replace it with --force/);

  const again = await run(directory, each, { args: ['--resume'] });
  assert.deepEqual(
    [again.code, again.stderr],
    [exitCodes.ok, 'Nothing to do: out.csv is finished and unchanged\n'],
  );
  assert.equal(statSync(join(directory, 'out.csv')).mtimeMs, written);

  appendFileSync(join(directory, 'out.csv'), 'edited');
  const edited = await run(directory, each, { args: ['--resume'] });
  assert.equal(edited.code, exitCodes.usage);
  assert.match(edited.stderr, /it was changed since it was written/);
  assert.equal((await run(directory, each, { args: ['--force'] })).code, exitCodes.ok);
  appendFileSync(join(directory, 'in.csv'), '3,ok\n');
  assert.match(
    (await run(directory, each, { args: ['--resume'] })).stderr,
    /the input in\.csv had 24 bytes and has 29/,
  );
});

test('a run that starts over leaves nothing of the one before to be resumed', async (t) => {
  const { directory, each } = await killedRun(t, 3_500_000);
  const refused = await run(directory, each);
  assert.equal(refused.code, exitCodes.usage);
  assert.match(refused.stderr, /Expected no unfinished run, found one with [1-9]\d+ rows done/);
  // Killed again, before its first checkpoint.
  const again = await run(directory, each, { args: ['--force'], env: { VOXPOP_KILL_AT_BYTES: '3000' } });
  assert.equal(again.signal, 'SIGKILL');
  assert.equal((await run(directory, each, { args: ['--resume'] })).code, exitCodes.ok);
  const resumed = results(directory, each);
  assert.equal((await run(directory, each, { args: ['--force'] })).code, exitCodes.ok);
  assert.deepEqual(resumed, results(directory, each));
});

test('--resume --force goes on where it can, and starts over where something changed', async (t) => {
  const { directory, each } = await killedRun(t, 3_500_000);
  const both = { args: ['--resume', '--force'] };
  const went = await run(directory, each, both);
  assert.match(went.stderr, /of them before/);
  assert.match((await run(directory, each, both)).stderr, /^Nothing to do/);
  appendFileSync(join(directory, 'all.jsonl'), '\n{"id":1,"comment":"more"}\n');
  const next = await run(directory, each, both);
  assert.equal(next.code, exitCodes.ok, next.stderr);
  assert.match(next.stderr, /30,001 rows/);
});

test('streams cannot be resumed', async () => {
  const { code, stderr } = await runVoxpop(['score', '-', '--from', 'csv', '-m', bundle, '--resume'], {
    input: 'text\ngood\n',
  });
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /Expected files as input and output to resume, found a stream/);
});

test('a supervised run resumes by itself after its process was killed', async (t) => {
  const directory = scratchDirectory(t);
  const each = makeCases(directory)[1] as Case;
  assert.equal((await run(directory, each)).code, exitCodes.ok);
  const expected = results(directory, each);
  const env = {
    NODE_OPTIONS: `--import ${killAtBytes}`,
    VOXPOP_KILL_AT_BYTES: '3000000',
    VOXPOP_KILL_ONCE: join(directory, 'once'),
  };
  const args = [
    'score',
    ...each.inputs,
    '-o',
    each.output,
    '-m',
    bundle,
    '-w',
    '1',
    '--force',
    '--supervise',
    '2',
  ];
  const { code, stderr } = await runVoxpop(args, { cwd: directory, env });
  assert.equal(code, exitCodes.ok, stderr);
  assert.match(stderr, /the run ended with SIGKILL; resuming it in 1 s, 1 of 2/);
  assert.deepEqual(results(directory, each), expected);
});

test('gzip output is one file to every reader, whatever its members', async (t) => {
  const directory = scratchDirectory(t);
  const each = makeCases(directory)[2] as Case;
  assert.equal((await run(directory, each)).code, exitCodes.ok);
  const plain = { ...each, output: 'plain.csv' };
  assert.equal((await run(directory, plain)).code, exitCodes.ok);
  assert.ok(
    gunzipSync(readFileSync(join(directory, each.output))).equals(readFileSync(join(directory, 'plain.csv'))),
  );
});
