import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { exitCodes } from '../../src/errors.ts';
import { isScorable } from '../../src/records/read-texts.ts';
import { makeInput } from '../bench/make-input.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { seededRandom } from '../../src/random.ts';
import { runMainIn } from '../support/run-main.ts';
import { runVoxpop, voxpopScript } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const bundle = join(fixturesDirectory, 'bundle');
const feedbackCsv = join(fixturesDirectory, 'feedback.csv');
const feedbackJsonl = join(fixturesDirectory, 'feedback.jsonl');
const addedColumns = ['sentiment', 'emotion', 'topic', 'actionability', 'language'];

type Cells = Record<string, string>;

function cells(csv: string): Cells[] {
  return parse(csv, { columns: true });
}

/** Labels and scores only, by id. */
function predictionsById(csv: string): Map<string, string> {
  return new Map(
    cells(csv).map((row) => [
      row['id'] ?? '',
      JSON.stringify(addedColumns.map((task) => [row[task], row[`${task}_score`]])),
    ]),
  );
}

async function score(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runVoxpop(['score', '-m', bundle, ...args]);
  assert.equal(code, exitCodes.ok, stderr);
  return stdout;
}

test('every row comes back, in order, with its own values and a label per task', async () => {
  const input = cells(readFileSync(feedbackCsv, 'utf8'));
  const output = cells(await score(feedbackCsv));
  assert.equal(output.length, input.length);
  for (const [index, row] of output.entries()) {
    const own = Object.fromEntries(Object.keys(input[index] ?? {}).map((name) => [name, row[name]]));
    assert.deepEqual(own, input[index]);
    const empty = !(await isScorable(row['comment'] ?? ''));
    for (const task of ['sentiment', 'actionability', 'language']) {
      assert.equal(row[task] === '', empty, `${row['id']} ${task}`);
      assert.match(row[`${task}_score`] ?? '', empty ? /^$/ : /^(0(\.\d{1,4})?|1)$/);
    }
  }
});

test('the same bytes for any number of workers and any batch budget', async (t) => {
  const input = join(scratchDirectory(t), 'input.csv');
  await makeInput(input, { rows: 3000, emptyShare: 0.1, duplicateShare: 0.2 });
  const expected = await score(input, '-w', '1');
  for (const args of [
    ['-w', '2'],
    ['-w', '3'],
    ['-w', '2', '--batch-tokens', '256'],
    ['-w', '3', '--batch-tokens', '16384'],
    ['-w', '2', '--deterministic'],
  ]) {
    assert.ok((await score(input, ...args)) === expected, args.join(' '));
  }
});

test('predictions do not depend on neighbours: shuffled, and with duplicates taken out', async (t) => {
  const directory = scratchDirectory(t);
  const rows = cells(readFileSync(feedbackCsv, 'utf8'));
  const expected = predictionsById(await score(feedbackCsv));
  const random = seededRandom(5);
  const shuffled = rows.map((row) => ({ row, at: random() })).toSorted((a, b) => a.at - b.at);
  const variants = {
    shuffled: shuffled.map(({ row }) => row),
    unique: rows.filter(
      (row, index) => rows.findIndex((other) => other['comment'] === row['comment']) === index,
    ),
  };
  for (const [name, variant] of Object.entries(variants)) {
    const path = join(directory, `${name}.csv`);
    writeFileSync(path, stringify(variant, { header: true }));
    const predictions = predictionsById(await score(path));
    assert.equal(predictions.size, variant.length);
    for (const [id, prediction] of predictions) assert.equal(prediction, expected.get(id), `${name} ${id}`);
  }
});

test('CSV and JSONL of the same rows get the same predictions', async () => {
  const fromCsv = cells(await score(feedbackCsv));
  const fromJsonl = (await score(feedbackJsonl)).trimEnd().split('\n');
  assert.equal(fromJsonl.length, fromCsv.length);
  fromJsonl.forEach((line, index) => {
    const { predictions } = JSON.parse(line) as {
      predictions: Record<string, { label?: string; labels?: string[] }>;
    };
    for (const task of addedColumns) {
      const { label, labels } = predictions[task] ?? {};
      assert.equal(labels?.join(';') ?? label ?? '', fromCsv[index]?.[task]);
    }
  });
  const inputLines = readFileSync(feedbackJsonl, 'utf8').trimEnd().split('\n');
  fromJsonl.forEach((line, index) => assert.ok(line.startsWith(inputLines[index]?.slice(0, -1) ?? '?')));
});

test('a column that is told by number is named', async () => {
  const { stderr } = await runVoxpop(['score', feedbackCsv, '-m', bundle, '--text', '6']);
  assert.match(stderr, /^Scoring the column "comment"\n/);
  const named = await runVoxpop(['score', feedbackCsv, '-m', bundle, '--text', 'comment']);
  assert.doesNotMatch(named.stderr, /Scoring the column/);
});

test('stdout holds data only, people read stderr, and quiet says nothing', async () => {
  const { stdout, stderr } = await runVoxpop(['score', feedbackCsv, '-m', bundle]);
  assert.equal(stdout, await score(feedbackCsv, '--quiet'));
  assert.match(stderr, /^Scoring the column "comment" \(use --text to choose\)\n/);
  assert.match(
    stderr,
    /223 rows in .* s \| 9 empty \| 8 non-answers \| 1 with markup \| \d+ truncated \| 10 duplicates collapsed \| [\d,]+ rows\/s \| [\d,]+ tokens\/s\n$/,
  );
  // Without a terminal nothing moves: no escape sequences, no carriage returns.
  assert.ok(!stderr.includes('\r') && !stderr.includes('\u001b'));
  assert.equal((await runVoxpop(['score', feedbackCsv, '-m', bundle, '-q'])).stderr, '');
});

test('stdin to stdout, gzip in and out, several inputs as one stream', async (t) => {
  const directory = scratchDirectory(t);
  const expected = await score(feedbackCsv);
  const text = readFileSync(feedbackCsv);
  for (const input of [text, gzipSync(text)]) {
    const { stdout } = await runVoxpop(['score', '-', '--from', 'csv', '-m', bundle], { input });
    assert.ok(stdout === expected);
  }
  const output = join(directory, 'out.csv.gz');
  await score(feedbackCsv, feedbackCsv, '-o', output);
  const twice = gunzipSync(readFileSync(output)).toString();
  assert.equal(twice, expected + expected.slice(expected.indexOf('\n') + 1));
});

test('a file appears under its name only when it is complete, and nothing is left beside it', async (t) => {
  const directory = scratchDirectory(t);
  const bad = join(directory, 'bad.csv');
  writeFileSync(bad, `id,comment\n${'1,good\n'.repeat(2000)}2,too,many\n`);
  const output = join(directory, 'out.csv');
  writeFileSync(output, 'from yesterday');
  const { code, stderr } = await runVoxpop(['score', bad, '-m', bundle, '-o', output, '--force']);
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /bad\.csv:2002: .*2 .*3/);
  assert.equal(readFileSync(output, 'utf8'), 'from yesterday');
  assert.deepEqual(readdirSync(directory).toSorted(), ['bad.csv', 'out.csv']);
  assert.equal(
    (await runVoxpop(['score', feedbackCsv, '-m', bundle, '-o', output, '--force'])).code,
    exitCodes.ok,
  );
  assert.equal(cells(readFileSync(output, 'utf8')).length, 223);
});

test('usage errors exit with 2, name the option and the next step, and write nothing', async (t) => {
  const directory = scratchDirectory(t);
  const cases: [string[], RegExp][] = [
    [['score'], /missing required argument 'input'\nRun with --help/],
    [['score', 'none.csv'], /none\.csv/],
    [['score', feedbackCsv, '--text', 'coment'], /coment.*comment/s],
    [
      ['score', feedbackCsv, '--workers', 'many'],
      /Expected --workers to be an integer from 1 to 512, got many/,
    ],
    [
      ['score', feedbackCsv, '--threshold', 'emotion'],
      /Expected --threshold to be like emotion=0\.5, got emotion/,
    ],
    [
      ['score', feedbackCsv, '--threshold', 'emotion=2'],
      /Expected --threshold emotion to be a number from 0 to 1, got 2/,
    ],
    [
      ['score', feedbackCsv, '--tasks', 'mood'],
      /Expected a task of the bundle \(sentiment, .*\), found mood/,
    ],
    [['score', feedbackCsv, '--model', 'no-such'], /Expected a bundle, found none at no-such/],
    [['score', feedbackCsv, '--scores', 'some'], /Allowed choices are none, top, all/],
    [['score', feedbackCsv, '-o', feedbackCsv], /which is the input/],
    [['scor', feedbackCsv], /unknown command 'scor'.*score/s],
  ];
  for (const [args, message] of cases) {
    const withModel = args.includes('--model') || args.length < 2 ? args : [...args, '-m', bundle];
    const { code, stdout, stderr } = await runMainIn(directory, withModel);
    assert.equal(code, exitCodes.usage, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.match(stderr, /^voxpop: /);
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
  }
  assert.deepEqual(readdirSync(directory), []);
});

test('options shape the output: tasks, scores, prefix, several columns, flags, limit', async (t) => {
  const path = join(scratchDirectory(t), 'two.csv');
  writeFileSync(path, 'id,pro,contra\n1,great,terrible\n2,,\n3,good,bad\n');
  assert.equal(
    await score(
      path,
      '-t',
      'pro',
      '-t',
      'contra',
      '--tasks',
      'sentiment',
      '--scores',
      'none',
      '--limit',
      '2',
    ),
    'id,pro,contra,pro.sentiment,contra.sentiment\n1,great,terrible,positive,negative\n2,,,,\n',
  );
  const [header] = (
    await score(
      path,
      '-t',
      'pro',
      '--prefix',
      'v_',
      '--flag-truncated',
      '--tasks',
      'actionability',
      '--scores',
      'all',
    )
  ).split('\n');
  assert.equal(
    header,
    'id,pro,contra,v_actionability,v_actionability_score,v_actionability_score_none,' +
      'v_actionability_score_problem,v_actionability_score_suggestion,v_truncated',
  );
  const clash = await runVoxpop(['score', '-', '--from', 'csv', '-m', bundle], {
    input: 'sentiment,text\nx,good\n',
  });
  assert.equal(clash.code, exitCodes.usage);
  assert.match(clash.stderr, /sentiment.*--prefix/s);
});

test('a dry run says what was detected and scores nothing', async () => {
  const { code, stdout, stderr } = await runVoxpop(['score', feedbackCsv, '-m', bundle, '--dry-run']);
  assert.equal(code, exitCodes.ok);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^input +\S*feedback\.csv\nformat +csv, utf-8\ndelimiter +","\ncolumns +"id", .*"comment"\ntext +"comment"/,
  );
  assert.match(stderr, /adds +"sentiment", "sentiment_score"/);
  assert.match(stderr, /row 3 /);
});

test('a reader that goes away ends the run quietly with 0', async (t) => {
  const input = join(scratchDirectory(t), 'input.csv');
  await makeInput(input, { rows: 20_000, emptyShare: 0, duplicateShare: 0 });
  const child = spawn(process.execPath, [voxpopScript, 'score', input, '-m', bundle], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, exitCodes.ok);
  assert.equal(stderr, 'Scoring the column "comment" (use --text to choose)\n');
});

test('a slow reader gets every byte', async (t) => {
  const input = join(scratchDirectory(t), 'input.csv');
  await makeInput(input, { rows: 4000, emptyShare: 0, duplicateShare: 0 });
  const expected = await score(input);
  assert.ok(expected.length > 500_000, 'more than pipes hold');
  const child = spawn(process.execPath, [voxpopScript, 'score', input, '-m', bundle, '-q'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const parts: Buffer[] = [];
  // A pause between chunks makes the pipe fill up; how long it is does not matter for the result.
  for await (const chunk of child.stdout) {
    parts.push(chunk as Buffer);
    await setTimeout(1);
  }
  assert.ok(Buffer.concat(parts).toString() === expected);
});

for (const [signal, code] of [
  ['SIGINT', exitCodes.interrupted],
  ['SIGTERM', exitCodes.terminated],
] as const) {
  test(`${signal} ends with ${code} and leaves no output under the final name`, async (t) => {
    const directory = scratchDirectory(t);
    const input = join(directory, 'input.csv');
    const output = join(directory, 'out.csv');
    await makeInput(input, { rows: 30_000, emptyShare: 0, duplicateShare: 0 });
    const child = spawn(process.execPath, [voxpopScript, 'score', input, '-m', bundle, '-o', output], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    // A checkpoint is written beside its name: what was listed may be gone a moment later.
    const sizeOf = (name: string): number =>
      statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
    const isWriting = (): boolean =>
      readdirSync(directory).some((name) => name.startsWith('out.csv.') && sizeOf(name) > 0);
    await waitUntil(child, 'a file beside the output', isWriting);
    child.kill(signal);
    const [exitCode] = (await once(child, 'close')) as [number];
    assert.equal(exitCode, code, stderr);
    assert.equal(existsSync(output), false);
  });
}
