import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');

function input(t: TestContext, name: string, content: string | Buffer): string {
  const path = join(scratchDirectory(t), name);
  writeFileSync(path, content);
  return path;
}

async function score(path: string, ...args: string[]): Promise<string> {
  const command = ['score', path, '-m', bundle, '--tasks', 'sentiment', '--scores', 'none', '-q', ...args];
  const { code, stdout, stderr } = await runVoxpop(command);
  assert.equal(code, exitCodes.ok, stderr);
  return stdout;
}

test('exports of Excel: line with the delimiter, UTF-16 with tabs, byte order mark', async (t) => {
  assert.equal(
    await score(input(t, 'a.csv', '\ufeffsep=;\r\nid;comment\r\n1;good, really\r\n')),
    '\ufeffid;comment;sentiment\r\n1;good, really;positive\r\n',
  );
  assert.equal(
    await score(input(t, 'a.txt', Buffer.from('\ufeffid\tcomment\r\n1\tgood\r\n', 'utf16le'))),
    '\ufeffid\tcomment\tsentiment\r\n1\tgood\tpositive\r\n',
  );
});

test('no header', async (t) => {
  const path = input(t, 'a.csv', '1,good\n2,bad\n');
  assert.equal(await score(path, '--no-header', '-t', 'column_2'), '1,good,positive\n2,bad,negative\n');
});

test('output for a spreadsheet', async (t) => {
  const path = input(t, 'a.csv', 'id,comment\n=1+1,good\n-5,bad\n');
  assert.equal(
    await score(path, '--bom', '--output-delimiter', ';', '--escape-formulas'),
    "\ufeffid;comment;sentiment\n'=1+1;good;positive\n'-5;bad;negative\n",
  );
});

test('bytes that are not UTF-8', async (t) => {
  const path = input(t, 'a.csv', Buffer.from('id,comment\n1,good \xe9\n', 'latin1'));
  assert.equal(
    await score(path, '--invalid-utf8', 'replace'),
    'id,comment,sentiment\n1,good \ufffd,positive\n',
  );
  for (const [args, message] of [
    [[], /a\.csv:2: expected text encoded as utf-8.*--encoding windows-1252.*--invalid-utf8 replace/su],
    [['--invalid-utf8', 'reject'], /a\.csv:2: expected valid text.*--rejects/su],
    [['--invalid-utf8', 'ignore'], /Allowed choices are error, replace, reject/u],
  ] as const) {
    const { code, stderr } = await runVoxpop(['score', path, '-m', bundle, '-q', ...args]);
    assert.equal(code, exitCodes.usage);
    assert.match(stderr, message);
  }
});

test('rows that are too long, and options that are wrong', async (t) => {
  const path = input(t, 'a.csv', `id,comment\n1,"good\n${'2,bad\n'.repeat(100)}`);
  for (const [args, message] of [
    [
      ['--max-row-bytes', '100'],
      /a\.csv:2:2: expected rows of at most 100 bytes.*the quote that opens here/su,
    ],
    [[], /a\.csv:2:2: expected a closing quote.*--rejects <file>`/su],
    [['--max-row-bytes', '0'], /Expected --max-row-bytes to be an integer from 1 to 536870888, got 0/u],
    [['--output-delimiter', ';;'], /Expected --output-delimiter to be one character/u],
  ] as const) {
    const { code, stdout, stderr } = await runVoxpop(['score', path, '-m', bundle, '-q', ...args]);
    assert.equal(code, exitCodes.usage);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /u);
    assert.ok(stdout === '' || stdout.startsWith('id,comment'));
  }
});
