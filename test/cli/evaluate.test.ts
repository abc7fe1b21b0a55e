import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'csv-parse/sync';
import { exitCodes } from '../../src/errors.ts';
import type { EvaluationDocument } from '../../src/evaluate/evaluation-document.ts';
import { fixtureBundle, labelledCsv } from '../support/feedback-labels.ts';
import { runMainIn } from '../support/run-main.ts';
import { type Finished, runVoxpop, voxpopScript } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

interface Workplace {
  directory: string;
  evaluate: (...args: string[]) => Promise<Finished>;
  write: (name: string, content: string) => void;
  read: (name: string) => string;
}

function workplace(context: TestContext): Workplace {
  const directory = scratchDirectory(context);
  const write = (name: string, content: string): void => writeFileSync(join(directory, name), content);
  write('gold.csv', labelledCsv());
  return {
    directory,
    write,
    evaluate: (...args) =>
      runVoxpop(['evaluate', '-m', fixtureBundle, '-w', '1', ...args], { cwd: directory }),
    read: (name) => readFileSync(join(directory, name), 'utf8'),
  };
}

function documentOf({ code, stdout, stderr }: Finished): EvaluationDocument {
  assert.ok(code === exitCodes.ok || code === exitCodes.gate, stderr);
  return JSON.parse(stdout) as EvaluationDocument;
}

test('evaluates the tasks that the file has labels for, and prints the same bytes each time', async (context) => {
  const { evaluate } = workplace(context);
  const first = await evaluate('gold.csv', '--json', '--by', 'channel');
  const document = documentOf(first);
  assert.equal(first.stderr, '');
  assert.equal(document.rows, 7);
  assert.equal(document.empty, 1);
  assert.deepEqual(
    document.tasks.map(({ task, rows, metrics }) => [task, rows, metrics.accuracy]),
    [
      // The empty text is left out, and for topic the row without gold labels as well.
      ['sentiment', 6, 1],
      ['topic', 5, 1],
    ],
  );
  assert.deepEqual(document.tasks[0]?.confusion, [
    [1, 0, 0, 0],
    [0, 2, 0, 0],
    [0, 0, 3, 0],
  ]);
  const bys = [...new Set(document.slices.map(({ by }) => by))];
  assert.deepEqual(bys, ['language', 'channel']);
  assert.deepEqual(
    document.slices
      .filter(({ by, task }) => by === 'channel' && task === 'sentiment')
      .map(({ value, rows }) => [value, rows]),
    [
      ['app', 3],
      ['web', 3],
    ],
  );
  const second = await evaluate('gold.csv', '--json', '--by', 'channel', '-w', '2', '--batch-tokens', '64');
  assert.equal(second.stdout, first.stdout);
});

test('text output names the figures; JSONL with arrays and dotted paths gives the same', async (context) => {
  const { evaluate, write } = workplace(context);
  const text = await evaluate('gold.csv');
  assert.match(text.stdout, /^fixture 1\.0\.0 on gold\.csv: 7 rows, 1 without a text\n/);
  assert.match(text.stdout, /sentiment +6 +1\.000 +1\.000-1\.000/);
  const records = parse<Record<string, string>>(labelledCsv(), { columns: true }).map((row) => ({
    comment: row['comment'],
    labels: {
      sentiment: row['sentiment'],
      topic: row['topic'] === '' ? null : row['topic'] === '[]' ? [] : [row['topic']],
    },
  }));
  write('gold.jsonl', records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const gold = ['--gold', 'sentiment=labels.sentiment', '--gold', 'topic=labels.topic'];
  const [lines, cells] = [
    documentOf(await evaluate('gold.jsonl', '--json', ...gold)),
    documentOf(await evaluate('gold.csv', '--json')),
  ];
  assert.deepEqual(
    lines.tasks.map(({ metrics }) => metrics),
    cells.tasks.map(({ metrics }) => metrics),
  );
});

test('a failed minimum is exit code 4, with the figures on stdout and in JUnit', async (context) => {
  const { evaluate, write, read } = workplace(context);
  write(
    'gold.csv',
    labelledCsv((rows) => ((rows[1] as string[])[3] = 'negative')),
  );
  const passing = await evaluate('gold.csv', '--min', 'sentiment.accuracy=0.8', '--junit', 'ok.xml');
  assert.equal(passing.code, exitCodes.ok, passing.stderr);
  assert.match(read('ok.xml'), /tests="1" failures="0"/);
  const minima = ['--min', 'sentiment.accuracy=0.9', '--min', 'topic.food_drink.recall=1'];
  const failing = await evaluate('gold.csv', ...minima, '--junit', 'gates.xml', '--github');
  assert.equal(failing.code, exitCodes.gate);
  assert.match(failing.stdout, /1 of 2 gates FAILED/);
  assert.match(failing.stderr, /^::error title=voxpop sentiment::sentiment\.accuracy is 0\.833/m);
  assert.match(failing.stderr, /^voxpop: 1 of 2 quality gates failed$/m);
  const xml = read('gates.xml');
  assert.match(xml, /tests="2" failures="1" errors="0"/);
  assert.match(xml, /<failure message="sentiment\.accuracy is 0\.833, required is 0\.900/);
});

test('slices of a few rows are counted and not shown, and Markdown tells the same', async (context) => {
  const { evaluate } = workplace(context);
  const text = await evaluate('gold.csv', '--by', 'channel');
  assert.match(text.stdout, /By channel\n\d+ values? with fewer than 20 rows of a task: not shown/);
  assert.doesNotMatch(text.stdout, /^sentiment +app/mu);
  const all = await evaluate('gold.csv', '--by', 'channel', '--min-slice-rows', '1');
  assert.match(all.stdout, /By channel\ntask +channel +rows/);
  const markdown = await evaluate('gold.csv', '--by', 'channel', '--md');
  assert.match(markdown.stdout, /### Tasks[\s\S]*\| task \| rows \| accuracy \|/);
  assert.match(markdown.stdout, /<details><summary>By label<\/summary>\n\n\| sentiment \| precision \|/);
});

test('a drop against a baseline fails, and the rows that flipped are written', async (context) => {
  const { evaluate, read, directory } = workplace(context);
  const saved = await evaluate('gold.csv', '--save', 'baseline.json');
  assert.equal(saved.code, exitCodes.ok, saved.stderr);
  const same = await evaluate(
    'gold.csv',
    '--baseline',
    'baseline.json',
    '--max-drop',
    '0',
    '--flips',
    'none.csv',
  );
  assert.equal(same.code, exitCodes.ok, same.stderr);
  assert.equal(read('none.csv').trim(), 'id,row,file,line,task,gold,before,now,text');

  // A threshold that no topic reaches stands in for a worse model.
  const worse = ['gold.csv', '--threshold', 'topic=0.999', '--flips', 'flips.csv', '--json'];
  const gate = ['--baseline', 'baseline.json', '--max-drop', '0.5', '--save', 'baseline.json'];
  const other = await evaluate(...worse, ...gate);
  assert.equal(other.code, exitCodes.gate);
  const document = documentOf(other);
  assert.deepEqual(
    document.gates.filter(({ passed }) => !passed).map(({ task, metric }) => `${task}.${metric}`),
    ['topic.macro_f1'],
  );
  const flips = parse(read('flips.csv'), { columns: true }) as Record<string, string>[];
  assert.ok(flips.length > 0);
  assert.deepEqual(flips[0], {
    id: '2',
    row: '2',
    file: 'gold.csv',
    line: '3',
    task: 'topic',
    gold: 'food_drink',
    before: 'food_drink',
    now: '',
    text: 'Das Essen war schlecht',
  });
  const counted = document.comparison?.flips.find(({ task }) => task === 'topic')?.to_wrong;
  assert.equal(counted, flips.length);
  const keyed = await evaluate(
    ...worse,
    '--baseline',
    'baseline.json',
    '--flips',
    'keyed.csv',
    '--key',
    'channel',
  );
  assert.equal(keyed.code, exitCodes.ok, keyed.stderr);
  assert.match(read('keyed.csv'), /^channel,row,file,line,task,gold,before,now,text\n/);
  const unknown = await evaluate(...worse, '--baseline', 'baseline.json', '--key', 'nr');
  assert.equal(unknown.code, exitCodes.usage);
  assert.match(unknown.stderr, /column named `nr`/);
  // The failed run must not become the new standard.
  assert.match(other.stderr, /No baseline was saved/);
  assert.ok(existsSync(join(directory, 'baseline.json')));
  const again = await evaluate('gold.csv', '--baseline', 'baseline.json', '--max-drop', '0');
  assert.equal(again.code, exitCodes.ok, again.stderr);
});

test('slices of --by are held to the largest drop too, unless they are small', async (context) => {
  const { evaluate } = workplace(context);
  await evaluate('gold.csv', '--save', 'baseline.json');
  const worse = [
    'gold.csv',
    '--threshold',
    'sentiment=0.9',
    '--baseline',
    'baseline.json',
    '--tasks',
    'sentiment',
  ];
  const strict = documentOf(await evaluate(...worse, '--max-drop', '0.5', '--json'));
  assert.equal(strict.gates[0]?.passed, false);
  const [change] = strict.comparison?.changes ?? [];
  assert.equal(change?.before, 1);
  assert.ok((change?.interval?.[1] ?? 1) <= 0);
  const bySlice = documentOf(
    await evaluate(...worse, '--max-drop', '0.5', '--by', 'channel', '--min-slice-rows', '1', '--json'),
  );
  assert.deepEqual(
    bySlice.gates.map(({ by, value }) => [by, value]),
    [
      [undefined, undefined],
      ['channel', 'app'],
      ['channel', 'web'],
    ],
  );
  const lenient = documentOf(await evaluate(...worse, '--max-drop', '0.5', '--by', 'channel', '--json'));
  assert.equal(lenient.gates.length, 1);
});

test('label maps rename and merge labels on both sides', async (context) => {
  const { evaluate, write } = workplace(context);
  const map = { sentiment: { negative: 'bad', neutral: 'bad', schlecht: 'bad' } };
  write('map.json', JSON.stringify(map));
  write(
    'gold.csv',
    labelledCsv((rows) => ((rows[2] as string[])[3] = 'schlecht')),
  );
  const document = documentOf(await evaluate('gold.csv', '--label-map', 'map.json', '--json'));
  const [sentiment] = document.tasks;
  assert.deepEqual(
    sentiment?.labels.map(({ label, support }) => [label, support]),
    [
      ['bad', 3],
      ['positive', 3],
    ],
  );
  assert.equal(sentiment?.metrics.accuracy, 1);
});

test('marks for a missing value in place of a gold label are said, and count as none', async (context) => {
  const { evaluate, write } = workplace(context);
  write(
    'marks.csv',
    'text,sentiment,topic\nVery good food,positive,"food_drink;N/A"\nBad,N/A,#N/A\nBad,null,n/a\nBad,negative,\n',
  );
  const done = await evaluate('marks.csv', '--json');
  assert.deepEqual(
    documentOf(done).tasks.map(({ task, rows }) => [task, rows]),
    [
      ['sentiment', 2],
      ['topic', 1],
    ],
  );
  assert.match(done.stderr, /`sentiment`: 2 cells with `N\/A`, `null` count as empty, not as a label/u);
});

test('labels of `score` that are taken for gold by their names are said', async (context) => {
  const { evaluate, write } = workplace(context);
  write(
    'scored.csv',
    'comment,sentiment,sentiment_score\nGreat service,positive,0.9\nBad food,negative,0.8\n',
  );
  const said = /`sentiment` has scores beside, as labels of `voxpop score` have/u;
  assert.match((await evaluate('scored.csv')).stderr, said);
  assert.doesNotMatch((await evaluate('scored.csv', '--gold', 'sentiment=sentiment')).stderr, said);
});

interface SavedBaseline {
  evaluation: EvaluationDocument;
  predictions: { texts: number };
}

test('a reader that went away does not hide a failed gate', async (context) => {
  const { directory, write } = workplace(context);
  write(
    'gold.csv',
    labelledCsv((rows) => ((rows[1] as string[])[3] = 'negative')),
  );
  const gate = ['--min', 'sentiment.accuracy=0.9', '--github'];
  const child = spawn(
    process.execPath,
    [voxpopScript, 'evaluate', '-m', fixtureBundle, '-w', '1', 'gold.csv', ...gate],
    { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stdout.destroy();
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const stderr = Buffer.concat(errors).toString();
  assert.equal(code, exitCodes.gate, stderr);
  assert.match(stderr, /^::error title=voxpop sentiment::/m);
});

test('an error is never a failed gate', async (context) => {
  const { directory, evaluate, read, write } = workplace(context);
  write(
    'odd.csv',
    labelledCsv((rows) => ((rows[3] as string[])[3] = 'Positive')),
  );
  write('bare.csv', 'comment\nGreat service\n');
  write('none.csv', 'comment,sentiment\nGreat service,\n');
  write('broken.json', '{"baseline_version": 1}');
  write('half.json', '{');
  await evaluate('gold.csv', '--save', 'baseline.json');
  const cases: [RegExp, ...string[]][] = [
    [/odd\.csv:4:4: expected a label of sentiment .*found "Positive"[\s\S]*--label-map/, 'odd.csv'],
    [/Expected a column named as a task/, 'bare.csv'],
    [/expected rows with a text and gold labels/, 'none.csv', '--min', 'sentiment.accuracy=0'],
    [/Expected a task \(.*\) in --gold, found mood/, 'gold.csv', '--gold', 'mood=x'],
    [/Expected a column named `x`/, 'gold.csv', '--gold', 'sentiment=x'],
    [/Expected --gold to be like sentiment=label, got sentiment/, 'gold.csv', '--gold', 'sentiment'],
    [/Expected --baseline beside --max-drop/, 'gold.csv', '--max-drop', '1'],
    [
      /Expected --max-drop to be a number from 0 to 100, got x/,
      'gold.csv',
      '--baseline',
      'b',
      '--max-drop',
      'x',
    ],
    [/missing\.json: expected a baseline, found nothing/, 'gold.csv', '--baseline', 'missing.json'],
    [/broken\.json: expected a complete baseline/, 'gold.csv', '--baseline', 'broken.json'],
    [/half\.json: expected a baseline/, 'gold.csv', '--baseline', 'half.json'],
    [/Expected --min to name a task that is measured/, 'gold.csv', '--min', 'emotion.macro_f1=0.1'],
    [/Expected --min sentiment\.speed to name a figure/, 'gold.csv', '--min', 'sentiment.speed=0.1'],
    [/found none for topic/, 'none2.csv', '--baseline', 'baseline.json', '--max-drop', '1'],
    [/Expected a column named `shop`/, 'gold.csv', '--by', 'shop'],
    [/Expected --resamples to be an integer/, 'gold.csv', '--resamples', '-1'],
    [/an output other than the input/, 'gold.csv', '--save', 'gold.csv'],
    [/an output other than the input/, 'gold.csv', '--junit', 'gold.csv'],
    [/an output other than the input/, 'gold.csv', '--baseline', 'baseline.json', '--junit', 'baseline.json'],
    [/Expected --save and --junit to differ/, 'gold.csv', '--save', 'x', '--junit', './x'],
    [/a task with gold labels, found no row/, 'some.csv', '--min', 'topic.macro_f1=0'],
    [/found a damaged one/, 'gold.csv', '--baseline', 'texts.json'],
    [/found a damaged one/, 'gold.csv', '--baseline', 'figure.json'],
    [/found a damaged one/, 'gold.csv', '--baseline', 'bundle.json'],
  ];
  write('none2.csv', 'comment,sentiment\nGreat service,positive\n');
  write('some.csv', 'comment,sentiment,topic\nGreat service,positive,\n');
  const spoilt = (name: string, spoil: (baseline: SavedBaseline) => void): void => {
    const baseline = JSON.parse(read('baseline.json')) as SavedBaseline;
    spoil(baseline);
    write(name, JSON.stringify(baseline));
  };
  spoilt('texts.json', (baseline) => void baseline.predictions.texts++);
  spoilt(
    'figure.json',
    ({ evaluation }) => void Object.assign(evaluation.tasks[0]?.metrics ?? {}, { accuracy: '1' }),
  );
  spoilt('bundle.json', ({ evaluation }) => void Object.assign(evaluation, { bundle: null }));
  for (const [message, ...args] of cases) {
    const { code, stdout, stderr } = await runMainIn(directory, [
      'evaluate',
      '-m',
      fixtureBundle,
      '-w',
      '1',
      ...args,
    ]);
    assert.equal(code, exitCodes.usage, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stdout, '');
  }
});
