import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import type { ComparisonDocument } from '../../src/compare/comparison-document.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { fixtureBundle, labelledCsv } from '../support/feedback-labels.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runMainIn } from '../support/run-main.ts';
import { type Finished, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

interface Workplace {
  directory: string;
  run: (...args: string[]) => Promise<Finished>;
  write: (name: string, content: string) => void;
}

async function workplace(context: TestContext): Promise<Workplace> {
  const directory = scratchDirectory(context);
  const run = (...args: string[]): Promise<Finished> => runVoxpop(args, { cwd: directory });
  const feedback = join(fixturesDirectory, 'feedback.csv');
  for (const output of ['a.csv', 'a.jsonl']) {
    const { code, stderr } = await run('score', '-m', fixtureBundle, '-w', '1', feedback, '-o', output);
    assert.equal(code, exitCodes.ok, stderr);
  }
  const write = (name: string, content: string): void => writeFileSync(join(directory, name), content);
  return { directory, run, write };
}

function documentOf({ stdout, stderr }: Finished): ComparisonDocument {
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as ComparisonDocument;
}

test('a file agrees with itself, whatever its format', async (context) => {
  const { run } = await workplace(context);
  const document = documentOf(await run('compare', 'a.jsonl', 'a.csv', '--json', '--min-agreement', '1'));
  assert.equal(document.a.rows, 223);
  assert.deepEqual(document.a.bundle, { name: 'fixture', version: '1.0.0' });
  assert.equal(document.matched, 206);
  assert.equal(document.tasks.length, 5);
  for (const { agreement, drift, flips, score_shift: shift } of document.tasks) {
    assert.deepEqual([agreement, drift.psi, flips?.length, shift?.largest], [1, 0, 0, 0]);
  }
  assert.ok(document.gates.every(({ passed }) => passed));
});

test('flips, shifts and drift are found, counted and gated', async (context) => {
  const { directory, run, write } = await workplace(context);
  const scored = readFileSync(join(directory, 'a.csv'), 'utf8');
  write('b.csv', scored.replaceAll(',positive,', ',negative,'));
  const finished = await run(
    'compare',
    'a.csv',
    'b.csv',
    '--json',
    '--max-psi',
    '0.1',
    '--min-agreement',
    '0.9',
  );
  assert.equal(finished.code, exitCodes.gate, finished.stderr);
  const document = documentOf(finished);
  const [sentiment] = document.tasks;
  const positive = sentiment?.labels.find(({ label }) => label === 'positive');
  assert.equal(positive?.b, 0);
  assert.deepEqual(
    sentiment?.flips?.map(({ flip, rows }) => [flip, rows]),
    [['positive -> negative', positive?.a]],
  );
  assert.equal(sentiment?.flips?.[0]?.examples.length, 3);
  assert.deepEqual(
    document.gates.filter(({ passed }) => !passed).map(({ gate, task }) => `${task} ${gate}`),
    ['sentiment --max-psi 0.1', 'sentiment --min-agreement 0.9'],
  );
  const text = await run('compare', 'a.csv', 'b.csv');
  assert.equal(text.code, exitCodes.ok);
  assert.match(text.stdout, /positive -> negative +\d+ +row \d+: /);
});

test('manifests alone show drift', async (context) => {
  const { run } = await workplace(context);
  const [a, b] = ['a.csv.manifest.json', 'a.jsonl.manifest.json'];
  const document = documentOf(await run('compare', a, b, '--json'));
  assert.equal(document.matched, undefined);
  assert.ok(document.tasks.every(({ drift }) => drift.psi === 0));
  assert.ok(document.tasks[0]?.languages?.some(({ language }) => language === 'en'));
  const sentiment = document.tasks.find(({ task }) => task === 'sentiment');
  const shares = sentiment?.labels.reduce((sum, label) => sum + label.share_a, 0) ?? 0;
  assert.ok(Math.abs(shares - 1) < 1e-5, `shares of the texts that were scored add up to ${shares}`);
  const gated = documentOf(await run('compare', a, b, '--json', '--max-psi', '0.01', '--tasks', 'sentiment'));
  assert.deepEqual(
    gated.gates.map(({ task, passed }) => [task, passed]),
    [['sentiment', true]],
  );
});

test('a gate on what was not compared is an error, never passed', async (context) => {
  const { directory, run, write } = await workplace(context);
  const header = readFileSync(join(directory, 'a.csv'), 'utf8').split('\n')[0] as string;
  write('none.csv', `${header}\n`);
  const manifests = ['a.csv.manifest.json', 'a.jsonl.manifest.json'];
  const cases: [RegExp, ...string[]][] = [
    [/found none to compare/, 'none.csv', 'none.csv', '--min-agreement', '1'],
    [/found none to compare/, 'a.csv', 'none.csv', '--drift', '--max-psi', '0.1'],
    [
      /--min-agreement with texts that are matched, got --drift/,
      'a.csv',
      'a.csv',
      '--drift',
      '--min-agreement',
      '1',
    ],
    [/--min-agreement with texts that are matched, got manifests/, ...manifests, '--min-agreement', '1'],
    [/got emotion, topic: manifests do not count[\s\S]*--tasks /, ...manifests, '--max-psi', '0.1'],
    [/expected labels of the task mood/, ...manifests, '--tasks', 'mood'],
  ];
  for (const [message, ...args] of cases) {
    const { code, stdout, stderr } = await run('compare', ...args);
    assert.equal(code, exitCodes.usage, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stdout, '');
  }
});

test('texts without a label count whatever the order of the rows and the tasks', async (context) => {
  const { run, write } = await workplace(context);
  const rows = ['good,joy;anger,0.9;0.8', 'fine,,', ',,'];
  for (const [name, own] of [
    ['one.csv', rows],
    ['two.csv', rows.toReversed()],
  ] as const) {
    write(name, `comment,emotion,emotion_score\n${own.join('\n')}\n`);
  }
  const document = documentOf(
    await run('compare', 'one.csv', 'two.csv', '--tasks', 'emotion', '--drift', '--json'),
  );
  assert.equal(document.tasks[0]?.drift.psi, 0);
  const none = document.tasks[0]?.labels.find(({ label }) => label === '(no label)');
  assert.deepEqual([none?.a, none?.b], [1, 1]);
});

test('files with other rows need --key or --drift', async (context) => {
  const { directory, run, write } = await workplace(context);
  const [header, ...rows] = readFileSync(join(directory, 'a.jsonl'), 'utf8').trimEnd().split('\n');
  const half = [header, ...rows.slice(0, 99)];
  write('half.jsonl', `${half.join('\n')}\n`);
  write('mixed.jsonl', `${half.toReversed().join('\n')}\n`);
  const refused = await run('compare', 'a.jsonl', 'half.jsonl');
  assert.equal(refused.code, exitCodes.usage);
  assert.match(
    refused.stderr,
    /same rows in the same order, but a\.jsonl has more rows[\s\S]*--key[\s\S]*--drift/,
  );
  const disordered = await run('compare', 'half.jsonl', 'mixed.jsonl');
  assert.equal(disordered.code, exitCodes.usage);
  assert.match(disordered.stderr, /row 1 has the text/);
  const byKey = documentOf(await run('compare', 'a.jsonl', 'mixed.jsonl', '--key', 'id', '--json'));
  assert.deepEqual([byKey.only_a, byKey.only_b], [123, 0]);
  assert.ok(byKey.tasks.every(({ agreement }) => agreement === 1));
  const mixes = documentOf(await run('compare', 'a.jsonl', 'mixed.jsonl', '--drift', '--json'));
  assert.equal(mixes.b.rows, 100);
  const twice = await run('compare', 'a.jsonl', 'mixed.jsonl', '--key', 'channel');
  assert.equal(twice.code, exitCodes.usage);
  assert.match(twice.stderr, /expected different values in `channel`/);
});

test('two bundles on one file: speed side by side, cost, quality and degradation', async (context) => {
  const { directory, run, write } = await workplace(context);
  write('gold.csv', labelledCsv());
  const other = writeBundle(join(directory, 'other'), {
    manifest: (manifest) => {
      manifest.name = 'other';
      // Swapped labels are what a much worse model looks like.
      manifest.tasks[0]?.labels.reverse();
    },
  });
  const args = ['compare', '--bundles', fixtureBundle, other, '--on', 'gold.csv', '-w', '1'];
  const document = documentOf(await run(...args, '--price-per-hour', '0.5', '--json'));
  assert.deepEqual(
    document.speed?.map(({ bundle, workers }) => [bundle, workers]),
    [
      ['fixture', 1],
      ['other', 1],
    ],
  );
  for (const side of document.speed ?? []) {
    assert.ok(
      side.rows_per_second > 0 && side.bundle_bytes > 50_000 && (side.cost_per_million_rows ?? 0) > 0,
    );
  }
  const [sentiment, topic] = document.quality ?? [];
  assert.equal(sentiment?.accuracy_a, 1);
  assert.equal(sentiment?.accuracy_b, 0.333333);
  assert.equal(topic?.macro_f1_a, topic?.macro_f1_b);
  assert.ok((document.degradation_percent ?? 0) > 10);
  const [names = ''] = labelledCsv().split('\n', 1);
  write('gold.csv', `${labelledCsv()}${names}\n`);
  const text = await run(...args, '--tasks', 'sentiment');
  assert.match(text.stderr, /A row repeats the header/u);
  const lines = text.stdout.trimEnd().split('\n');
  assert.equal(lines.length, 5);
  assert.match(lines[0] ?? '', /^a is fixture 1\.0\.0, b is other 1\.0\.0, on \d+ texts$/);
  assert.match(lines[1] ?? '', /^Better: a at sentiment \(\+66\.67 points of accuracy\)$/);
  assert.match(
    lines[2] ?? '',
    /^By how much: from a to b macro-F1 falls by [\d.]+ % on average over 1 task$/,
  );
  assert.match(
    lines[3] ?? '',
    /^Price: b scores [\d,.]+ rows\/s against [\d,.]+ \([\d.]+x\) and takes 0\.1 MB against 0\.1$/,
  );
  assert.match(lines[4] ?? '', /^Agreement: the same labels for [\d.]+ % of texts in sentiment$/);
  assert.match(text.stderr, /--details/);
  const details = await run(...args, '--tasks', 'sentiment', '--details');
  assert.equal(details.stdout.split('\n')[0], lines[0]);
  assert.match(details.stdout, /Average task degradation from a to b/);
  assert.match(details.stdout, /sentiment flips/);
  const markdown = await run(...args, '--tasks', 'sentiment', '--md');
  assert.match(markdown.stdout, /^- a is fixture[\s\S]*### Quality on gold labels\n\n\| task \| rows \|/);
  assert.match(markdown.stdout, /<details><summary>By task<\/summary>\n\n\| sentiment \| a \| b \|/);
});

test('wrong calls say what is right', async (context) => {
  const { directory, write } = await workplace(context);
  write('plain.csv', 'id,comment\n1,good\n');
  write('other.csv', 'comment,mood,mood_score\ngood,fine,0.5\n');
  const bundles = ['--bundles', fixtureBundle, fixtureBundle, '--on', 'plain.csv'];
  const manifests = ['a.csv.manifest.json', 'a.csv.manifest.json'];
  const cases: [RegExp, ...string[]][] = [
    [/Expected two scored files, got one/, 'a.csv'],
    [/Expected --bundles with two bundles and --on with a file/, '--bundles', fixtureBundle],
    [/two scored files or two manifests/, 'a.csv', 'a.csv.manifest.json'],
    [/plain\.csv: expected labels of `voxpop score`, found only `id`, `comment`/, 'a.csv', 'plain.csv'],
    [/expected tasks that both have/, 'a.csv', 'other.csv'],
    [/expected labels of the task mood/, 'a.csv', 'a.csv', '--tasks', 'mood'],
    [/missing\.csv: expected an input file/, 'a.csv', 'missing.csv'],
    [/Expected --max-psi to be a number/, 'a.csv', 'a.csv', '--max-psi', 'much'],
    [/Expected --bundles and --on along with --limit, got two files/, 'a.csv', 'a.csv', '--limit', '3'],
    [/along with --workers, got two files/, 'a.csv', 'a.csv', '-w', '1'],
    [/along with --batch-tokens, got two files/, 'a.csv', 'a.csv', '--batch-tokens', '100'],
    [/along with --deterministic, got two files/, 'a.csv', 'a.csv', '--deterministic'],
    [/along with --gold, got two files/, 'a.csv', 'a.csv', '--gold', 'sentiment=channel'],
    [/along with --price-per-hour, got two files/, 'a.csv', 'a.csv', '--price-per-hour', '1'],
    [/two scored files along with --key, got bundles/, ...bundles, '--key', 'id'],
    [/Expected --bundles and --on along with --details, got two files/, 'a.csv', 'a.csv', '--details'],
    [/Expected one of --json and --md, got both/, 'a.csv', 'a.csv', '--json', '--md'],
    [/two scored files along with --drift, got bundles/, ...bundles, '--drift'],
    [/two scored files along with --text, got two manifests/, ...manifests, '--text', 'comment'],
    [/two scored files along with --key, got two manifests/, ...manifests, '--key', 'id'],
  ];
  for (const [message, ...args] of cases) {
    const { code, stderr } = await runMainIn(directory, ['compare', ...args]);
    assert.equal(code, exitCodes.usage, stderr);
    assert.match(stderr, message);
  }
});
