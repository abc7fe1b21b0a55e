import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exitCodes } from '../../src/errors.ts';
import type { Checkpoint } from '../../src/pipeline/checkpoint-fields.ts';
import type { RunManifest } from '../../src/pipeline/manifest.ts';
import { modelFailingOn } from '../support/broken-models.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { manifestOf } from '../support/manifest-of.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { type Finished, runVoxpop, voxpopScript } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const bundle = join(fixturesDirectory, 'bundle');
const header = 'id,comment\n';
const goodRows = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, row) => `${from + row},good service ${row % 10}\n`).join('');

interface Fault {
  /** Contents of the input, `in.csv` unless the arguments name another. */
  input: string | Buffer;
  args?: string[];
  code: number;
  message: RegExp;
  /** Rows in and rejected, when the run gets to an output. */
  rows?: number;
  rejected?: number;
}

const someBad = `${header}${goodRows(600)}bad,too,many\n${goodRows(600)}bad,too,many\n${goodRows(10)}`;
const allowed = ['--rejects', 'rejects.jsonl', '--max-rejects'];

/** Each way that a run can go wrong with its input or output: exit code, message, and what is left behind. */
const faults: Record<string, Fault> = {
  'no fault at all': {
    input: header + goodRows(5),
    code: exitCodes.ok,
    message: /5 rows/,
    rows: 5,
    rejected: 0,
  },
  'a bad row, none allowed': {
    input: someBad,
    code: exitCodes.usage,
    message: /in\.csv:602: .*\n.*--rejects <file>/,
  },
  'bad rows within the limit': {
    input: someBad,
    args: [...allowed, '2'],
    code: exitCodes.ok,
    message: /2 rejected/,
    rows: 1212,
    rejected: 2,
  },
  'more bad rows than allowed': {
    input: someBad,
    args: [...allowed, '1'],
    code: exitCodes.rejects,
    message: /Expected at most 1 rejected rows, found one more at in\.csv:1203/,
  },
  'bad rows, and a file for them': {
    input: someBad,
    args: ['--rejects', 'rejects.jsonl'],
    code: exitCodes.ok,
    message: /2 rejected/,
    rows: 1212,
    rejected: 2,
  },
  'bad rows, a file for them, and none allowed': {
    input: someBad,
    args: [...allowed, '0'],
    code: exitCodes.usage,
    message: /in\.csv:602: /,
  },
  'nothing but bad rows, and a file for them': {
    input: `${header}bad,too,many\nbad,too,many\n`,
    args: ['--rejects', 'rejects.jsonl'],
    code: exitCodes.rejects,
    message:
      /Expected rows to label, found all 2 rejected\n {2}Look at rejects\.jsonl\.part: is it the right file/,
  },
  'nothing but bad rows, and all allowed': {
    input: `${header}bad,too,many\nbad,too,many\n`,
    args: [...allowed, '100%'],
    code: exitCodes.ok,
    message: /2 rejected/,
    rows: 2,
    rejected: 2,
  },
  'bad rows within a share': {
    input: someBad,
    args: [...allowed, '1%'],
    code: exitCodes.ok,
    message: /2 rejected/,
    rows: 1212,
    rejected: 2,
  },
  'more bad rows than a share': {
    input: someBad,
    args: [...allowed, '0.1%'],
    code: exitCodes.rejects,
    message: /Expected at most 0\.1% rejected rows, found 2 of 1212 \(0\.17%\)/,
  },
  'rejects allowed, and nowhere to put them': {
    input: someBad,
    args: ['--max-rejects', '2'],
    code: exitCodes.usage,
    message: /Expected --rejects along with --max-rejects/,
  },
  'gzip that ends early': {
    input: gzipSync(header + goodRows(50_000)).subarray(0, 50_000),
    code: exitCodes.usage,
    message: /in\.csv: .*gzip/,
  },
  'gzip that ends early, with rejects allowed': {
    input: gzipSync(header + goodRows(50_000)).subarray(0, 50_000),
    args: [...allowed, '5%'],
    code: exitCodes.usage,
    message: /in\.csv: .*gzip/,
  },
  'an empty file': { input: '', code: exitCodes.usage, message: /in\.csv: .*empty/ },
  'a header alone': { input: header, code: exitCodes.ok, message: /0 rows/, rows: 0, rejected: 0 },
  'bytes that are no UTF-8': {
    input: Buffer.concat([Buffer.from(header), Buffer.from([0x31, 0x2c, 0xe9, 0x0a])]),
    code: exitCodes.usage,
    message: /in\.csv:2: .*\n.*--encoding windows-1252/,
  },
  'a quote that never ends': {
    input: `${header}${goodRows(100)}1,"open\n${goodRows(100)}`,
    code: exitCodes.usage,
    message: /in\.csv:102/,
  },
  'an output directory that is not there': {
    input: header,
    args: ['-o', 'none/out.csv'],
    code: exitCodes.usage,
    message: /none\/out\.csv: expected the folder to exist/,
  },
  'an output that is a directory': {
    input: header,
    args: ['-o', '.'],
    code: exitCodes.usage,
    message: /expected a file to write, found a directory/,
  },
  'a full disk': {
    input: header + goodRows(5),
    args: ['-o', '/dev/full'],
    code: exitCodes.failed,
    message: /no space is left/,
  },
  'the output on the input': {
    input: header,
    args: ['-o', './in.csv'],
    code: exitCodes.usage,
    message: /which is the input/,
  },
  'manifest and output in one file': {
    input: header,
    args: ['--manifest', 'out.csv'],
    code: exitCodes.usage,
    message: /Expected different files to write, got out\.csv twice/,
  },
  'rejects and output in one file': {
    input: header,
    args: ['--rejects', './out.csv', '--max-rejects', '1'],
    code: exitCodes.usage,
    message: /Expected different files to write/,
  },
  'half a workbook': {
    input: Buffer.from('PK\u0003\u0004and so on'),
    code: exitCodes.usage,
    message: /in\.csv: expected a whole workbook.*\n.*save it again/,
  },
  'the rejects on the input': {
    input: header,
    args: ['--rejects', 'in.csv', '--max-rejects', '1'],
    code: exitCodes.usage,
    message: /which is the input/,
  },
};

for (const [name, fault] of Object.entries(faults)) {
  test(`${name}: exit code ${fault.code}`, async (t) => {
    const directory = scratchDirectory(t);
    writeFileSync(join(directory, 'in.csv'), fault.input);
    const finished = await runVoxpop(
      ['score', 'in.csv', '-o', 'out.csv', '-m', bundle, '-w', '1', ...(fault.args ?? [])],
      { cwd: directory },
    );
    assert.equal(finished.code, fault.code, finished.stderr);
    assert.match(finished.stderr, fault.message);
    assert.doesNotMatch(finished.stderr, /\n\s+at /, 'no stack trace');
    assert.deepEqual(
      readFileSync(join(directory, 'in.csv')),
      Buffer.from(fault.input),
      'the input is untouched',
    );
    if (fault.rows === undefined) {
      // What a later run can go on from, or a person wants to look at, is left under names that say so.
      const named = readdirSync(directory).filter((left) => !/\.(part|checkpoint\.json)$/.test(left));
      assert.deepEqual(named, ['in.csv'], 'nothing is left under a final name');
      const rejectsKept = existsSync(join(directory, 'rejects.jsonl.part'));
      if (fault.code === exitCodes.rejects)
        assert.ok(rejectsKept && finished.stderr.includes('Look at rejects.jsonl.part'));
      return;
    }
    const lines = (file: string): number =>
      readFileSync(join(directory, file), 'utf8').split('\n').length - 1;
    const rejected = existsSync(join(directory, 'rejects.jsonl')) ? lines('rejects.jsonl') : 0;
    assert.equal(rejected, fault.rejected);
    assert.equal(lines('out.csv') - 1 + rejected, fault.rows, 'rows in = rows out + rejected');
    const { counts } = manifestOf(join(directory, 'out.csv'));
    assert.equal(counts.rows, counts.scored + counts.empty + counts.non_answers + counts.rejected);
    assert.deepEqual([counts.rows, counts.rejected], [fault.rows, fault.rejected]);
  });
}

test('rejects say where and why, and can be fed back after a correction', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), someBad);
  const run = (...args: string[]): Promise<Finished> =>
    runVoxpop(['score', ...args, '-m', bundle, '-w', '1'], { cwd: directory });
  assert.equal((await run('in.csv', '-o', 'out.csv', ...allowed, '2')).code, exitCodes.ok);
  const rejects = readFileSync(join(directory, 'rejects.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const [first] = rejects;
  assert.deepEqual(
    { ...first, message: undefined },
    {
      file: 'in.csv',
      line: 602,
      row: 601,
      byte_offset: someBad.indexOf('bad,'),
      code: 'RAGGED_ROW',
      message: undefined,
      raw: 'bad,too,many',
    },
  );
  const corrected = rejects.map(({ raw }) => String(raw).replace('too,many', 'two much'));
  writeFileSync(join(directory, 'again.csv'), header + corrected.join('\n'));
  assert.equal((await run('again.csv', '-o', 'more.csv')).code, exitCodes.ok);
  assert.match(readFileSync(join(directory, 'more.csv'), 'utf8'), /\nbad,two much,\w+,/);
});

for (const [name, change, message] of [
  ['grows', (path: string) => appendFileSync(path, goodRows(1)), /changed while it was read/],
  ['shrinks', (path: string) => truncateSync(path, 100), /changed while it was read|ended/],
] as const) {
  test(`an input that ${name} while it is read: exit code 1, no output`, async (t) => {
    const directory = scratchDirectory(t);
    const input = join(directory, 'in.csv');
    writeFileSync(input, header + goodRows(150_000));
    const child = spawn(
      process.execPath,
      [voxpopScript, 'score', 'in.csv', '-o', 'out.csv', '-m', bundle, '-w', '1'],
      { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    // Its first words come when it has looked at the input.
    await once(child.stderr, 'data');
    change(input);
    const [code] = (await once(child, 'close')) as [number];
    assert.match(stderr, message);
    assert.equal(code, exitCodes.failed);
    assert.equal(existsSync(join(directory, 'out.csv')), false);
  });
}

test('two runs do not write one output', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), header + goodRows(200_000));
  const args = ['score', 'in.csv', '-o', 'out.csv', '-m', bundle, '-w', '1'];
  const first = spawn(process.execPath, [voxpopScript, ...args], { cwd: directory, stdio: 'ignore' });
  t.after(() => first.kill('SIGKILL'));
  await waitUntil(first, 'a checkpoint', () => existsSync(join(directory, 'out.csv.checkpoint.json')));
  // Alive, and not about to finish.
  first.kill('SIGSTOP');
  for (const more of [[], ['--resume'], ['--force']]) {
    const { code, stderr } = await runVoxpop([...args, ...more], { cwd: directory });
    assert.equal(code, exitCodes.failed);
    assert.match(stderr, new RegExp(`Expected to be alone, found process ${first.pid} writing`));
  }
  first.kill('SIGKILL');
  await once(first, 'close');
  assert.equal((await runVoxpop([...args, '--resume'], { cwd: directory })).code, exitCodes.ok);
});

test('an interrupt keeps what is done and prints the command that goes on', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in put.csv'), header + goodRows(200_000));
  const args = ['score', 'in put.csv', '-o', 'out.csv', '-m', bundle, '-w', '1'];
  const child = spawn(process.execPath, [voxpopScript, ...args], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const saved = (): number => {
    const path = join(directory, 'out.csv.checkpoint.json');
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Checkpoint).tally.counts.rows : 0;
  };
  await waitUntil(child, 'rows in the checkpoint', () => saved() > 0);
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, exitCodes.interrupted);
  assert.match(
    stderr,
    /[\d,]+ rows are done and kept; go on with:\n {2}voxpop score --resume 'in put\.csv' -o out\.csv .*\nvoxpop: interrupted\n$/,
  );
  const resumed = await runVoxpop([...args, '--resume'], { cwd: directory });
  assert.equal(resumed.code, exitCodes.ok, resumed.stderr);
  assert.match(resumed.stderr, /200,000 rows in .* of them before/);
});

test('a second interrupt ends at once', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), header + goodRows(200_000));
  const args = ['score', 'in.csv', '-o', 'out.csv', '-m', bundle];
  const child = spawn(process.execPath, [voxpopScript, ...args], { cwd: directory, stdio: 'ignore' });
  await waitUntil(child, 'a checkpoint', () => existsSync(join(directory, 'out.csv.checkpoint.json')));
  // Until it is gone, whatever it is doing meanwhile.
  const again = setInterval(() => child.kill('SIGINT'), 5);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearInterval(again);
  assert.ok(code === exitCodes.interrupted || signal === 'SIGINT', `${code} ${signal}`);
  assert.equal(existsSync(join(directory, 'out.csv')), false);
});

test('events for a log: one JSON object per line on stderr, errors too', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), header + goodRows(10));
  const run = async (...more: string[]): Promise<Record<string, unknown>[]> => {
    const { stderr } = await runVoxpop(['score', 'in.csv', '-m', bundle, '--log-format', 'json', ...more], {
      cwd: directory,
    });
    return stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const [start, end] = await run('-o', 'out.csv');
  assert.deepEqual(
    [start?.['event'], start?.['text'], end?.['event'], end?.['rows']],
    ['start', ['comment'], 'end', 10],
  );
  const [error] = await run('-o', 'out.csv');
  assert.deepEqual([error?.['event'], error?.['code'], error?.['exit_code']], ['error', 'OUTPUT_EXISTS', 2]);
});

test('events are all that there is on stderr: wrong options, a failing model', async (t) => {
  const directory = scratchDirectory(t);
  writeFileSync(join(directory, 'in.csv'), `${header}1,good\n2,terrible\n`);
  writeBundle(join(directory, 'failing'), { model: modelFailingOn('terrible') });
  const failing = ['score', 'in.csv', '-o', 'out.csv', '-m', 'failing', '-w', '1', '--log-format=json'];
  const cases: [args: string[], code: number, events: string[]][] = [
    [['score', 'in.csv', '--log-format', 'json', '--no-such-option'], exitCodes.usage, ['error']],
    [['score', 'in.csv', '--scores', 'some', '--log-format=json'], exitCodes.usage, ['error']],
    [['score', '--log-format', 'json'], exitCodes.usage, ['error']],
    [['score', 'in.csv', '--log-format', 'json', '-w', 'many'], exitCodes.usage, ['error']],
    [failing, exitCodes.usage, ['start', 'stop', 'error']],
    [[...failing, '--rejects', 'r.jsonl', '--max-rejects', '1'], exitCodes.ok, ['start', 'end']],
  ];
  for (const [args, code, events] of cases) {
    const finished = await runVoxpop(args, { cwd: directory });
    assert.equal(finished.code, code, finished.stderr);
    const lines = finished.stderr.trimEnd().split('\n');
    const found = lines.map((line) => (JSON.parse(line) as Record<string, unknown>)['event']);
    assert.deepEqual(found, events, finished.stderr);
  }
});

test('the manifest says what was done', async (t) => {
  const directory = scratchDirectory(t);
  mkdirSync(join(directory, 'logs'));
  const { code } = await runVoxpop(
    [
      'score',
      join(fixturesDirectory, 'feedback.csv'),
      '-m',
      bundle,
      '-q',
      '--manifest',
      'logs/run.json',
      '--tasks',
      'sentiment,language',
    ],
    { cwd: directory },
  );
  assert.equal(code, exitCodes.ok);
  const manifest = JSON.parse(readFileSync(join(directory, 'logs', 'run.json'), 'utf8')) as RunManifest;
  assert.equal(manifest.manifest_version, 1);
  assert.deepEqual(manifest.bundle.name, 'fixture');
  assert.deepEqual(manifest.options['tasks'], ['sentiment', 'language']);
  assert.match(manifest.inputs[0]?.sha256 ?? '', /^[0-9a-f]{64}$/);
  assert.equal(manifest.inputs[0]?.bytes, manifest.inputs[0]?.read_bytes);
  assert.equal(manifest.output.path, null);
  const sum = (counts: Record<string, number> = {}): number =>
    Object.values(counts).reduce((all, one) => all + one, 0);
  assert.equal(sum(manifest.labels['sentiment']), manifest.counts.scored);
  const byLanguage = Object.values(manifest.labels_by_language).map((labels) => sum(labels['sentiment']));
  assert.equal(
    byLanguage.reduce((all, one) => all + one, 0),
    manifest.counts.scored,
  );
  assert.ok(manifest.runtime.onnxruntime && manifest.cpu.cores > 0 && manifest.peak_rss_bytes > 1e7);
});
