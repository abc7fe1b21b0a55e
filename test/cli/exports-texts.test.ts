import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { exitCodes } from '../../src/errors.ts';
import { csvLines } from '../../src/records/plain-table.ts';
import { exported, labelled, scoreFile } from '../support/exports.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runMain } from '../support/run-main.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** The texts that got a label, and those that got none. */
async function divided(name: string, ...args: string[]): Promise<{ scored: string[]; silent: string[] }> {
  const { rows } = await labelled(exported(name), '-t', 'comment', ...args);
  const [, ...data] = rows;
  const texts = (isScored: boolean): string[] =>
    data.filter((row) => (row.at(-1) !== '') === isScored).map((row) => row[1] ?? '');
  return { scored: texts(true), silent: texts(false) };
}

test('non-answers get no labels, and are counted', async () => {
  const { scored, silent } = await divided('non-answers.csv');
  assert.deepEqual(scored, ['ok', '3/5', '👍', '👎', '😡', '❤️', '👨‍👩‍👧', '🇩🇪', ':(', ':)', '=)']);
  assert.equal(silent.length, 98);
  const { stderr } = await labelled(exported('non-answers.csv'));
  assert.match(stderr, /109 rows in .* \| 7 empty \| 91 non-answers \| 4 with markup \|/u);
  assert.deepEqual((await divided('non-answers.csv', '--keep-non-answers')).scored.length, 102);
});

test('shares are of those who said something', async () => {
  const { rows, stderr } = await labelled(exported('anything-else.csv'));
  const [, ...data] = rows;
  assert.equal(data.length, 100);
  assert.match(stderr, /\| 70 non-answers \|/u);
  const scored = data.filter((row) => row.at(-1) !== '');
  assert.equal(scored.length, 30);
  assert.equal(scored.filter((row) => row.at(-1) === 'negative').length, 5);
});

test('texts that show nothing are empty', async () => {
  for (const name of ['zwsp-only.csv', 'nbsp-empty.csv']) {
    const { sentiments, stderr } = await labelled(exported(name));
    assert.ok(
      sentiments.every((sentiment) => sentiment === ''),
      name,
    );
    assert.match(stderr, new RegExp(`\\| ${sentiments.length} empty \\|`, 'u'));
  }
});

test('HTML in cells: labels of the text without it, cells as they were', async (t) => {
  const given = parse(readFileSync(exported('html-cells.csv')));
  const { rows, sentiments, stderr } = await labelled(exported('html-cells.csv'));
  assert.deepEqual(
    rows.map((row) => row.slice(0, -1)),
    given,
  );
  assert.equal(sentiments[0], sentiments[1]);
  assert.equal(sentiments[2], sentiments[3]);
  assert.equal(sentiments[4], sentiments[3]);
  assert.match(stderr, /\| 3 with markup \|/u);

  // Whatever wraps a comment, it says the same.
  const plain = await labelled(join(fixturesDirectory, 'feedback.csv'));
  const place = (plain.rows[0] as string[]).indexOf('comment');
  const wrapped = join(scratchDirectory(t), 'wrapped.csv');
  const comments = plain.rows
    .slice(1)
    .map((row) => [`<div style="margin:0"><p>${row[place]}</p>&nbsp;</div>`]);
  writeFileSync(wrapped, csvLines([['comment'], ...comments]));
  assert.deepEqual((await labelled(wrapped)).sentiments, plain.sentiments);
});

test('manifest, events and the report count them too', async (t) => {
  const folder = scratchDirectory(t);
  const output = join(folder, 'out.csv');
  const { code, stderr } = await scoreFile(
    exported('anything-else.csv'),
    '-o',
    output,
    '--log-format',
    'json',
  );
  assert.equal(code, exitCodes.ok);
  const { counts } = JSON.parse(readFileSync(`${output}.manifest.json`, 'utf8')) as {
    counts: Record<string, number>;
  };
  assert.deepEqual(
    [counts['rows'], counts['scored'], counts['non_answers'], counts['empty']],
    [100, 30, 70, 0],
  );
  assert.match(stderr, /"event":"end".*"non_answers":70/u);
  const report = await runMain(['report', output, '--format', 'json']);
  const document = JSON.parse(report.stdout) as { rows: number; texts: number; empty: number };
  assert.deepEqual([document.rows, document.texts], [100, 30], report.stderr);
});

test('JSON Lines: the same', async (t) => {
  const input = join(scratchDirectory(t), 'a.jsonl');
  const texts = ['Great service', 'n/a', '\u200b', '<p>Great service</p>', ''];
  writeFileSync(input, texts.map((comment) => `${JSON.stringify({ comment })}\n`).join(''));
  const { code, stdout, stderr } = await scoreFile(input);
  assert.equal(code, exitCodes.ok);
  const labels = stdout.split('\n').slice(0, -1);
  assert.deepEqual(
    labels.map(
      (line) =>
        (JSON.parse(line) as { predictions: { sentiment: { label: unknown } } }).predictions.sentiment.label,
    ),
    ['positive', null, null, 'positive', null],
  );
  assert.match(stderr, /5 rows .* \| 2 empty \| 1 non-answers \| 1 with markup \|/u);
});
