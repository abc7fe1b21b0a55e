import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exitCodes } from '../../src/errors.ts';
import type { RunManifest } from '../../src/pipeline/manifest.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { runMainIn } from '../support/run-main.ts';
import { type Finished, killAtBytes, runVoxpop } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bundle = join(fixturesDirectory, 'bundle');

type Rows = [id: string, comment: string][];

const monday: Rows = [
  ['1', 'The app crashes with an error.'],
  ['2', 'The staff was great, "thank you"!'],
  ['3', 'Please add a dark mode'],
  ['4', 'n/a'],
  ['5', 'line one\nline two'],
];
/** 2 deleted, 3 edited, 6 new, and another order. */
const tuesday: Rows = [
  ['6', 'Delivery was late again'],
  ['5', 'line one\nline two'],
  ['1', 'The app crashes with an error.'],
  ['3', 'Please add a DARK mode'],
  ['4', 'n/a'],
];

const quote = (cell: string): string => (/["\n,;\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

function table(rows: Rows, delimiter = ','): string {
  return `id${delimiter}comment\n${rows.map((row) => row.map(quote).join(delimiter)).join('\n')}\n`;
}

function jsonLines(rows: Rows): string {
  return rows.map(([id, comment]) => `${JSON.stringify({ meta: { id: Number(id) }, comment })}\n`).join('');
}

function prepare(t: TestContext): string {
  const cwd = scratchDirectory(t);
  writeFileSync(join(cwd, 'monday.csv'), table(monday));
  writeFileSync(join(cwd, 'tuesday.csv'), table(tuesday));
  return cwd;
}

async function run(cwd: string, command: string): Promise<Finished> {
  return runVoxpop(argumentsOf(command), { cwd });
}

function argumentsOf(command: string): string[] {
  return [...command.split(' '), '-m', bundle, '--tasks', 'sentiment', '--scores', 'none'];
}

async function succeed(cwd: string, command: string): Promise<Finished> {
  const finished = await run(cwd, command);
  assert.equal(finished.code, exitCodes.ok, finished.stderr);
  return finished;
}

function manifestOf(cwd: string, output: string): RunManifest {
  return JSON.parse(readFileSync(join(cwd, `${output}.manifest.json`), 'utf8')) as RunManifest;
}

test('only rows are written that are new or changed since yesterday, and what is gone is in the manifest', async (t) => {
  const cwd = prepare(t);
  await succeed(cwd, 'score monday.csv -o monday.out.csv');
  const { stderr } = await succeed(
    cwd,
    'score tuesday.csv -o new.csv --since monday.out.csv --key id --only-new',
  );
  assert.equal(
    readFileSync(join(cwd, 'new.csv'), 'utf8'),
    'id,comment,sentiment,change\n6,Delivery was late again,neutral,new\n3,Please add a DARK mode,neutral,changed\n',
  );
  assert.match(stderr, /\| 1 new \| 1 changed \| 3 unchanged \| 1 deleted \|/);
  const { counts, changes } = manifestOf(cwd, 'new.csv');
  assert.equal(counts.rows, 2);
  assert.deepEqual(changes, {
    since: 'monday.out.csv',
    key: ['id'],
    only_new: true,
    rows_before: 5,
    new: 1,
    changed: 1,
    unchanged: 3,
    deleted: 1,
    deleted_keys: ['2'],
    deleted_keys_left_out: 0,
    labels_before: manifestOf(cwd, 'monday.out.csv').labels,
    new_labels: { sentiment: { neutral: 1 } },
  });
});

test('all formats are compared with each other, outputs and dumps alike', async (t) => {
  const cwd = prepare(t);
  const files: [name: string, content: string | Buffer, key: string][] = [
    ['monday.jsonl', jsonLines(monday), 'meta.id'],
    ['monday.tsv', table(monday, '\t'), 'id'],
    ['monday.csv.gz', gzipSync(table(monday, ';')), 'id'],
  ];
  for (const [name, content] of files) writeFileSync(join(cwd, name), content);
  writeFileSync(join(cwd, 'tuesday.jsonl'), jsonLines(tuesday));
  writeFileSync(join(cwd, 'tuesday.tsv'), table(tuesday, '\t'));
  await succeed(cwd, 'score monday.jsonl -o monday.out.jsonl');
  const told = (output: string): string[] =>
    [...output.matchAll(/"(?:id)":(\d).*"change":"(\w+)"|^(\d)[,\t].*[,\t](\w+)$/gm)].map((match) =>
      [match[1] ?? match[3], match[2] ?? match[4]].join(' '),
    );
  const since = async (input: string, file: string, key: string): Promise<string[]> =>
    told((await succeed(cwd, `score ${input} -q --since ${file} --key ${key} --only-new -t comment`)).stdout);
  const expected = ['6 new', '3 changed'];
  assert.deepEqual(await since('tuesday.csv', 'monday.tsv', 'id'), expected);
  assert.deepEqual(await since('tuesday.tsv', 'monday.csv.gz', 'id'), expected);
  assert.deepEqual(await since('tuesday.jsonl', 'monday.out.jsonl', 'meta.id'), expected);
  await succeed(cwd, 'score monday.csv -o monday.parquet --columns id,comment');
  await succeed(cwd, 'score tuesday.csv -o tuesday.parquet --since monday.parquet --key id --only-new');
  const parquet = (await succeed(cwd, 'score tuesday.parquet -q --to csv --prefix x_ -t comment')).stdout;
  assert.match(parquet, /^6,.*,new,\w+\n3,.*,changed,\w+\n/m);
  const all = await succeed(cwd, 'score tuesday.jsonl -q --since monday.jsonl --key meta.id');
  assert.deepEqual(told(all.stdout), ['6 new', '5 unchanged', '1 unchanged', '3 changed', '4 unchanged']);
});

test('the earlier file is written as the later one where that says something about it', async (t) => {
  const cwd = scratchDirectory(t);
  const caret = (rows: Rows): string => rows.map((row) => `${row.join('^')}\n`).join('');
  writeFileSync(join(cwd, 'monday.csv'), `id^comment\n${caret([['1', 'Good'], ['2', 'Slow, bad']])}`); // prettier-ignore
  writeFileSync(join(cwd, 'tuesday.csv'), `id^comment\n${caret([['1', 'Good'], ['2', 'Slow'], ['3', 'Dear']])}`); // prettier-ignore
  const options = '--delimiter ^ --quote none';
  for (const output of ['out.csv', 'out.tsv', 'out.jsonl', 'out.parquet']) {
    await succeed(cwd, `score monday.csv ${options} -o ${output}`);
    const { stdout } = await succeed(cwd, `score tuesday.csv ${options} --since ${output} --key id`);
    assert.match(stdout, /^1\^.*\^unchanged\n2\^.*\^changed\n3\^.*\^new\n$/mu, output);
  }
  const dump = await succeed(cwd, `score tuesday.csv ${options} --since monday.csv --key id`);
  assert.match(dump.stdout, /\^unchanged\n.*\^changed\n.*\^new\n$/u);
  await succeed(cwd, `score tuesday.csv ${options} -o ~.csv --output-delimiter ~`);
  const report = await runVoxpop(['report', '~.csv', '--format', 'md', '--quiet'], { cwd });
  assert.match(report.stdout, /3 comments in 3 rows/u, report.stderr);
});

test('several columns are one key, several texts one content', async (t) => {
  const cwd = scratchDirectory(t);
  const header = 'survey,respondent,good,bad\n';
  writeFileSync(join(cwd, 'a.csv'), `${header}1,1,fine,nothing\n1,2,fine,slow\n2,1,fine,dear\n`);
  writeFileSync(join(cwd, 'b.csv'), `${header}1,1,fine,nothing\n2,1,fine,very dear\n2,2,fine,slow\n`);
  const command = 'score b.csv -o out.csv -t good -t bad --since a.csv --key survey --key respondent';
  await succeed(cwd, `${command} --only-new`);
  const lines = readFileSync(join(cwd, 'out.csv'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => [line.slice(0, 3), line.split(',').at(-1)]),
    [
      ['sur', 'change'],
      ['2,1', 'changed'],
      ['2,2', 'new'],
    ],
  );
  assert.deepEqual(manifestOf(cwd, 'out.csv').changes?.deleted_keys, [['1', '2']]);
});

test('keys that are missing or repeated are errors, or rejects, in either file', async (t) => {
  const cwd = prepare(t);
  writeFileSync(join(cwd, 'bad.csv'), table([...tuesday, ['', 'no key'], ['6', 'again'], ['5', 'again']]));
  const refused = async (command: string, ...messages: RegExp[]): Promise<void> => {
    const { code, stderr } = await run(cwd, `score ${command} -o out.csv`);
    assert.equal(code, exitCodes.usage, stderr);
    for (const message of messages) assert.match(stderr, message);
    assert.equal(existsSync(join(cwd, 'out.csv')), false);
  };
  await refused(
    'bad.csv --since monday.csv --key id',
    /bad\.csv:8: expected a value of the key `id`, found none/,
  );
  await refused(
    'tuesday.csv --since bad.csv --key id',
    /bad\.csv:8: expected a value of the key `id`, found none/,
  );
  writeFileSync(join(cwd, 'twice.csv'), table([...monday, ['3', 'again']]));
  await refused(
    'tuesday.csv --since twice.csv --key id',
    /twice\.csv:8: expected each key once, found `id` "3" again \(first on line 4\)/,
    /`--key` can be repeated/,
  );
  await refused(
    'twice.csv --since monday.csv --key id',
    /twice\.csv:8: expected each key once, found `id` "3" again/,
  );
  const rejects = '--rejects rejects.jsonl --since twice.csv --key id --only-new';
  const { stderr } = await succeed(cwd, `score bad.csv -o good.csv ${rejects}`);
  assert.match(
    stderr,
    /twice\.csv: 1 row passed over that cannot be read, or whose key is missing or repeated/,
  );
  const rejected = readFileSync(join(cwd, 'rejects.jsonl'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    rejected.map((line) => {
      const { code, line: place, raw } = JSON.parse(line) as Record<string, unknown>;
      return [code, place, raw];
    }),
    [
      ['KEY_MISSING', 8, ',no key'],
      ['KEY_REPEATED', 9, '6,again'],
      ['KEY_REPEATED', 10, '5,again'],
    ],
  );
  const { counts, changes } = manifestOf(cwd, 'good.csv');
  assert.deepEqual([counts.rows, counts.rejected, changes?.new, changes?.changed], [5, 3, 1, 1]);
  assert.deepEqual([changes?.unchanged, changes?.deleted_keys], [3, ['2']]);
});

test('what cannot be compared is refused before anything is scored', async (t) => {
  const cwd = prepare(t);
  writeFileSync(join(cwd, 'tuesday.jsonl'), jsonLines(tuesday));
  writeFileSync(join(cwd, 'other.csv'), 'id,remark\n1,fine\n');
  await succeed(cwd, 'score monday.csv -o monday.out.csv');
  await succeed(cwd, 'score tuesday.csv -o new.csv --since monday.out.csv --key id --only-new');
  const cases: [command: string, message: RegExp, hint: RegExp][] = [
    ['tuesday.csv --since monday.csv', /Expected --key along with --since/, /--key id/],
    ['tuesday.csv --only-new', /Expected --since along with --only-new/, /--since yesterday\.csv/],
    ['tuesday.csv --key id', /Expected --since along with --key/, /--since yesterday\.csv/],
    ['tuesday.csv --since none.csv --key id', /found none in none\.csv/, /the first run has none/],
    [
      'tuesday.csv --since monday.csv --key idd',
      /tuesday\.csv: expected one column named `idd`/,
      /`--key id`/,
    ],
    [
      'tuesday.csv --since other.csv --key id',
      /other\.csv: expected one column named `comment`/,
      /both files/,
    ],
    ['tuesday.jsonl --since monday.csv --key meta.idd -t comment', /`meta\.idd`/, /.*/],
    ['tuesday.csv --since new.csv --key id', /found only those that had changed/, /the input of that run/],
    ['tuesday.csv --since - --key id', /Expected a file as --since, got -/, /save it first/],
    ['tuesday.csv --since monday.csv --key id --key id', /different columns as --key/, /once/],
    ['tuesday.csv --since monday.csv --key id --shard 0/2', /no --shard along with --since/, /one machine/],
  ];
  for (const [command, message, hint] of cases) {
    const { code, stdout, stderr } = await runMainIn(cwd, argumentsOf(`score ${command}`));
    assert.deepEqual([code, stdout], [exitCodes.usage, ''], command);
    assert.match(stderr, message, command);
    assert.match(stderr, hint, command);
  }
  const own = await run(
    cwd,
    'score tuesday.csv -o monday.csv --since monday.csv --key id --only-new --force',
  );
  assert.equal(own.code, exitCodes.usage);
  assert.match(own.stderr, /other than the file of --since, got monday\.csv/);
});

test('a record without the key names one that was likely meant', async (t) => {
  const cwd = prepare(t);
  writeFileSync(join(cwd, 'tuesday.jsonl'), jsonLines(tuesday));
  writeFileSync(join(cwd, 'monday.jsonl'), jsonLines(monday));
  const { code, stderr } = await run(cwd, 'score tuesday.jsonl --since monday.jsonl --key meta.ids');
  assert.equal(code, exitCodes.usage);
  assert.match(stderr, /monday\.jsonl:1: expected a value of the key `meta\.ids`, found none/);
  assert.match(stderr, /Did you mean `--key meta\.id`\?/);
});

test('an output may take the place of the one that it was compared with', async (t) => {
  const cwd = prepare(t);
  await succeed(cwd, 'score monday.csv -o out.csv');
  await succeed(cwd, 'score tuesday.csv -o out.csv --since out.csv --key id --force');
  const { stderr } = await succeed(
    cwd,
    'score tuesday.csv -o out.csv --since out.csv --key id --force --prefix x_',
  );
  assert.match(stderr, /0 new \| 0 changed \| 5 unchanged \| 0 deleted/);
});

test('an earlier output whose formulas were disarmed is compared with what it was made from', async (t) => {
  const cwd = prepare(t);
  writeFileSync(
    join(cwd, 'in.csv'),
    table([
      ['=1', '-5 stars, @you'],
      ['2', 'fine'],
    ]),
  );
  await succeed(cwd, 'score in.csv -o out.csv -t comment --escape-formulas');
  assert.match(readFileSync(join(cwd, 'out.csv'), 'utf8'), /^'=1,"'-5 stars/m);
  const { stderr } = await succeed(cwd, 'score in.csv -o next.csv -t comment --since out.csv --key id');
  assert.match(stderr, /0 new \| 0 changed \| 2 unchanged \| 0 deleted/);
});

test('a limit counts the rows that are read, and says nothing about keys that are gone', async (t) => {
  const cwd = prepare(t);
  const limited = 'score tuesday.csv -o out.csv --since monday.csv --key id --only-new --limit';
  await succeed(cwd, `${limited} 3`);
  assert.equal(readFileSync(join(cwd, 'out.csv'), 'utf8').split('\n').length, 3);
  const { changes } = manifestOf(cwd, 'out.csv');
  assert.deepEqual([changes?.new, changes?.unchanged, changes?.deleted], [1, 2, null]);
});

test('a run that was killed goes on to the same bytes and counts, unless the earlier file changed', async (t) => {
  const cwd = scratchDirectory(t);
  const rows = (from: number, to: number, text: string): Rows =>
    Array.from({ length: to - from }, (_, row) => [String(from + row), text]);
  writeFileSync(join(cwd, 'monday.csv'), table(rows(0, 4000, 'good service')));
  writeFileSync(
    join(cwd, 'tuesday.csv'),
    table([
      ...rows(100, 1000, 'good service'),
      ...rows(1000, 4000, 'bad service'),
      ...rows(4000, 12_000, 'ok'),
    ]),
  );
  const command = 'score tuesday.csv --since monday.csv --key id --only-new -o';
  await succeed(cwd, `${command} whole.csv`);
  const whole = readFileSync(join(cwd, 'whole.csv'));
  const killed = await runVoxpop(
    [...`${command} out.csv`.split(' '), '-m', bundle, '--tasks', 'sentiment', '--scores', 'none'],
    { cwd, node: ['--import', killAtBytes], env: { VOXPOP_KILL_AT_BYTES: String(whole.length) } },
  );
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  const { stderr } = await succeed(cwd, `${command} out.csv --resume`);
  assert.match(stderr, /8,192 of them before/);
  assert.ok(readFileSync(join(cwd, 'out.csv')).equals(whole));
  assert.deepEqual(manifestOf(cwd, 'out.csv').changes, manifestOf(cwd, 'whole.csv').changes);
  assert.equal(manifestOf(cwd, 'out.csv').changes?.deleted, 100);
  writeFileSync(join(cwd, 'monday.csv'), table(rows(0, 3999, 'good service')));
  const other = await run(cwd, `${command} out.csv --resume`);
  assert.equal(other.code, exitCodes.usage);
  assert.match(other.stderr, /the option since was/);
});
