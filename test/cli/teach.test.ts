import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'csv-parse/sync';
import { directionTensors } from '../../src/bundle/directions-file.ts';
import { loadBundle } from '../../src/bundle/load-bundle.ts';
import { formatTensors } from '../../src/bundle/tensor-file.ts';
import { exitCodes } from '../../src/errors.ts';
import type { TeachDocument } from '../../src/teach/teach-document.ts';
import { departmentCsv, departmentRows } from '../support/department-rows.ts';
import { fixtureVectors, writeBundle } from '../support/fixture-bundle.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runMainIn } from '../support/run-main.ts';
import { type Finished, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const fixtureBundle = join(fixturesDirectory, 'bundle');
const feedback = join(fixturesDirectory, 'feedback.csv');

interface Workplace {
  directory: string;
  run: (...args: string[]) => Promise<Finished>;
  teach: (...args: string[]) => Promise<Finished>;
  write: (name: string, content: string) => void;
  read: (name: string) => string;
}

function workplace(context: TestContext): Workplace {
  const directory = scratchDirectory(context);
  const write = (name: string, content: string): void => writeFileSync(join(directory, name), content);
  write('labelled.csv', departmentCsv());
  const run = (...args: string[]): Promise<Finished> => runVoxpop(args, { cwd: directory });
  return {
    directory,
    write,
    run,
    teach: (...args) => run('teach', '-m', fixtureBundle, ...args),
    read: (name) => readFileSync(join(directory, name), 'utf8'),
  };
}

const department = ['--task', 'department=Department'];

function documentOf({ code, stdout, stderr }: Finished): TeachDocument {
  assert.equal(code, exitCodes.ok, stderr);
  return JSON.parse(stdout) as TeachDocument;
}

function filesOf(bundle: string): Record<string, Buffer> {
  const names = readdirSync(bundle, { recursive: true, encoding: 'utf8' }).toSorted();
  return Object.fromEntries(
    names.filter((name) => name.includes('.')).map((name) => [name, readFileSync(join(bundle, name))]),
  );
}

test('directions of languages are taken from what is taught, and come with the bundle', async (t) => {
  const { teach, run, directory, write, read } = workplace(t);
  const { size } = fixtureVectors;
  const axes = Float32Array.from({ length: size }, (_, at) => (at === 0 ? 1 : 0));
  const bytes = formatTensors(directionTensors({ axes, kept: Float32Array.of(0.25) }));
  const file = {
    path: 'directions.safetensors',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
  const body = writeBundle(join(directory, 'body'), {
    manifest: (manifest) => {
      manifest.vectors = { ...fixtureVectors, directions: file.path };
      manifest.files.push(file);
    },
    extraFiles: { [file.path]: bytes },
  });
  const taught = await teach('labelled.csv', ...department, '-m', body, '-o', 'acme');
  assert.equal(taught.code, exitCodes.ok, taught.stderr);
  const { heads, manifest } = await loadBundle(join(directory, 'acme'));
  assert.deepEqual(heads.get('department')?.directions, { axes, kept: Float32Array.of(0.25) });
  assert.equal(manifest.vectors?.directions, file.path);
  const verified = await run('model', 'verify', 'acme');
  assert.equal(verified.code, exitCodes.ok, verified.stderr);
  // Again on what was taught, and on one row at a time.
  const again = await teach('labelled.csv', '--task', 'team=Department', '-m', 'acme', '-o', 'more');
  assert.equal(again.code, exitCodes.ok, again.stderr);
  write('texts.csv', departmentCsv());
  for (const [name, tokens] of [
    ['one', '1'],
    ['many', '4096'],
  ] as const) {
    const words = ['score', 'texts.csv', '-m', 'more', '-o', `${name}.csv`, '--batch-tokens', tokens];
    const scored = await run(...words, '--text', 'comment');
    assert.equal(scored.code, exitCodes.ok, scored.stderr);
  }
  assert.equal(read('one.csv'), read('many.csv'));
});

test('own labels: taught in one command, scored beside the old tasks', async (t) => {
  const { teach, run, directory } = workplace(t);
  const taught = await teach('labelled.csv', ...department, '-o', 'models/acme', '--date', '2026-03-01');
  assert.equal(taught.code, exitCodes.ok, taught.stderr);
  assert.match(
    taught.stdout,
    /^acme, taught on fixture 1\.0\.0 with labelled\.csv: 72 rows, 0 without a text\n/,
  );
  assert.match(taught.stdout, /^department: 3 labels; all reliable$/m);
  assert.match(taught.stdout, /^Kitchen +24 /m);
  assert.equal(taught.stderr, 'Teaching on the texts of `comment`; name another column with --text\n');

  const scored = await run('score', 'labelled.csv', '-m', 'models/acme', '-q');
  assert.equal(scored.code, exitCodes.ok, scored.stderr);
  const rows = parse(scored.stdout, { columns: true }) as Record<string, string>[];
  const right = rows.filter((row) => row['department'] === row['Department']).length;
  assert.ok(right >= 68, `${right} of ${rows.length}`);

  const before = await run('score', 'labelled.csv', '-m', fixtureBundle, '-q', '--scores', 'all');
  const after = await run('score', 'labelled.csv', '-m', 'models/acme', '-q', '--scores', 'all');
  const [old, now] = [before, after].map(({ stdout }) => parse(stdout)) as [string[][], string[][]];
  assert.deepEqual(
    now.map((row) => row.slice(0, old[0]?.length)),
    old,
    'old tasks change by no bit',
  );

  const shown = await run('model', 'show', 'models/acme');
  assert.match(shown.stdout, /^task +department \(one of\): Front desk, Kitchen, Shipping$/m);
  assert.match(shown.stdout, /^ +taught 2026-03-01 with 72 rows of labelled\.csv, .*seed 1$/m);
  const verified = await run('model', 'verify', 'models/acme');
  assert.match(verified.stdout, /acme 1\.0\.0 is valid/);
  const evaluated = await run(
    'evaluate',
    'labelled.csv',
    '-m',
    'models/acme',
    '--gold',
    'department=Department',
  );
  assert.match(evaluated.stdout, /^department +72 /m);
  assert.deepEqual(readdirSync(join(directory, 'models')), ['acme', 'acme.vectors']);
});

test('the same rows and seed give the same bytes, with cached vectors or without', async (t) => {
  const { teach, directory } = workplace(t);
  const args = ['labelled.csv', ...department, '--force', '-o'];
  const bundle = join(directory, 'acme');
  const first = await teach(...args, 'acme', '-w', '1');
  const files = filesOf(bundle);
  const again = await teach(...args, 'acme', '-w', '2', '--batch-tokens', '40');
  assert.deepEqual(filesOf(bundle), files);
  assert.equal(again.stdout, first.stdout);
  writeFileSync(join(directory, 'acme.vectors'), 'damaged');
  await teach(...args, 'acme', '-w', '2');
  assert.deepEqual(filesOf(bundle), files);
  assert.ok(!existsSync(`${bundle}.part`) && !existsSync(`${bundle}.old`));
});

test('a taught task is the same for any workers, batch, neighbours and order', async (t) => {
  const { teach, run, write } = workplace(t);
  await teach('labelled.csv', ...department, '-o', 'acme', '-q');
  const score = async (file: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run('score', file, '-m', 'acme', '-q', '--scores', 'all', ...args);
    assert.equal(code, exitCodes.ok, stderr);
    return stdout;
  };
  const whole = await score(feedback, '-w', '1');
  assert.equal(await score(feedback, '-w', '2', '--batch-tokens', '33'), whole);
  const rows = parse(readFileSync(feedback));
  const [head, ...others] = rows as [string[], ...string[][]];
  write('turned.csv', [head, ...others.toReversed()].map((row) => row.map(quote).join(',')).join('\n'));
  const turned = parse(await score('turned.csv', '-t', 'comment'));
  assert.deepEqual([turned[0], ...turned.slice(1).toReversed()], parse(whole));
  const only = parse(await score(feedback, '--tasks', 'department'));
  const column = parse(whole)[0]?.indexOf('department');
  assert.deepEqual(
    only.map((row) => row[head.length]),
    parse(whole).map((row) => row[column as number]),
  );
});

function quote(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}

test('several tasks, several labels, left-out labels, and rows without any', async (t) => {
  const { teach, write } = workplace(t);
  const rows = departmentRows();
  const topics = (text: string): string =>
    [
      /food|Essen|meal|dinner/i.test(text) ? 'food' : '',
      /bad|schlecht|late|rude/i.test(text) ? 'trouble' : '',
    ]
      .filter(Boolean)
      .join(';');
  write(
    'two.jsonl',
    [
      ...rows.map(([comment, team]) => ({ comment, team, topics: topics(comment) || [] })),
      { comment: 'nobody labelled this', team: '', topics: null },
      { comment: 'a label with one row', team: 'Parking', topics: 'food;parking' },
      { comment: '', team: 'Kitchen', topics: 'food' },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  );
  const run = await teach(
    'two.jsonl',
    '--task',
    'team',
    '--task',
    'topics',
    '-t',
    'comment',
    '-o',
    'acme',
    '--json',
  );
  const { tasks, rows: read, empty } = documentOf(run);
  assert.deepEqual([read, empty], [75, 1]);
  assert.deepEqual(
    tasks.map(({ task, problem_type, labelled, labels }) => [
      task,
      problem_type,
      labelled,
      labels.map(({ label }) => label),
    ]),
    [
      ['team', 'single_label_classification', 72, ['Front desk', 'Kitchen', 'Shipping']],
      ['topics', 'multi_label_classification', 73, ['food', 'trouble']],
    ],
  );
  assert.ok((tasks[1]?.metrics.macro_f1 ?? 0) > 0.7, JSON.stringify(tasks[1]?.metrics));
  assert.match(run.stderr, /team: left out, as a label needs 2 rows: `Parking`/);
});

test('labels of --with take the place of earlier ones; suspects name rows that look wrong', async (t) => {
  const { teach, write, read } = workplace(t);
  write(
    'labelled.csv',
    departmentCsv((rows) => {
      (rows[1] as string[])[1] = 'Shipping';
      rows.push(['Great food', 'Front desk']);
    }),
  );
  const args = ['labelled.csv', ...department, '--suspects', 'suspects.csv', '--json', '-o'];
  const wrong = documentOf(await teach(...args, 'one'));
  const suspects = parse(read('suspects.csv'), { columns: true }) as Record<string, string>[];
  assert.equal(suspects.length, wrong.suspects);
  assert.deepEqual(
    suspects.slice(0, 2).map(({ line, label, suggested, text }) => [line, label, suggested, text]),
    [
      ['74', 'Front desk', 'Kitchen', 'Great food'],
      ['2', 'Shipping', 'Kitchen', 'The food was bad'],
    ],
  );
  write('corrected.csv', 'text,department\nThe food was bad,Kitchen\nGreat food,Kitchen\n');
  const corrected = documentOf(await teach(...args, 'two', '--with', 'corrected.csv', '-t', 'comment'));
  assert.ok((corrected.tasks[0]?.metrics.accuracy ?? 0) > (wrong.tasks[0]?.metrics.accuracy ?? 1));
  assert.deepEqual(corrected.inputs, ['labelled.csv', 'corrected.csv']);
});

test('--replace puts an own task in the place of one of the model', async (t) => {
  const { teach, run } = workplace(t);
  const clash = await teach('labelled.csv', '--task', 'topic=Department', '-o', 'acme');
  assert.equal(clash.code, exitCodes.usage);
  assert.match(clash.stderr, /got topic, which fixture has\n.*--replace topic/);
  const replaced = await teach(
    'labelled.csv',
    '--task',
    'topic=Department',
    '--replace',
    'topic',
    '-o',
    'acme',
  );
  assert.equal(replaced.code, exitCodes.ok, replaced.stderr);
  const { stdout } = await run('model', 'show', 'acme');
  assert.match(stdout, /^task +topic \(one of\): Front desk, Kitchen, Shipping$/m);
  assert.equal(stdout.match(/^task +topic /gm)?.length, 1);
  // A taught bundle can be taught on.
  const more = await run('teach', 'labelled.csv', '-m', 'acme', '--task', 'team=Department', '-o', 'more');
  assert.equal(more.code, exitCodes.ok, more.stderr);
  assert.match((await run('model', 'show', 'more')).stdout, /topic .*\n(.*\n)?task +team /);
});

test('from a codeframe alone, with rules, and with rows that were labelled later', async (t) => {
  const { teach, run, write } = workplace(t);
  write(
    'departments.csv',
    'label,description,keywords,must\nKitchen,Food and meals,food;meal;Essen,\nShipping,,delivery;late,\nFront desk,,staff;service,Personal\n',
  );
  const rows = departmentRows();
  write('texts.jsonl', rows.map(([comment]) => JSON.stringify({ comment })).join('\n'));
  write(
    'labelled.csv',
    departmentCsv((all) => ((all[0] as string[])[1] = 'departments')),
  );
  const args = [
    '--codeframe',
    'departments.csv',
    'texts.jsonl',
    '--text',
    'comment',
    '--kind',
    'single',
    '--force',
  ];
  const first = await teach(...args, '-o', 'acme');
  assert.equal(first.code, exitCodes.ok, first.stderr);
  assert.match(first.stdout, /^departments: 3 labels from the codeframe, quality unknown; .*--with$/m);
  const measure = async (bundle: string): Promise<number> => {
    const { code, stdout, stderr } = await run(
      'evaluate',
      'labelled.csv',
      '-m',
      bundle,
      '--tasks',
      'departments',
      '--json',
    );
    assert.equal(code, exitCodes.ok, stderr);
    const { tasks } = JSON.parse(stdout) as { tasks: { metrics: { macro_f1: number } }[] };
    return tasks[0]?.metrics.macro_f1 ?? 0;
  };
  assert.ok((await measure('acme')) > 0.7);
  write('one.csv', 'comment\n"PERSONAL, food, delivery"\n');
  const { stdout } = await run('score', 'one.csv', '-m', 'acme', '-q', '--tasks', 'departments');
  assert.match(stdout, /,Front desk,1\n$/);
  const later = documentOf(await teach(...args, '-o', 'more', '--with', 'labelled.csv', '--json'));
  assert.equal(later.tasks[0]?.labelled, 72);
  assert.ok((await measure('more')) > 0.9);
});

test('what cannot be taught is an error that shows the way, and leaves nothing behind', async (t) => {
  const { write, directory } = workplace(t);
  write('one.csv', 'comment,Department\nGreat food,Kitchen\nBad food,Kitchen\n');
  write('bare.csv', 'comment,Department\nGreat food,\n');
  write('empty.csv', 'comment,Department\n');
  write('several.csv', 'comment,Department\nGreat food,Kitchen;Bar\nBad food,Kitchen\n');
  write('taken', '');
  const without = writeBundle(join(directory, 'without'), { vectors: false });
  const cases: [RegExp, ...string[]][] = [
    [/Expected a directory for the new bundle, got none/, 'labelled.csv', ...department],
    [/Expected a task to teach, got none/, 'labelled.csv', '-o', 'acme'],
    [
      /Expected a column named `Team`, found `comment`, `Department`/,
      'labelled.csv',
      '--task',
      'x=Team',
      '-o',
      'acme',
    ],
    [
      /Expected the name of a task to be a word .*got "a b"/,
      'labelled.csv',
      '--task',
      'a b=Department',
      '-o',
      'acme',
    ],
    [/expected at least two labels .*found only "Kitchen"/, 'one.csv', ...department, '-o', 'acme'],
    [/expected at least two labels .*found none/, 'bare.csv', ...department, '-o', 'acme'],
    [/expected labelled rows, found none/, 'empty.csv', ...department, '-o', 'acme'],
    [
      /several\.csv:2: expected one label .*"Kitchen;Bar"[\s\S]*--kind multi/,
      'several.csv',
      ...department,
      '-o',
      'acme',
      '--kind',
      'single',
    ],
    [
      /Expected --kind to be one of single, multi, got many/,
      'labelled.csv',
      ...department,
      '-o',
      'acme',
      '--kind',
      'many',
    ],
    [
      /Expected --kind to name a task of --task, got team/,
      'labelled.csv',
      ...department,
      '-o',
      'acme',
      '--kind',
      'team=multi',
    ],
    [
      /Expected --replace to name a task of fixture \(.*\), got mood/,
      'labelled.csv',
      ...department,
      '--replace',
      'mood',
      '-o',
      'acme',
    ],
    [/expected a bundle with sentence vectors/, 'labelled.csv', ...department, '-m', without, '-o', 'acme'],
    [/found taken there already/, 'labelled.csv', ...department, '-o', 'taken'],
    [/found another directory at \./, 'labelled.csv', ...department, '-o', '.', '--force'],
    [
      /an output other than the input/,
      'labelled.csv',
      ...department,
      '-o',
      'acme',
      '--suspects',
      'labelled.csv',
    ],
  ];
  const before = readdirSync(directory).toSorted();
  for (const [message, ...args] of cases) {
    const { code, stdout, stderr } = await runMainIn(directory, ['teach', '-m', fixtureBundle, ...args]);
    assert.equal(code, exitCodes.usage, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stdout, '');
    assert.ok(!existsSync(join(directory, 'acme')));
  }
  assert.deepEqual(readdirSync(directory).toSorted(), before);
});
