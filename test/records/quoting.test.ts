import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quotingOf } from '../../src/records/quoting.ts';
import { cells, outputOf, predictions, readAll, file, readBothWays } from './support.ts';

test('the options say how cells are quoted', () => {
  assert.deepEqual(quotingOf({}), { quote: '"', escape: '' });
  assert.deepEqual(quotingOf({ quote: 'none' }), { quote: '', escape: '' });
  assert.deepEqual(quotingOf({ quote: "'", escape: '\\' }), { quote: "'", escape: '\\' });
  assert.deepEqual(quotingOf({ escape: '"' }), { quote: '"', escape: '' });
  for (const quote of ['""', 'é', '\n'])
    assert.throws(() => quotingOf({ quote }), { code: 'INVALID_QUOTING' });
  assert.throws(() => quotingOf({ escape: 'none' }), { code: 'INVALID_QUOTING', hint: /--escape '\\'/u });
});

test('without quotes each line is a row, as it stands', async () => {
  const content = 'id\ttext\n1\t"Best app, she said\n2\tOK\n3\tnot "so" good"\n4\t""\n';
  const read = await readBothWays('a.tsv', content, ['text'], { quote: 'none' });
  assert.deepEqual(
    read.rows.map(({ texts }) => texts[0]),
    ['"Best app, she said', 'OK', 'not "so" good"', '""'],
  );
  const scored = predictions(read.rows.map(() => [1, 0, 0]));
  assert.equal(
    await outputOf(read, { to: 'tsv' }, scored),
    content.replace('text\n', 'text\tsentiment\n').replaceAll(/(?<=\d\t.*)\n/gu, '\tnegative\n'),
  );
  // Between quotes where the output is another one.
  const csv = await outputOf(read, { to: 'csv' }, scored);
  assert.deepEqual(
    (await readAll({ inputs: [file('b.csv', csv)] }, ['text'])).rows.map(({ texts }) => texts[0]),
    ['"Best app, she said', 'OK', 'not "so" good"', '""'],
  );
});

test('labels that would need quotes are refused where there are none', async () => {
  const read = await readAll({ inputs: [file('a.csv', 'id;text\n1;"so\n')], quote: 'none' }, ['text']);
  const tasks = [{ name: 'emotion', problemType: 'multi_label_classification' as const, labels: ['a', 'b'] }];
  await assert.rejects(outputOf(read, { tasks }, predictions([[1, 1]])), { code: 'DELIMITER_IN_LABELS' });
  assert.match(
    await outputOf(read, { tasks, outputDelimiter: ',' }, predictions([[1, 1]])),
    /^1,"""so",a;b$/mu,
  );
});

test('an escape takes its meaning from a quote, a delimiter, a line end and itself', async () => {
  const content = String.raw`id,text
1,"He said \"good\" twice"
2,"a backslash \\"
3,"C:\new, \N"
4,not\, split
5,\"quoted\"
`;
  const read = await readBothWays('a.csv', content, ['text'], { escape: '\\' });
  assert.deepEqual(
    read.rows.map(({ texts }) => texts[0]),
    ['He said "good" twice', 'a backslash \\', 'C:\\new, \\N', 'not, split', '"quoted"'],
  );
  // A record passes through as it stands.
  const output = await outputOf(read, {}, predictions(read.rows.map(() => [1, 0, 0])));
  assert.equal(
    output,
    content.replace('text\n', 'text,sentiment\n').replaceAll(/(?<=^\d.*)\n/gmu, ',negative\n'),
  );
  assert.match(
    await outputOf(read, { to: 'jsonl' }, predictions(read.rows.map(() => [1, 0, 0]))),
    /He said \\"good\\" twice/u,
  );
});

test('another quote', async () => {
  const read = await readBothWays('a.csv', "id,text\n1,'good, really'\n2,'it''s \"ok\"'\n", ['text'], {
    quote: "'",
  });
  assert.deepEqual(cells(read), [
    ['1', 'good, really'],
    ['2', 'it\'s "ok"'],
  ]);
});
