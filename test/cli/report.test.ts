import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { JSDOM } from 'jsdom';
import { exitCodes } from '../../src/errors.ts';
import { csvLines } from '../../src/records/plain-table.ts';
import type { ReportDocument } from '../../src/report/report-document.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runMainIn } from '../support/run-main.ts';
import { type Finished, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

interface Workplace {
  directory: string;
  run: (...args: string[]) => Promise<Finished>;
  read: (name: string) => string;
  write: (name: string, content: string) => void;
  exists: (name: string) => boolean;
}

function workplace(context: TestContext): Workplace {
  const directory = scratchDirectory(context);
  return {
    directory,
    run: (...args) => runVoxpop(args, { cwd: directory }),
    read: (name) => readFileSync(join(directory, name), 'utf8'),
    write: (name, content) => writeFileSync(join(directory, name), content),
    exists: (name) => existsSync(join(directory, name)),
  };
}

const evil = '<script>alert("x")</script><img src=http://evil.example/a.png onerror=alert(1)>';
const header = ['comment', 'date', 'shop', 'sentiment', 'sentiment_score', 'topic', 'topic_score'];
const rows = [
  [evil, '2026-01-01', '"><b>', 'negative', '0.9', 'food;staff', '0.8;0.7'],
  ['هذا سيئ', '2026-01-02', 'x', 'negative', '0.8', 'staff', '0.7'],
  ['とても良い', '2026-02-03', 'x', 'positive', '0.55', 'food', '0.9'],
  ['fine', '', 'x', 'neutral', '0.6', '', ''],
  ['', '2026-02-04', 'x', '', '', '', ''],
];

test('a scored export becomes one page without scripts, styles or pictures from elsewhere', async (context) => {
  const { run, read } = workplace(context);
  const feedback = join(fixturesDirectory, 'feedback.csv');
  await run('score', '-m', fixtureBundle, '-w', '1', feedback, '-o', 'scored.csv');
  const { code, stderr, stdout } = await run('report', 'scored.csv', '-o', 'report.html', '--by', 'channel');
  assert.equal(code, exitCodes.ok, stderr);
  assert.equal(stdout, '');
  const page = read('report.html');
  assert.match(page, /^<!doctype html>/);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/);
  assert.doesNotMatch(page, /<(script|link|img|iframe|object|embed)\b/iu);
  assert.doesNotMatch(page, /\b(src|href|xlink:href)="(?!#)|url\(|@import/iu);
  assert.match(page, /labelled by fixture 1\.0\.0/);
  assert.ok(page.length < 1_000_000);
  // The sections stand in this order, and the table of contents leads to each.
  const headings = [...page.matchAll(/<section class="card" id="([a-z]+)">/gu)].map((match) => match[1]);
  const order = ['fix', 'suggestions', 'loves', 'topics', 'time', 'groups', 'tasks', 'quality'];
  assert.deepEqual(headings, order);
  const links = [...page.matchAll(/<a href="#([a-z]+)">/gu)].map((match) => match[1]);
  assert.deepEqual(links, order);
  // Every chart has words for those who cannot see it, under ids of its own.
  const charts = page.match(/<svg\s/gu)?.length ?? 0;
  assert.ok(charts >= 1);
  assert.equal(page.match(/<desc id="/gu)?.length, charts);
  const ids = [...page.matchAll(/ id="([^"]+)"/gu)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length);
  const again = await run('report', 'scored.csv', '--format', 'html', '--by', 'channel');
  assert.equal(again.stdout, page);
});

test('markup in a file is shown as text; texts keep their direction and language', async (context) => {
  const { run, write, read } = workplace(context);
  write('scored.csv', csvLines([header, ...rows]));
  const args = ['scored.csv', '-o', 'page.html', '--by', 'shop', '--title', '<i>Title</i>'];
  const { code, stderr } = await run('report', ...args);
  assert.equal(code, exitCodes.ok, stderr);
  const page = read('page.html');
  assert.doesNotMatch(page, /<script|<img|<b>"|<i>Title/u);
  assert.match(page, /&#60;script&#62;alert\(&#34;x&#34;\)/);
  assert.match(page, /<blockquote dir="auto" ?>هذا سيئ<\/blockquote>/);
});

test('the bundle, where it can be asked, marks the words that carried what a comment is shown for', async (context) => {
  const { run, read } = workplace(context);
  const feedback = join(fixturesDirectory, 'feedback.csv');
  await run('score', '-m', fixtureBundle, '-w', '1', feedback, '-o', 'scored.csv');
  const { code, stderr } = await run('report', 'scored.csv', '-m', fixtureBundle, '-o', 'report.json');
  assert.equal(code, exitCodes.ok, stderr);
  const { fix, quotes } = JSON.parse(read('report.json')) as ReportDocument;
  assert.equal(quotes.by, 'vectors');
  const marked = fix.flatMap((item) => item.quotes).filter(({ marks }) => marks !== undefined);
  assert.ok(marked.length > 0);
  for (const { text, marks = [] } of marked) {
    for (const [from, to] of marks) assert.ok(from >= 0 && from < to && to <= text.length);
  }
  await run('report', 'scored.csv', '-m', fixtureBundle, '-o', 'report.html');
  assert.match(read('report.html'), /<blockquote[^>]*>[^<]*<mark>[^<]+<\/mark>/);
});

test('a script planted in every place that holds foreign text stays text', async (context) => {
  const { run, write, read } = workplace(context);
  const plant = (place: string): string => `<script>alert('${place}')</script><img src=x onerror=alert(1)>`;
  const csvOf = (count: number): string =>
    csvLines([
      [
        'id',
        plant('text'),
        plant('shop'),
        plant('date'),
        'mood',
        'mood_score',
        'theme',
        'theme_score',
        'act',
        'act_score',
      ],
      ...Array.from({ length: count }, (_, at) => [
        String(at),
        `${plant('comment')} ${at}`,
        at % 2 === 0 ? plant('value') : `b ${plant('other value')}`,
        `2026-0${1 + (at % 4)}-01`,
        at % 3 === 0 ? plant('bad') : plant('good'),
        '0.9',
        [plant('topic'), plant('second topic')][at % 2] ?? '',
        '0.8',
        [plant('problem'), plant('suggestion'), plant('question')][at % 3] ?? '',
        '0.7',
      ]),
    ]);
  const roles = {
    negative: { task: 'mood', labels: [plant('bad')] },
    positive: { task: 'mood', labels: [plant('good')] },
    problem: { task: 'act', labels: [plant('problem')] },
    suggestion: { task: 'act', labels: [plant('suggestion')] },
    question: { task: 'act', labels: [plant('question')] },
    topic: { task: 'theme', labels: [] },
    employees: { task: 'theme', labels: [plant('topic')] },
    customers: { task: 'theme', labels: [plant('second topic')] },
  };
  const counts = (...labels: string[]): Record<string, number> =>
    Object.fromEntries(labels.map((label) => [plant(label), 9]));
  const manifest = {
    manifest_version: 1,
    bundle: { name: plant('bundle'), version: plant('version') },
    voxpop: { version: plant('voxpop') },
    inputs: [{ path: plant('input') }],
    options: { text: [plant('text')] },
    started_at: plant('time'),
    problem_types: {
      mood: 'single_label_classification',
      theme: 'multi_label_classification',
      act: 'single_label_classification',
    },
    labels: {
      mood: counts('bad', 'good'),
      theme: counts('topic', 'second topic'),
      act: counts('problem', 'suggestion', 'question'),
    },
    report: {
      roles,
      names: { theme: { [plant('topic')]: plant('topic name') } },
      confusion: { mood: { [plant('bad')]: { [plant('bad')]: 9, [plant('good')]: 1 } } },
    },
  };
  for (const name of ['now.csv', 'before.csv']) {
    write(name, csvOf(90));
    write(`${name}.manifest.json`, JSON.stringify(manifest));
  }
  write(
    'logo.svg',
    '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>',
  );
  const args = [
    '--by',
    plant('shop'),
    '--title',
    plant('title'),
    '--compare',
    'before.csv',
    '--logo',
    'logo.svg',
  ];
  const html = await run('report', 'now.csv', '-o', 'page.html', ...args);
  assert.equal(html.code, exitCodes.ok, html.stderr);
  const page = read('page.html');
  // The one picture is the logo, as data of a picture, in which no script runs.
  assert.equal(page.match(/<img\b/gu)?.length, 1);
  assert.match(page, /<img class="logo" alt="" src="data:image\/svg\+xml;base64,/);
  const { document } = new JSDOM(page).window;
  const elements = [...document.querySelectorAll('*')];
  assert.deepEqual([...new Set(elements.map(({ tagName }) => tagName))].includes('SCRIPT'), false);
  assert.deepEqual(
    elements.flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith('on')),
    [],
  );
  for (const place of [
    'comment',
    'shop',
    'value',
    'topic name',
    'title',
    'bundle',
    'input',
    'bad',
    'question',
  ]) {
    assert.ok(page.includes(`alert(&#39;${place}&#39;)`), place);
  }
  const markdown = await run('report', 'now.csv', '--format', 'md', ...args.slice(0, 6));
  assert.doesNotMatch(markdown.stdout, /(?<!\\)<(script|img)/iu);
});

test('figures as JSON and Markdown', async (context) => {
  const { run, write } = workplace(context);
  write('scored.csv', csvLines([header, ...rows]));
  const json = await run('report', 'scored.csv', '--format', 'json', '--by', 'shop');
  const document = JSON.parse(json.stdout) as ReportDocument;
  assert.deepEqual([document.rows, document.texts, document.empty], [5, 4, 1]);
  assert.deepEqual(
    document.tasks.map(({ task, multi_label: isMulti, no_label: none }) => [task, isMulti, none]),
    [
      ['sentiment', false, 0],
      ['topic', true, 1],
    ],
  );
  assert.deepEqual(
    document.fix.map(({ topic, texts, of, negative }) => [topic, texts, of, negative.share]),
    [
      ['staff', 2, 2, 1],
      ['food', 1, 2, 0.5],
    ],
  );
  assert.deepEqual(document.crosses, [
    {
      rows_task: 'sentiment',
      columns_task: 'topic',
      rows: ['negative', 'neutral', 'positive'],
      columns: ['food', 'staff'],
      texts: [2, 1, 1],
      counts: [
        [1, 2],
        [0, 0],
        [1, 0],
      ],
    },
  ]);
  assert.equal(document.time?.unit, 'week');
  assert.equal(document.time?.undated, 1);
  assert.deepEqual(document.uncertain[0]?.samples[0]?.text, 'とても良い');
  assert.deepEqual(
    document.groups.map(({ by, values }) => [by, values.map(({ value, texts }) => [value, texts])]),
    [
      [
        'shop',
        [
          ['"><b>', 1],
          ['x', 3],
        ],
      ],
    ],
  );
  const markdown = await run('report', 'scored.csv', '--format', 'md');
  assert.match(
    markdown.stdout,
    /^# Feedback report\n\n4 comments in 5 rows \(1 without any\)\. Of these 50%/,
  );
  assert.match(markdown.stdout, /\| Staff \| 2 \| 50% \(15 to 85%\) \| 2 \| 100% \|/);
});

test('finds labels under prefixes, in several text columns, in JSONL and without scores', async (context) => {
  const { run, write } = workplace(context);
  write('in.csv', 'good,bad\nGreat service,Delivery was late\n,too expensive\n');
  const score = ['score', 'in.csv', '-m', fixtureBundle, '-w', '1', '--tasks', 'sentiment,topic', '--force'];
  const variants = [
    ['-o', 'two.csv', '--text', 'good', '--text', 'bad', '--prefix', 'vp_'],
    ['-o', 'two.jsonl', '--text', 'good', '--text', 'bad'],
    ['-o', 'bare.csv', '--text', 'good', '--text', 'bad', '--scores', 'none'],
    ['-o', 'all.csv', '--text', 'good', '--text', 'bad', '--scores', 'all'],
  ];
  for (const variant of variants) {
    const scored = await run(...score, ...variant);
    assert.equal(scored.code, exitCodes.ok, scored.stderr);
    const { stdout, stderr } = await run('report', variant[1] as string, '--format', 'json');
    assert.notEqual(stdout, '', stderr);
    const document = JSON.parse(stdout) as ReportDocument;
    const found = [document.rows, document.texts, document.tasks.map(({ task }) => task)];
    assert.deepEqual(found, [2, 3, ['sentiment', 'topic']], variant.join(' '));
    assert.deepEqual(document.source.text_columns, ['good', 'bad']);
    assert.deepEqual(
      document.groups.map(({ by, values }) => [by, values.map(({ value, texts }) => [value, texts])]),
      [
        [
          'text column',
          [
            ['bad', 2],
            ['good', 1],
          ],
        ],
      ],
    );
  }
});

test('wrong calls say what is right, and leave no file', async (context) => {
  const { directory, write, exists } = workplace(context);
  write('plain.csv', 'id,comment\n1,good\n');
  write('scored.csv', csvLines([header, ...rows]));
  write('other.csv', 'comment,sentiment,sentiment_score\ngood,positive,0.9\n');
  const cases: [RegExp, ...string[]][] = [
    [/plain\.csv: expected labels of `voxpop score`/, 'plain.csv'],
    [/missing\.csv: expected an input file/, 'missing.csv'],
    [/Expected a column named `when`[\s\S]*--date/, 'scored.csv', '--date', 'when'],
    [/Expected a column named `who`[\s\S]*--by/, 'scored.csv', '--by', 'who'],
    [/Expected --focus to name a task \(sentiment, topic\), got mood/, 'scored.csv', '--focus', 'mood=bad'],
    [/Expected --focus to be like actionability=problem, got mood/, 'scored.csv', '--focus', 'mood'],
    [
      /Expected --role to begin with negative[\s\S]*got problme[\s\S]*--role problem=topic=food/,
      'scored.csv',
      '--role',
      'problme=topic=food',
    ],
    [
      /Expected --role problem to name a task \(sentiment, topic\), got topik/,
      'scored.csv',
      '--role',
      'problem=topik=food',
    ],
    [/Expected --role problem to name labels of topic, got none/, 'scored.csv', '--role', 'problem=topic'],
    [/Expected --theme to be like #0a5[\s\S]*got red/, 'scored.csv', '--theme', 'red'],
    [/plain\.csv: expected a picture \(PNG/, 'scored.csv', '--logo', 'plain.csv'],
    [/--min-group/, 'scored.csv', '--min-group', '0'],
    [/Expected other\.csv to have the task topic/, 'scored.csv', '--compare', 'other.csv'],
    [/an output other than the input/, 'scored.csv', '-o', 'scored.csv'],
  ];
  for (const [message, ...args] of cases) {
    const { code, stderr } = await runMainIn(directory, ['report', '-o', 'out.html', ...args]);
    assert.equal(code, exitCodes.usage, stderr);
    assert.match(stderr, message);
    assert.ok(!exists('out.html'));
  }
});
