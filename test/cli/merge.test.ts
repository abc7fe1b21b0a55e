import assert from 'node:assert/strict';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sliceFromEnvironment } from '../../src/commands/slice-from-environment.ts';
import { exitCodes, VoxpopError } from '../../src/errors.ts';
import { merge } from '../../src/merge.ts';
import type { ScoreOptions } from '../../src/score-options.ts';
import { score } from '../../src/score.ts';
import { makeCsv, makeJsonl } from '../support/few-texts.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { manifestOf } from '../support/manifest-of.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { killAtBytes, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const model = join(fixturesDirectory, 'bundle');

/** Two checkpoints and some more. */
const rows = 17_000;

/** One run over all rows, and the same in shards. */
async function runAll(
  given: ScoreOptions & { output: string },
  of: number,
  names = shardNames(given.output, of),
): Promise<string[]> {
  const options = { model, workers: 1, ...given };
  for (const [index, output] of names.entries()) {
    const rejects = options.rejects === undefined ? {} : { rejects: `${output}.rejects` };
    await score({ ...options, ...rejects, output, shard: `${index}/${of}` });
  }
  return names;
}

function shardNames(output: string, of: number): string[] {
  return Array.from({ length: of }, (_, index) => output.replace('/out.', `/out.${index}-of-${of}.`));
}

interface Case {
  name: string;
  files: Record<string, string | Buffer>;
  output: string;
  options?: Partial<ScoreOptions>;
  /** How many shards to try. */
  counts?: number[];
}

const cases: Case[] = [
  {
    name: 'two CSV files with line breaks in cells, and a byte order mark',
    files: { 'one.csv': makeCsv(0, 9000), 'two.csv': makeCsv(9000, rows) },
    output: 'out.csv',
  },
  { name: 'JSONL', files: { 'in.jsonl': makeJsonl(rows) }, output: 'out.jsonl' },
  { name: 'gzip', files: { 'in.csv.gz': gzipSync(makeCsv(0, rows)) }, output: 'out.csv.gz' },
  { name: 'JSONL to gzip', files: { 'in.jsonl': makeJsonl(rows) }, output: 'out.jsonl.gz', counts: [3] },
  {
    name: 'rejects and a limit',
    files: { 'in.jsonl': makeJsonl(rows).replaceAll(/("id":\d*07),.*\n/g, '$1, bad\n\n') },
    output: 'out.csv',
    options: { rejects: 'rejects.jsonl', maxRejects: '5%', limit: 15_000 },
    counts: [3],
  },
];

for (const { name, files, output, options = {}, counts = [1, 2, 7, 16] } of cases) {
  test(`shards merged are the bytes of a single run: ${name}`, async (t) => {
    const directory = scratchDirectory(t);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, file), content);
    const inputs = Object.keys(files).map((file) => join(directory, file));
    const given = { ...options, inputs, output: join(directory, output), workers: 1, model };
    if (given.rejects !== undefined) given.rejects = join(directory, given.rejects);
    await score(given);
    const whole = readFileSync(given.output);
    const single = manifestOf(given.output);
    for (const of of counts) {
      const shards = await runAll(given, of);
      const merged = join(directory, `merged-${of}-${output}`);
      const summary = await merge({ shards: shards.toReversed(), output: merged });
      assert.ok(readFileSync(merged).equals(whole), `${of} shards`);
      assert.deepEqual([summary.shards, summary.rows, summary.notices], [of, single.counts.rows, []]);

      const manifest = manifestOf(merged);
      assert.equal(manifest.output.sha256, single.output.sha256);
      assert.deepEqual(manifest.labels, single.labels);
      assert.deepEqual(manifest.labels_by_language, single.labels_by_language);
      for (const key of ['rows', 'scored', 'empty', 'rejected', 'truncated'] as const) {
        assert.equal(manifest.counts[key], single.counts[key], key);
      }
      assert.equal(manifest.shard, null);
      assert.deepEqual(manifest.shards?.map(({ path }) => path), shards); // prettier-ignore
      if (given.rejects === undefined) continue;
      assert.ok(single.counts.rejected > 0);
      assert.equal(readFileSync(`${merged}.rejects.jsonl`, 'utf8'), readFileSync(given.rejects, 'utf8'));
    }
  });
}

/** Three shards of a small file. */
async function threeShards(
  t: TestContext,
): Promise<{ directory: string; shards: string[]; options: ScoreOptions & { output: string } }> {
  const directory = scratchDirectory(t);
  const input = join(directory, 'in.csv');
  writeFileSync(input, makeCsv(0, 50));
  const options = { inputs: [input], output: join(directory, 'out.csv') };
  return { directory, shards: await runAll(options, 3), options };
}

/** What a refused merge says, each shard's fault on a line of its own. */
async function refusal(shards: string[], output: string): Promise<string> {
  let said = '';
  await assert.rejects(merge({ shards, output }), (error) => {
    assert.ok(error instanceof VoxpopError);
    said = [error.message, ...error.details.map((detail) => `  ${detail}`)].join('\n');
    assert.deepEqual([error.code, error.exitCode], ['SHARDS_UNFIT', exitCodes.failed], said);
    return true;
  });
  assert.ok(!readdirSync(join(output, '..')).some((name) => name.startsWith('merged')), 'nothing is written');
  return said;
}

test('each shard is a file of its own, and empty ones are no trouble', async (t) => {
  const directory = scratchDirectory(t);
  const input = join(directory, 'in.csv');
  for (const [content, extension] of [
    ['comment\ngood\nbad\n', 'csv'],
    ['comment\n', 'csv'],
    ['comment\ngood\n', 'csv.gz'],
    ['comment\n', 'jsonl.gz'],
  ] as const) {
    // prettier-ignore
    writeFileSync(input, content);
    const options = { inputs: [input], output: join(directory, `out.${extension}`), force: true };
    await score({ ...options, model, workers: 1 });
    const shards = await runAll(options, 5);
    const read = (path: string): string =>
      (extension.endsWith('gz') ? gunzipSync(readFileSync(path)) : readFileSync(path)).toString();
    const [header] = read(options.output).split(/(?<=\n)/u);
    for (const shard of extension.startsWith('csv') ? shards : [])
      assert.ok(read(shard).startsWith(header ?? ''));
    const merged = join(directory, `merged.${extension}`);
    await merge({ shards, output: merged, force: true });
    assert.ok(readFileSync(merged).equals(readFileSync(options.output)), `${extension}: ${content}`);
  }
});

test('shards that are missing or there twice are named', async (t) => {
  const { directory, shards } = await threeShards(t);
  const merged = join(directory, 'merged.csv');
  const [first, second, third] = shards as [string, string, string];
  assert.match(await refusal([first, third], merged), /\n {2}1\/3 is missing$/u);
  cpSync(second, join(directory, 'copy.csv'));
  cpSync(`${second}.manifest.json`, join(directory, 'copy.csv.manifest.json'));
  const message = await refusal([...shards, join(directory, 'copy.csv')], merged);
  assert.match(message, /\n {2}1\/3 is there twice: .*out\.1-of-3\.csv, .*copy\.csv$/u);
  assert.match(
    await refusal([first, second, join(directory, 'none.csv')], merged),
    /none\.csv is not there/u,
  );
  rmSync(`${third}.manifest.json`);
  assert.match(await refusal(shards, merged), /out\.2-of-3\.csv has no manifest[^]*2\/3 is missing/u);
});

test('a shard that is not as it was written is named', async (t) => {
  const { directory, shards } = await threeShards(t);
  appendFileSync(shards[1] as string, '1;2;3\r\n');
  const message = await refusal(shards, join(directory, 'merged.csv'));
  assert.match(message, /\n {2}\S*out\.1-of-3\.csv was changed since it was written$/u);
});

test('a shard of another run is named, with what differs', async (t) => {
  const { directory, shards, options } = await threeShards(t);
  const output = shards[0] as string;
  const other = join(directory, 'other.csv');
  writeFileSync(other, makeCsv(0, 50).replace('good', 'fine'));
  const bundle = writeBundle(join(directory, 'bundle'), { manifest: { version: '2.0.0' } });
  for (const [changed, expected] of [
    [{ scores: 'none' }, /the option scores was "top" and is "none"/u],
    [{ model: bundle }, /the bundle was fixture 1\.0\.0 \(\w+\) and is fixture 2\.0\.0/u],
    [{ inputs: [other] }, /the input was \S+in\.csv \(\w{12}\) and is \S+other\.csv \(\w{12}\)/u],
    [{ shard: '0/4' }, /there were 3 shards and are 4/u],
    [{ limit: 40 }, /the option limit was null and is 40/u],
    [{ to: 'tsv' }, /the output was csv and is tsv/u],
    [{ rejects: join(directory, 'rejects') }, /the option rejects was false and is true/u],
  ] as [Partial<ScoreOptions>, RegExp][]) {
    await score({ ...options, model, workers: 1, shard: '0/3', output, force: true, ...changed });
    const message = await refusal(shards, join(directory, 'merged.csv'));
    assert.match(message, expected);
    assert.match(
      message,
      /\n {2}\S*out\.0-of-3\.csv is not of one run with \S*out\.1-of-3\.csv[^]*0\/3 is missing/u,
    );
  }
});

test('shards may come from other folders and machines', async (t) => {
  const { directory, shards, options } = await threeShards(t);
  const there = join(directory, 'there');
  mkdirSync(there);
  renameSync(options.inputs[0] as string, join(there, 'renamed.csv'));
  const moved = join(there, 'last.csv');
  await score({ model, workers: 1, inputs: [join(there, 'renamed.csv')], shard: '2/3', output: moved });
  const summary = await merge({
    shards: [...shards.slice(0, 2), moved],
    output: join(directory, 'merged.csv'),
  });
  assert.equal(summary.rows, 50);

  const manifest = manifestOf(moved);
  writeFileSync(
    `${moved}.manifest.json`,
    JSON.stringify({ ...manifest, cpu: { ...manifest.cpu, features: ['other'] } }),
  );
  const warned = await merge({
    shards: [...shards.slice(0, 2), moved],
    output: join(directory, 'again.csv'),
  });
  assert.match(warned.notices.join(), /machines of 2 kinds/u);
});

test('what cannot be merged is a usage error', async (t) => {
  const { directory, shards, options } = await threeShards(t);
  const usage = (code: string): object => ({ code, exitCode: exitCodes.usage });
  await assert.rejects(merge({ shards, output: join(directory, 'm.csv.gz') }), usage('OUTPUT_FORM_DIFFERS'));
  await assert.rejects(merge({ shards, output: join(directory, 'm.jsonl') }), usage('OUTPUT_FORM_DIFFERS'));
  await assert.rejects(merge({ shards, output: shards[0] as string, force: true }), usage('OUTPUT_IS_INPUT'));
  writeFileSync(join(directory, 'm.csv'), 'mine');
  await assert.rejects(merge({ shards, output: join(directory, 'm.csv') }), usage('OUTPUT_EXISTS'));
  await merge({ shards, output: join(directory, 'm.csv'), force: true });
  await score({ ...options, model, workers: 1 });
  await assert.rejects(
    merge({ shards: [options.output], output: join(directory, 'n.csv') }),
    usage('NOT_A_SHARD'),
  );
});

test('a merged output is finished work to the single run', async (t) => {
  const { shards, options } = await threeShards(t);
  await merge({ shards, output: options.output });
  assert.equal((await score({ ...options, model, workers: 1, resume: true })).nothingToDo, true);
});

test('a shard that was killed is resumed to the same bytes', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.jsonl'), makeJsonl(rows));
  const options = { inputs: [join(directory, 'in.jsonl')], output: join(directory, 'out.jsonl') };
  await score({ ...options, model, workers: 1 });
  const shards = await runAll(options, 2);
  const [, second] = shards as [string, string];
  const expected = readFileSync(second);
  const args = ['score', options.inputs[0] as string, '-o', second, '-m', model, '-w', '1', '--shard', '1/2'];
  const env = { VOXPOP_KILL_AT_BYTES: String(expected.length - 1000) };
  const killed = await runVoxpop([...args, '--force'], { node: ['--import', killAtBytes], env });
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  rmSync(second);
  assert.match(await refusal(shards, join(directory, 'merged.jsonl')), /out\.1-of-2\.jsonl is unfinished/u);

  const other = await runVoxpop([...args.slice(0, -1), '0/2', '--resume']);
  assert.equal(other.code, exitCodes.usage);
  assert.match(other.stderr, /the option shard was \{"index":1,"of":2\} and is \{"index":0,"of":2\}/u);
  const resumed = await runVoxpop([...args, '--resume']);
  assert.equal(resumed.code, exitCodes.ok, resumed.stderr);
  assert.match(resumed.stderr, /8,192 of them before/u);
  assert.ok(readFileSync(second).equals(expected));
  await merge({ shards, output: join(directory, 'merged.jsonl') });
  assert.ok(readFileSync(join(directory, 'merged.jsonl')).equals(readFileSync(options.output)));
});

test('a killed shard of gzip output keeps its header apart', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), makeCsv(0, 30_000));
  const options = { inputs: [join(directory, 'in.csv')], output: join(directory, 'out.csv.gz') };
  await score({ ...options, model, workers: 1 });
  const shards = await runAll(options, 2);
  const [, second] = shards as [string, string];
  const headerBytes = manifestOf(second).shard?.header_bytes;
  const expected = readFileSync(second);
  const args = ['score', options.inputs[0] as string, '-o', second, '-m', model, '-w', '1', '--shard', '1/2'];
  const env = { VOXPOP_KILL_AT_BYTES: String(expected.length + 2000) };
  const killed = await runVoxpop([...args, '--force'], { node: ['--import', killAtBytes], env });
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  const resumed = await runVoxpop([...args, '--resume', '--force']);
  assert.match(resumed.stderr, /8,192 of them before/u);
  assert.equal(manifestOf(second).shard?.header_bytes, headerBytes);
  await merge({ shards, output: join(directory, 'merged.csv.gz') });
  assert.ok(readFileSync(join(directory, 'merged.csv.gz')).equals(readFileSync(options.output)));
});

test('one command line serves every job of an array', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'feedback.csv'), `${makeCsv(0, 20)}7;8;9\r\n`);
  const args = ['score', 'feedback.csv', '-m', model, '-w', '1', '--supervise', '1', '--shard', 'auto'];
  const rejects = ['--rejects', 'bad.{shard}.jsonl', '--max-rejects', '1'];
  for (const index of ['0', '1']) {
    const env = { JOB_COMPLETION_INDEX: index, JOB_COMPLETIONS: '2' };
    const { code, stderr } = await runVoxpop([...args, ...rejects], { cwd: directory, env });
    assert.equal(code, exitCodes.ok, stderr);
    assert.match(
      stderr,
      index === '0' ? /Shard 0\/2: rows 1 to 11 of 21/u : /Shard 1\/2: rows 12 to 21 of 21/u,
    );
  }
  const shards = ['feedback.labelled.0-of-2.csv', 'feedback.labelled.1-of-2.csv'];
  const merged = await runVoxpop(['merge', ...shards, '-o', 'all.csv'], { cwd: directory });
  assert.equal(merged.code, exitCodes.ok);
  assert.equal(merged.stderr, '2 shards | 21 rows | 1 rejected (all.csv.rejects.jsonl) | wrote all.csv\n');
  const [reject] = readFileSync(join(directory, 'all.csv.rejects.jsonl'), 'utf8').split('\n');
  assert.deepEqual((JSON.parse(reject ?? '') as { row: number }).row, 21);
  const shown = await runVoxpop(['merge', ...shards, '--rejects', 'r.jsonl'], { cwd: directory });
  assert.equal(shown.stdout, readFileSync(join(directory, 'all.csv'), 'utf8'));
  const one = await runVoxpop(['merge', shards[0] as string, '-o', 'one.csv'], { cwd: directory });
  assert.equal(one.code, exitCodes.failed);
  assert.match(one.stderr, /1\/2 is missing/u);
});

test('stdin cannot be shared out', async () => {
  const args = ['score', '-', '--from', 'csv', '-m', model, '--shard', '0/2'];
  const { code, stderr } = await runVoxpop(args, { input: 'text\ngood\n' });
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /Expected files along with --shard, got stdin/u);
});

test('each engine says which shard a job is', () => {
  for (const [env, expected] of [
    [{ JOB_COMPLETION_INDEX: '3', JOB_COMPLETIONS: '16' }, '3/16'],
    [{ JOB_COMPLETION_INDEX: '0', VOXPOP_SHARDS: '4' }, '0/4'],
    [{ AWS_BATCH_JOB_ARRAY_INDEX: '2', AWS_BATCH_JOB_ARRAY_SIZE: '5' }, '2/5'],
    [{ AWS_BATCH_JOB_ARRAY_INDEX: '2', VOXPOP_SHARDS: '5' }, '2/5'],
    [{ SLURM_ARRAY_TASK_ID: '4', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_MAX: '16', SLURM_ARRAY_TASK_COUNT: '16' }, '3/16'], // prettier-ignore
    [{ SLURM_ARRAY_TASK_ID: '0', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_MAX: '0', AWS_BATCH_JOB_ARRAY_INDEX: '' }, '0/1'], // prettier-ignore
  ] as [Record<string, string>, string][]) {
    assert.equal(sliceFromEnvironment(env), expected);
  }
  for (const [env, code, message] of [
    [{}, 'SHARD_UNKNOWN', /JOB_COMPLETION_INDEX.*AWS_BATCH_JOB_ARRAY_INDEX.*SLURM_ARRAY_TASK_ID/u],
    [{ JOB_COMPLETION_INDEX: '0' }, 'SHARD_COUNT_UNKNOWN', /JOB_COMPLETIONS or VOXPOP_SHARDS/u],
    [{ AWS_BATCH_JOB_ARRAY_INDEX: '0' }, 'SHARD_COUNT_UNKNOWN', /AWS_BATCH_JOB_ARRAY_SIZE/u],
    [{ JOB_COMPLETION_INDEX: '4', JOB_COMPLETIONS: '4' }, 'SHARD_INVALID', /got 4 of 4/u],
    [{ JOB_COMPLETION_INDEX: 'x', JOB_COMPLETIONS: '4' }, 'SHARD_INVALID', /whole number.*got x/u],
    [{ JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: '2', SLURM_ARRAY_TASK_ID: '0' }, 'SHARD_AMBIGUOUS', /JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID/u], // prettier-ignore
    [{ SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_MAX: '7', SLURM_ARRAY_TASK_COUNT: '4' }, 'SHARD_INVALID', /without gaps/u], // prettier-ignore
    [{ SLURM_ARRAY_TASK_ID: '3' }, 'SHARD_INVALID', /SLURM_ARRAY_TASK_MIN.*got nothing/u],
  ] as [Record<string, string>, string, RegExp][]) {
    assert.throws(() => sliceFromEnvironment(env), { code, exitCode: exitCodes.usage, message });
  }
});
