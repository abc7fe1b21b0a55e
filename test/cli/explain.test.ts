import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { explain } from '../../src/index.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');
const text = 'We came late and the 😀 room was dirty';

interface Explanation {
  task: string;
  label: string;
  parts: { start: number; end: number; text: string; weight: number }[];
}

test('the words that carried a label are marked', async () => {
  const { code, stdout } = await runVoxpop(['explain', '-m', bundle, text, '--tasks', 'topic']);
  assert.equal(code, exitCodes.ok);
  assert.match(stdout, /^topic +cleanliness .*room was \[dirty\]$/m);
});

test('a single label is shown too', async () => {
  const { stdout } = await runVoxpop(['explain', '-m', bundle, text, '--tasks', 'sentiment']);
  assert.match(stdout, /^sentiment +\w+ +0\.\d+ .*\n$/);
});

test('JSON has their places in code points, and their weights', async () => {
  const { stdout } = await runVoxpop(['explain', '-m', bundle, text, '--json']);
  const { explanation } = JSON.parse(stdout) as { explanation: Explanation[] };
  const parts = explanation.flatMap((label) => label.parts);
  assert.ok(parts.length > 0);
  for (const { start, end, text: words, weight } of parts) {
    assert.equal(Array.from(text).slice(start, end).join(''), words);
    assert.ok(weight > 0);
  }
  const own = await explain({ text, model: bundle });
  assert.deepEqual(
    own.map(({ label, parts: marked }) => [label, marked.map((part) => part.text)]),
    explanation.map(({ label, parts: marked }) => [label, marked.map((part) => part.text)]),
  );
});

test('a text that says nothing has no labels, none at all is an error', async () => {
  const silent = await runVoxpop(['explain', '-m', bundle, '...']);
  assert.equal(silent.code, exitCodes.ok);
  assert.match(silent.stdout, /^no labels: the text says nothing/);
  const kept = await runVoxpop(['explain', '-m', bundle, '...', '--keep-non-answers']);
  assert.match(kept.stdout, /^sentiment /);
  const none = await runVoxpop(['explain', '-m', bundle, ' ']);
  assert.equal(none.code, exitCodes.usage);
  assert.match(none.stderr, /Expected a text to explain, got none/);
});

test('a text comes on stdin, too, and the name of a file is no text', async (t) => {
  const directory = scratchDirectory(t);
  for (const args of [[], ['-']]) {
    const { code, stdout } = await runVoxpop(['explain', '-m', bundle, ...args, '--tasks', 'topic'], {
      input: `${text}\n`,
    });
    assert.equal(code, exitCodes.ok);
    assert.match(stdout, /^topic +cleanliness .*room was \[dirty\]$/m);
  }
  writeFileSync(join(directory, 'my rows.csv'), 'comment\nThe room was dirty\n');
  for (const [args, input, found] of [
    [['my rows.csv'], '', /got the name of a file: my rows\.csv\n.*`voxpop score 'my rows\.csv' --explain/],
    [[], Buffer.from([0x66, 0xff]), /got bytes that are no UTF-8/],
    [['-'], 'room '.repeat(250_000), /got more than a megabyte/],
    [[], '', /Expected a text to explain, got none/],
  ] as const) {
    const { code, stderr } = await runVoxpop(['explain', '-m', bundle, ...args], { cwd: directory, input });
    assert.equal(code, exitCodes.usage);
    assert.match(stderr, found);
  }
});

test('rows get the words in JSONL, with places in their cells; only so many where a sample is asked for', async (t) => {
  const path = join(scratchDirectory(t), 'rows.jsonl');
  const cell = '<p>We came <b>late</b> &amp; the room was dirty</p>';
  const rows = Array.from({ length: 20 }, () => JSON.stringify({ comment: cell }));
  writeFileSync(path, `${rows.join('\n')}\n`);
  const score = async (...args: string[]): Promise<Explanation[][]> => {
    const { code, stdout, stderr } = await runVoxpop(['score', '-m', bundle, path, ...args]);
    assert.equal(code, exitCodes.ok, stderr);
    return stdout
      .trim()
      .split('\n')
      .map(
        (line) =>
          (JSON.parse(line) as { predictions: { explanation: Explanation[] } }).predictions.explanation,
      );
  };
  const all = await score('--explain', '--tasks', 'topic', '--workers', '2');
  const dirty = all[0]?.find(({ label }) => label === 'cleanliness')?.parts[0];
  assert.equal(cell.slice(dirty?.start, dirty?.end), 'dirty');
  assert.equal(all.filter((labels) => labels !== undefined).length, 20);
  const some = await score('--explain-sample', '3', '--tasks', 'topic');
  assert.equal(some.filter((labels) => labels !== undefined).length, 3);
  const { code, stderr } = await runVoxpop(['score', '-m', bundle, path, '--explain', '--to', 'csv']);
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /Expected JSONL output with a line per row along with --explain, got csv/);
});
