/** Which columns an output has: `--columns`, `--wide`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { exitCodes } from '../../src/errors.ts';
import { scoreFile } from '../support/exports.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { runMain } from '../support/run-main.ts';
import { scratchDirectory } from '../support/scratch.ts';

const csv = 'id,comment,"no, te",x\n007,Great service,"a ""b""",1\n008,Terrible app,"c\nd",2\n';
const jsonl =
  '{"id":12345678901234567890,"review":{"body":"Great service","stars":1.50},"x":1}\n' +
  '{"review":{"body":"Terrible app"},"id":2,"more":[{"a":1}]}\n';

test('only the chosen columns are written, in the order told, each cell as it was', async (t) => {
  const file = join(scratchDirectory(t), 'in.csv');
  writeFileSync(file, csv);
  const { code, stdout, stderr } = await scoreFile(file, '--columns', '3,id');
  assert.equal(code, exitCodes.ok, stderr);
  assert.equal(stdout, '"no, te",id,sentiment\n"a ""b""",007,positive\n"c\nd",008,negative\n');
});

test('of JSON chosen paths are written, with every digit', async (t) => {
  const file = join(scratchDirectory(t), 'in.jsonl');
  writeFileSync(file, jsonl);
  const lines = await scoreFile(file, '--text', 'review.body', '--columns', 'id,review.stars');
  assert.equal(
    lines.stdout,
    '{"id":12345678901234567890,"review.stars":1.50,"predictions":{"sentiment":{"label":"positive"}}}\n' +
      '{"id":2,"predictions":{"sentiment":{"label":"negative"}}}\n',
    lines.stderr,
  );
  // Keys that came up later have no column, and need none here.
  const table = await scoreFile(
    file,
    '--text',
    'review.body',
    '--columns',
    'id,review.stars,more.0.a',
    '--to',
    'csv',
  );
  assert.equal(
    table.stdout,
    'id,review.stars,more.0.a,sentiment\n12345678901234567890,1.50,,positive\n2,,1,negative\n',
    table.stderr,
  );
});

test('a chosen column that is not there is refused', async (t) => {
  const folder = scratchDirectory(t);
  const table = join(folder, 'in.csv');
  writeFileSync(table, csv);
  const unknown = await scoreFile(table, '--columns', 'id,coment');
  assert.equal(unknown.code, exitCodes.usage);
  assert.match(unknown.stderr, /named `coment`.*\n.*`comment`/u);
  const lines = join(folder, 'in.jsonl');
  writeFileSync(lines, jsonl);
  const missing = await scoreFile(lines, '--text', 'review.body', '--columns', 'id,review.star');
  assert.equal(missing.code, exitCodes.usage);
  assert.match(missing.stderr, /named `review\.star`.*\n.*`review\.stars`/u);
});

test('--wide adds 0 or 1 for each label of tasks with several, and nothing where there is no label', async (t) => {
  const file = join(scratchDirectory(t), 'in.csv');
  writeFileSync(file, 'comment\nGreat service and fast delivery\nn/a\nThe app crashes\n');
  const args = ['score', file, '-m', fixtureBundle, '-w', '1', '--scores', 'none', '--wide'];
  const { code, stdout, stderr } = await runMain(args);
  assert.equal(code, exitCodes.ok, stderr);
  const rows: Record<string, string>[] = parse(stdout, { columns: true });
  const names = Object.keys(rows[0] ?? {});
  const flags = names.filter((name) => name.startsWith('topic_'));
  assert.ok(flags.length > 2, names.join());
  assert.ok(!names.some((name) => name.startsWith('sentiment_')), names.join());
  for (const [index, row] of rows.entries()) {
    const labels = (row.topic ?? '').split(';');
    for (const flag of flags) {
      const expected = index === 1 ? '' : labels.includes(flag.slice('topic_'.length)) ? '1' : '0';
      assert.equal(row[flag], expected, `${index} ${flag}`);
    }
  }
  const lines = await runMain([...args, '--to', 'jsonl']);
  assert.equal(lines.code, exitCodes.usage);
  assert.match(lines.stderr, /--wide, got jsonl/u);
});

test('--table shows rows to the eyes', async (t) => {
  const folder = scratchDirectory(t);
  const file = join(folder, 'in.csv');
  writeFileSync(
    file,
    `id,comment\n7,Great service\n12,"Terrible app\u001b[2J\n${'x'.repeat(100)}"\n3,n/a\n4,fine\n`,
  );
  const { code, stdout, stderr } = await scoreFile(file, '--limit', '3', '--table', '--columns', 'id');
  assert.equal(code, exitCodes.ok, stderr);
  const [head, first, second, third, ...rest] = stdout.split('\n');
  assert.equal(head, 'row  id  sentiment  comment');
  assert.equal(first, '  1   7  positive   Great service');
  assert.ok(second?.startsWith('  2  12  negative   Terrible app\\u001b[2J xxxxx'), second);
  assert.ok(second?.endsWith('...') && second.length < 120, second);
  assert.match(third ?? '', /^ {2}3 {3}3\s*$/u);
  assert.deepEqual(rest, ['']);
  for (const other of [
    ['-o', join(folder, 'out.csv')],
    ['--to', 'jsonl'],
  ]) {
    const refused = await scoreFile(file, '--table', ...other);
    assert.equal(refused.code, exitCodes.usage);
    assert.match(refused.stderr, /along with --table/u);
  }
});
