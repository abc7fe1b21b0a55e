import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { exitCodes } from '../../src/errors.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runVoxpop, voxpopScript } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');
const feedback = join(fixturesDirectory, 'feedback.jsonl');
const filter = ['score', '-', '--line-buffered', '--text', 'comment', '-m', bundle, '--quiet'];
const inline = [...filter, '--errors', 'inline'];

function start(t: TestContext, args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [voxpopScript, ...args], { stdio: 'pipe' });
  child.stdin.on('error', () => {});
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** A function that sends a line and waits for the line that answers it. */
function asker(child: ChildProcessWithoutNullStreams): (line: string | Buffer) => Promise<string> {
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return async (line) => {
    child.stdin.write(Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
    const { value } = (await answers.next()) as { value?: string };
    return value ?? assert.fail('expected an answer, found the end of the output');
  };
}

async function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return child.exitCode ?? ((await once(child, 'exit')) as [number | null])[0];
}

const errorOf = (answer: string): unknown => (JSON.parse(answer) as { error: unknown }).error;
const inputOf = (answer: string): unknown => (JSON.parse(answer) as { input: unknown }).input;

test('each line is answered before the next one is sent, with the bytes of a run over the file', async (t) => {
  const child = start(t, inline);
  const ask = asker(child);
  const { stdout } = await runVoxpop(['score', feedback, '-t', 'comment', '-m', bundle]);
  const expected = stdout.trimEnd().split('\n');
  for (const [index, line] of readFileSync(feedback, 'utf8').trimEnd().split('\n').entries()) {
    assert.equal(await ask(line), expected[index]);
    if (index === 20) break;
  }
  child.stdin.end();
  assert.equal(await exitOf(child), exitCodes.ok);
});

test('lines that cannot be scored are answered too, from the first on', async (t) => {
  const child = start(t, inline);
  const ask = asker(child);
  assert.equal(await ask(''), '');
  assert.equal(await ask('  '), '  ');
  const bad = await ask('{"comment": "cut');
  assert.deepEqual(Object.keys(JSON.parse(bad) as object), ['error', 'input']);
  assert.match(
    JSON.stringify(errorOf(bad)),
    /"code":"INVALID_JSON","message":"expected a JSON object, found bad/,
  );
  assert.equal(inputOf(bad), '{"comment": "cut');
  assert.match(JSON.stringify(errorOf(await ask('[1]'))), /NOT_AN_OBJECT/);
  assert.match(JSON.stringify(errorOf(await ask('{"comment":{"en":"good"}}'))), /TEXT_NOT_SCALAR/);
  assert.match(JSON.stringify(errorOf(await ask('{"comment":"good","predictions":1}'))), /COLUMN_CLASH/);
  const latin1 = await ask(Buffer.from('{"comment":"d\u00e9j\u00e0 vu"}', 'latin1'));
  assert.match(JSON.stringify(errorOf(latin1)), /INVALID_ENCODING/);
  assert.match(await ask('{"other":"no text"}'), /^\{"other":"no text","predictions":.*"label":null/);
  assert.match(await ask('{"comment":"good"}\r'), /^\{"comment":"good","predictions":.*"positive"/);
  child.stdin.end();
  assert.equal(await exitOf(child), exitCodes.ok);
});

test('the same bytes however the lines arrive, and for any number of workers', async (t) => {
  const lines = `${readFileSync(feedback, 'utf8')}\n{bad\n\n`.repeat(8) + '{"comment":"no line end"}';
  const all = await runVoxpop(inline, { input: lines });
  assert.equal(all.stdout.split('\n').length, lines.split('\n').length + 1);
  for (const [workers, size] of [
    ['1', 1],
    ['1', 700],
    ['3', 5000],
  ] as const) {
    const child = start(t, [...inline, '-w', workers]);
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    const bytes = Buffer.from(size === 1 ? lines.slice(0, 3000) : lines);
    for (let at = 0; at < bytes.length; at += size) {
      child.stdin.write(bytes.subarray(at, at + size));
      await setImmediate();
    }
    child.stdin.end();
    await once(child, 'close');
    const expected = size === 1 ? (await runVoxpop(inline, { input: bytes })).stdout : all.stdout;
    assert.ok(Buffer.concat(out).toString() === expected, `${workers} workers, pieces of ${size} bytes`);
  }
});

test('no line in, no line out; a blank one stays blank', async () => {
  for (const [input, expected] of [
    ['', ''],
    ['\n', '\n'],
    ['\n \n', '\n \n'],
    ['\r\n', '\r\n'],
    [' ', ' \n'],
  ] as const) {
    const { code, stdout } = await runVoxpop(filter, { input });
    assert.equal(code, exitCodes.ok);
    assert.equal(stdout, expected);
  }
});

test('without inline errors a bad line ends the run, after the answers to the lines before it', async (t) => {
  const child = start(t, filter);
  const ask = asker(child);
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  await ask('{"comment":"good"}');
  child.stdin.write('{"comment":"bad"}\n{bad\n{"comment":"good"}\n');
  // Nobody ends stdin, and the process ends all the same.
  assert.equal(await exitOf(child), exitCodes.usage);
  assert.match(Buffer.concat(stderr).toString(), /^voxpop: -:3:2: .*\n.*--errors inline/);
  const { stdout } = await runVoxpop(filter, { input: '{"comment":"bad"}\n{bad\n{"comment":"good"}\n' });
  assert.match(stdout, /^\{"comment":"bad",[^\n]*\n$/);
});

test('a reader that goes away ends the run with 0, while stdin is still open', async (t) => {
  const child = start(t, inline);
  const ask = asker(child);
  await ask('{"comment":"good"}');
  child.stdout.destroy();
  await once(child.stdout, 'close');
  child.stdin.write('{"comment":"good"}\n');
  assert.equal(await exitOf(child), exitCodes.ok);
});

test('SIGTERM ends a filter that waits for a line', async (t) => {
  const child = start(t, inline);
  await asker(child)('{"comment":"good"}');
  child.kill('SIGTERM');
  assert.equal(await exitOf(child), exitCodes.terminated);
});

test('lines are not taken much faster than their answers are', async (t) => {
  const child = start(t, inline);
  const line = `${JSON.stringify({ comment: 'good', transcript: 'x'.repeat(20_000) })}\n`;
  const total = 2000;
  const ahead = 8_000_000;
  let taken = 0;
  let answered = 0;
  for (let sent = 0; sent < total; sent++) {
    child.stdin.write(line, () => {
      taken += line.length;
    });
  }
  child.stdin.end();
  for await (const chunk of child.stdout) {
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    assert.ok(taken - answered < ahead, `${taken} bytes taken, ${answered} answered`);
    answered += (chunk as Buffer).length;
  }
  assert.ok(answered > total * line.length);
});

const wrongCalls: Record<string, { args: string[]; message: RegExp }> = {
  'a file to read': {
    args: ['in.jsonl', '-t', 'a'],
    message: /Expected the input - \(stdin\) .*got in\.jsonl\n/,
  },
  'a file to write': { args: ['-', '-t', 'a', '-o', 'o.jsonl'], message: /Expected the output to be stdout/ },
  'CSV to read': {
    args: ['-', '-t', 'a', '--from', 'csv'],
    message: /Expected --from jsonl .*got --from csv/,
  },
  'CSV to write': { args: ['-', '-t', 'a', '--to', 'tsv'], message: /Expected --to jsonl .*got --to tsv/ },
  'no text named': { args: ['-'], message: /Expected --text along with .*\n.*--text comment/ },
  'a file for rejects': {
    args: ['-', '-t', 'a', '--rejects', 'r'],
    message: /Expected --errors inline .*--rejects/,
  },
  'a resumed run': { args: ['-', '-t', 'a', '--resume'], message: /Expected no --resume/ },
  supervision: { args: ['-', '-t', 'a', '--supervise', '2'], message: /got a stream/ },
};

for (const [name, { args, message }] of Object.entries(wrongCalls)) {
  test(`${name} does not go with a line filter`, async () => {
    const { code, stdout, stderr } = await runVoxpop(['score', '--line-buffered', '-m', bundle, ...args]);
    assert.equal(code, exitCodes.usage);
    assert.equal(stdout, '');
    assert.match(stderr, message);
  });
}

test('compressed lines are refused', async () => {
  const { code, stderr } = await runVoxpop(filter, { input: gzipSync('{"comment":"good"}\n') });
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /Expected plain lines .*found gzip\n.*gzip -dc/);
});

test('a bundle whose scores depend on neighbours is scored row by row, or not at all', async (t) => {
  const dependent = join(scratchDirectory(t), 'bundle');
  cpSync(bundle, dependent, { recursive: true });
  const manifest = join(dependent, 'bundle.json');
  writeFileSync(
    manifest,
    readFileSync(manifest, 'utf8').replace('"batch_invariant": true', '"batch_invariant": false'),
  );
  const input = '{"comment":"good"}\n';
  const refused = await runVoxpop([...filter, '-m', dependent], { input });
  assert.equal(refused.code, exitCodes.usage);
  assert.match(refused.stderr, /Expected --deterministic along with --line-buffered/);
  assert.equal(
    (await runVoxpop([...filter, '-m', dependent, '--deterministic'], { input })).code,
    exitCodes.ok,
  );
});

test('errors stand in JSONL output of a file, too, and CSV has no place for them', async (t) => {
  const input = join(scratchDirectory(t), 'in.csv');
  writeFileSync(input, 'id,comment\n1,good\n2,too,many\n3,bad\n');
  const args = ['score', input, '-m', bundle, '--errors', 'inline'];
  const { code, stdout, stderr } = await runVoxpop([...args, '--to', 'jsonl']);
  assert.equal(code, exitCodes.ok, stderr);
  const [first, second, third] = stdout.trimEnd().split('\n') as [string, string, string];
  assert.match(first, /^\{"id":"1","comment":"good","predictions"/);
  assert.equal(inputOf(second), '2,too,many');
  assert.match(third, /^\{"id":"3"/);
  assert.match(stderr, /3 rows .* 1 rejected/);
  const table = await runVoxpop(args);
  assert.equal(table.code, exitCodes.usage);
  assert.match(table.stderr, /Expected JSONL output along with --errors inline, got csv/);
  const both = await runVoxpop([...args, '--to', 'jsonl', '--rejects', 'r.jsonl']);
  assert.equal(both.code, exitCodes.usage);
  assert.match(both.stderr, /Expected either --errors inline or --rejects/);
});
