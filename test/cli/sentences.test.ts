import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { exitCodes } from '../../src/errors.ts';
import type { EvaluationDocument } from '../../src/index.ts';
import { openScoredFile, type ScoredRow } from '../../src/scored/scored-file.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');
const feedback = join(fixturesDirectory, 'feedback.csv');

async function score(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runVoxpop(['score', '-m', bundle, ...args]);
  assert.equal(code, exitCodes.ok, stderr);
  return stdout;
}

type Cells = Record<string, string>;
interface Sentence {
  start: number;
  end: number;
  sentiment: { label: string };
}

const stays = [
  'id,comment',
  '1,"It was great service, but the room was dirty. Delicious food!"',
  '2,"<p>Great <b>service</b> &amp; staff.</p><p>😀 Dirty room!</p>"',
  '3,n/a',
  '4,',
  '5,Great service',
  '',
].join('\n');

function staysFile(directory: string): string {
  const path = join(directory, 'stays.csv');
  writeFileSync(path, stays);
  return path;
}

test('a comment keeps its own labels, and gets what is said about what', async (t) => {
  const path = staysFile(scratchDirectory(t));
  const plain = parse(await score(path), { columns: true }) as Cells[];
  const output = parse(await score(path, '--sentences'), { columns: true }) as Cells[];
  for (const [index, { topic_sentiment: pairs, ...own }] of output.entries()) {
    assert.deepEqual(own, plain[index]);
    if (own['id'] === '3' || own['id'] === '4') assert.equal(pairs, '');
    else assert.match(pairs ?? '', /^[a-z_]+=[a-z]+(;[a-z_]+=[a-z]+)*$/);
  }
  assert.match(output[0]?.['topic_sentiment'] ?? '', /service_staff=positive/);
  assert.match(output[0]?.['topic_sentiment'] ?? '', /cleanliness=negative|facilities_ambience=negative/);
});

test('JSONL has every sentence, with its place in the original cell in code points', async (t) => {
  const path = staysFile(scratchDirectory(t));
  const lines = (await score(path, '--sentences', '--to', 'jsonl')).trim().split('\n');
  const shown = lines.map((line) => {
    const { comment, predictions } = JSON.parse(line) as {
      comment: string;
      predictions: { sentences: Sentence[] };
    };
    return predictions.sentences.map(({ start, end }) => Array.from(comment).slice(start, end).join(''));
  });
  assert.deepEqual(shown, [
    ['It was great service,', 'but the room was dirty.', 'Delicious food!'],
    ['Great <b>service</b> &amp; staff.', '😀 Dirty room!'],
    [],
    [],
    ['Great service'],
  ]);
});

test('a row per sentence repeats the columns of its row, and no row is lost', async (t) => {
  const path = staysFile(scratchDirectory(t));
  const input = parse(stays, { columns: true }) as Cells[];
  const rows = parse(await score(path, '--sentence-rows'), { columns: true }) as Cells[];
  assert.deepEqual(
    rows.map(({ id, sentence }) => [id, sentence]),
    [
      ['1', 'It was great service,'],
      ['1', 'but the room was dirty.'],
      ['1', 'Delicious food!'],
      ['2', 'Great service & staff.'],
      ['2', '😀 Dirty room!'],
      ['3', ''],
      ['4', ''],
      ['5', 'Great service'],
    ],
  );
  for (const row of rows) assert.equal(row['comment'], input[Number(row['id']) - 1]?.['comment']);
  assert.deepEqual(
    [rows[1]?.['sentence_start'], rows[1]?.['sentence_end'], rows[1]?.['sentiment']],
    ['22', '45', 'negative'],
  );
  const lines = (await score(path, '--sentence-rows', '--to', 'jsonl')).trim().split('\n');
  assert.deepEqual(
    lines.map((line) => {
      const { id, predictions } = JSON.parse(line) as {
        id: string;
        predictions: { sentence: { text: string } | null };
      };
      return [id, predictions.sentence?.text ?? ''];
    }),
    rows.map(({ id, sentence }) => [id, sentence]),
  );
});

test('the same bytes for any workers, batches and neighbours, resumed ones and joined slices too', async (t) => {
  const directory = scratchDirectory(t);
  const input = join(directory, 'in.csv');
  const [header = '', ...records] = stays.trim().split('\n');
  const comments = parse(readFileSync(feedback, 'utf8'), { columns: true }) as Cells[];
  const more = comments.map(
    ({ comment = '' }, index) => `f${index},"${comment.replaceAll('"', '""')} Great. Dirty room"`,
  );
  const all = [...records, ...more];
  writeFileSync(input, [header, ...all, ''].join('\n'));
  const reversed = join(directory, 'reversed.csv');
  writeFileSync(reversed, [header, ...all.toReversed(), ''].join('\n'));
  const byId = (csv: string): Map<string, Cells[]> => groupById(parse(csv, { columns: true }));
  for (const kind of ['--sentences', '--sentence-rows']) {
    const expected = await score(input, kind, '--workers', '1');
    assert.equal(await score(input, kind, '--workers', '3', '--batch-tokens', '17'), expected);
    assert.deepEqual(new Map([...byId(await score(reversed, kind))].toReversed()), byId(expected));
    const shards = ['0', '1', '2'].map((index) => join(directory, `${kind}-${index}.csv`));
    for (const [index, shard] of shards.entries()) {
      await score(input, kind, '--shard', `${index}/3`, '-o', shard);
    }
    const { stdout, code } = await runVoxpop(['merge', ...shards]);
    assert.equal(code, exitCodes.ok);
    assert.equal(stdout, expected);
  }
});

test('with sentences nothing is cut off: a long comment has what stands at its end', async (t) => {
  const directory = scratchDirectory(t);
  const path = join(directory, 'long.csv');
  writeFileSync(path, `id,comment\n1,"${'It was a stay in May and '.repeat(60)}the food was delicious"\n`);
  const [cut] = parse(await score(path, '--flag-truncated'), { columns: true }) as [Cells];
  const [whole] = parse(await score(path, '--flag-truncated', '--sentences'), { columns: true }) as [Cells];
  assert.equal(cut['truncated'], 'true');
  assert.doesNotMatch(cut['topic'] ?? '', /food_drink/);
  assert.equal(whole['truncated'], 'false');
  assert.match(whole['topic'] ?? '', /food_drink/);
  assert.match(whole['topic_sentiment'] ?? '', /food_drink=/);
});

test('several text columns have pairs of their own, but no rows of sentences', async (t) => {
  const path = join(scratchDirectory(t), 'two.csv');
  writeFileSync(path, 'good,bad\nGreat service.,Dirty room.\n');
  const columns = ['--text', 'good', '--text', 'bad'];
  const [row] = parse(await score(path, ...columns, '--sentences'), { columns: true }) as [Cells];
  assert.match(row['good.topic_sentiment'] ?? '', /=positive/);
  assert.match(row['bad.topic_sentiment'] ?? '', /=negative/);
  const { code, stderr } = await runVoxpop(['score', '-m', bundle, path, ...columns, '--sentence-rows']);
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /Expected one text column along with --sentence-rows, got 2: `good`, `bad`/);
});

test('what was paired is read again, from tables and from JSON', async (t) => {
  const directory = scratchDirectory(t);
  const path = staysFile(directory);
  for (const name of ['out.csv', 'out.jsonl']) {
    const output = join(directory, name);
    await score(path, '--sentences', '-o', output);
    const file = await openScoredFile(output, {});
    try {
      assert.deepEqual(file.pairs, [{ task: 'topic', with: 'sentiment' }]);
      const rows = await allRows(file.rows());
      assert.deepEqual(rows[4]?.texts[0]?.pairs, [[{ of: 'service_staff', is: 'positive' }]]);
      assert.deepEqual(rows[2]?.texts[0]?.pairs, [[]]);
    } finally {
      await file.close();
    }
  }
});

test('pairs are measured against gold pairs, and gates hold them', async (t) => {
  const path = join(scratchDirectory(t), 'gold.csv');
  const rows = [
    'comment,topic_sentiment',
    '"It was great service, but the room was dirty.",service_staff=positive;cleanliness=negative',
    'Great service,service_staff=negative',
    'Great service,',
  ];
  writeFileSync(path, `${rows.join('\n')}\n`);
  const args = ['evaluate', '-m', bundle, path, '--sentences', '--resamples', '0', '--json'];
  const { code, stdout, stderr } = await runVoxpop(args);
  assert.equal(code, exitCodes.ok, stderr);
  const { tasks } = JSON.parse(stdout) as EvaluationDocument;
  assert.deepEqual(
    tasks.map(({ task, rows: measured, metrics }) => [task, measured, metrics.calibration_error]),
    [['topic_sentiment', 2, undefined]],
  );
  const byLabel = Object.fromEntries(
    (tasks[0]?.labels ?? []).map(({ label, ...figures }) => [label, figures]),
  );
  assert.deepEqual(
    ['service_staff=positive', 'service_staff=negative', 'cleanliness=negative'].map((label) => [
      byLabel[label]?.support,
      byLabel[label]?.predicted,
    ]),
    [
      [1, 2],
      [1, 0],
      [1, 1],
    ],
  );
  const failed = await runVoxpop([...args, '--min', 'topic_sentiment.micro_f1=0.9']);
  assert.equal(failed.code, exitCodes.gate);
  writeFileSync(path, `${rows[0]}\nGreat service,service_staff=lovely\n`);
  const wrong = await runVoxpop(args);
  assert.equal(wrong.code, exitCodes.usage);
  assert.match(wrong.stderr, /service_staff=lovely/);
});

test('a bundle that pairs no tasks is said to have no column for sentences', async (t) => {
  const path = staysFile(scratchDirectory(t));
  const { code, stderr } = await runVoxpop(['score', '-m', bundle, path, '--sentences', '--tasks', 'topic']);
  assert.equal(code, exitCodes.ok);
  assert.match(stderr, /No two of the tasks are paired by the bundle/);
});

function groupById(rows: readonly Cells[]): Map<string, Cells[]> {
  const groups = new Map<string, Cells[]>();
  for (const row of rows) groups.set(row['id'] as string, [...(groups.get(row['id'] as string) ?? []), row]);
  return groups;
}

async function allRows(batches: AsyncIterable<ScoredRow[]>): Promise<ScoredRow[]> {
  const rows: ScoredRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}
