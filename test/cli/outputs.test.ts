import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { score as scoreFiles } from '../../src/index.ts';
import { openFailure } from '../../src/records/write-failure.ts';
import { makeCsv } from '../support/few-texts.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { type Finished, runVoxpop, voxpopScript } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = ['-m', join(fixturesDirectory, 'bundle'), '-w', '1'];
const bad = 'id,comment\n1,good service\n2,too,many\n3,bad\n';
const good = bad.replace(',too,many', ',fine');

function modeOf(directory: string, name: string): string {
  return (statSync(join(directory, name)).mode & 0o777).toString(8);
}

test('of runs that are started at once one writes, and the others say so', async (t) => {
  for (let turn = 0; turn < 5; turn++) {
    const directory = scratchDirectory(t);
    writeFileSync(join(directory, 'in.csv'), makeCsv(0, 30_000));
    const run = (more: string[]): Promise<Finished> =>
      runVoxpop(['score', 'in.csv', '-o', 'out.csv', ...bundle, ...more], { cwd: directory });
    const ended = await Promise.all([run([]), run(['--resume', '--force']), run(['--force'])]);
    const busy = ended.filter(({ code }) => code === exitCodes.failed);
    for (const { stderr } of busy) {
      assert.match(
        stderr,
        /Expected to be alone, found process \d+ writing .*out\.csv\n {2}Wait for it to end/,
      );
    }
    const words = ended.map(({ stderr }) => stderr).join();
    assert.equal(ended.filter(({ code }) => code === exitCodes.ok).length, 1, words);
    assert.equal(busy.length, 2, words);
    assert.deepEqual(readdirSync(directory).toSorted(), ['in.csv', 'out.csv', 'out.csv.manifest.json']);
  }
});

test('runs with one file for their rejects are not at work together either', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), makeCsv(0, 30_000));
  const run = (output: string): Promise<Finished> =>
    runVoxpop(['score', 'in.csv', '-o', output, '--rejects', 'r.jsonl', ...bundle], { cwd: directory });
  const codes = (await Promise.all([run('a.csv'), run('b.csv')]))
    .map(({ code }) => code ?? -1)
    .toSorted((one, other) => one - other);
  assert.deepEqual(codes, [exitCodes.ok, exitCodes.failed]);
});

test('who may not read the input may not read what is made of it', async (t) => {
  const directory = scratchDirectory(t);
  const files = ['out.csv', 'out.csv.manifest.json', 'rejects.jsonl'];
  const run = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await runVoxpop(args, { cwd: directory });
    assert.equal(code, exitCodes.ok, stderr);
  };
  const score = ['score', 'in.csv', '-o', 'out.csv', '--rejects', 'rejects.jsonl', ...bundle];
  const modes = (): string[] => files.map((name) => modeOf(directory, name));
  writeFileSync(join(directory, 'in.csv'), bad);
  chmodSync(join(directory, 'in.csv'), 0o640);
  await run(...score);
  assert.deepEqual(modes(), ['640', '640', '640']);
  await run('report', 'out.csv', '-o', 'report.html');
  assert.equal(modeOf(directory, 'report.html'), '640');
  // What is replaced keeps what somebody gave it.
  chmodSync(join(directory, 'out.csv'), 0o644);
  await run(...score, '--force');
  assert.deepEqual(modes(), ['644', '640', '640']);
});

test('a link to a file that is not there yet stays a link, and the file is made', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), good);
  symlinkSync('elsewhere.csv', join(directory, 'out.csv'));
  symlinkSync('none/elsewhere.csv', join(directory, 'lost.csv'));
  symlinkSync('loop.csv', join(directory, 'loop.csv'));
  const run = (output: string): Promise<Finished> =>
    runVoxpop(['score', 'in.csv', '-o', output, ...bundle], { cwd: directory });
  assert.equal((await run('out.csv')).code, exitCodes.ok);
  assert.ok(lstatSync(join(directory, 'out.csv')).isSymbolicLink());
  assert.match(readFileSync(join(directory, 'elsewhere.csv'), 'utf8'), /^id,comment,sentiment/);
  const lost = await run('lost.csv');
  assert.equal(lost.code, exitCodes.usage);
  assert.match(lost.stderr, /lost\.csv: expected the folder to exist\n {2}Make the folder first: .*none/);
  const loop = await run('loop.csv');
  assert.equal(loop.code, exitCodes.usage);
  assert.match(loop.stderr, /loop\.csv: expected a file to write, found a link to itself/);
});

test('where nothing can be written trying again does not help, and the output is named', () => {
  for (const [code, message] of [
    ['EROFS', /^out\.csv: the file system is read-only$/],
    ['EACCES', /^out\.csv: no permission to write here$/],
    ['EPERM', /^out\.csv: no permission to write here$/],
    ['ENAMETOOLONG', /^out\.csv: the name is too long for the file system$/],
  ] as const) {
    const failure = openFailure('out.csv', Object.assign(new Error(code), { code }));
    assert.equal(failure.exitCode, exitCodes.usage);
    assert.match(failure.message, message);
  }
  const full = openFailure('out.csv', Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
  assert.equal(full.exitCode, exitCodes.failed);
});

test('a closed stdout is an error, and /dev/null is not', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), good);
  const shell = async (rest: string): Promise<{ code: number; stderr: string }> => {
    const command = `script=$1; shift; "$0" "$script" score in.csv "$@" ${rest}`;
    const child = spawn('sh', ['-c', command, process.execPath, voxpopScript, ...bundle], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, stderr };
  };
  const closed = await shell('>&-');
  assert.equal(closed.code, exitCodes.usage);
  assert.match(closed.stderr, /found stdout closed\n {2}Name a file: `-o <file>`/);
  const thrownAway = await shell('>/dev/null');
  assert.equal(thrownAway.code, exitCodes.ok, thrownAway.stderr);
  const named = await shell('-o out.csv >&-');
  assert.equal(named.code, exitCodes.ok, named.stderr);
  assert.ok(existsSync(join(directory, 'out.csv')));
});

test('report and review replace a page only when told to', async (t) => {
  const directory = scratchDirectory(t);
  const page = join(directory, 'page.html');
  writeFileSync(join(directory, 'in.csv'), good);
  await runVoxpop(['score', 'in.csv', '-o', 'out.csv', ...bundle], { cwd: directory });
  for (const command of [['report'], ['review', '--task', 'sentiment']]) {
    const args = [...command, 'out.csv', '-o', 'page.html'];
    writeFileSync(page, 'mine');
    const refused = await runVoxpop(args, { cwd: directory });
    assert.equal(refused.code, exitCodes.usage);
    assert.match(refused.stderr, /found page\.html there already\n {2}Replace it with --force/);
    assert.equal(readFileSync(page, 'utf8'), 'mine');
    const forced = await runVoxpop([...args, '--force'], { cwd: directory });
    assert.equal(forced.code, exitCodes.ok, forced.stderr);
    assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/i);
  }
});

test('a workbook and a Parquet file are not written to a terminal, rows for the eyes are', async (t) => {
  const input = join(scratchDirectory(t), 'in.csv');
  writeFileSync(input, good);
  const options = { inputs: [input], model: join(fixturesDirectory, 'bundle'), workers: 1 };
  for (const to of ['xlsx', 'parquet'] as const) {
    const output = Object.assign(new PassThrough(), { isTTY: true });
    await assert.rejects(scoreFiles({ ...options, to, output }), {
      code: 'OUTPUT_MISSING',
      hint: new RegExp(`\`-o labelled\\.${to}\`.*\`--to csv\``),
    });
    assert.equal(output.read(), null);
    // Before anything is loaded.
    await assert.rejects(scoreFiles({ ...options, to, output, model: 'missing' }), {
      code: 'OUTPUT_MISSING',
    });
  }
  for (const shown of [{ table: true }, { to: 'csv' }] as const) {
    const output = Object.assign(new PassThrough(), { isTTY: true });
    await scoreFiles({ ...options, ...shown, output });
    assert.match(String(output.read()), /service/);
  }
});
