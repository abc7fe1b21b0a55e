import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRecords } from '../../src/records/open-records.ts';
import { resolveTextColumns } from '../../src/records/text-columns.ts';
import { file } from './support.ts';

async function noticesOf(content: string): Promise<string[]> {
  const records = await openRecords({ inputs: [file('in.csv', content)] });
  await records.close();
  return records.head.notices;
}

test('a first line that looks like the rows below is said', async () => {
  const rows = '1,Great and fast,5\n2,Bad food,1\n';
  assert.deepEqual(await noticesOf(rows), [
    'The first line is taken for the names of the columns, though `1`, `5` look like values: --no-header if it is a row',
  ]);
  assert.match((await noticesOf('2026-01-01;r1;Great\n2026-01-02;r2;Bad\n'))[0] ?? '', /`2026-01-01` looks/u);
});

test('headers with numbers in them are headers', async () => {
  for (const header of [
    'id,Why?,5',
    'Q1,Why?,Q2',
    '0,1,2',
    '1,2,3',
    '1,comment,5',
    '2025,Why?,2026',
    ',Why?,',
  ]) {
    assert.deepEqual(await noticesOf(`${header}\n1,Great and fast,5\n2,Bad food,1\n`), [], header);
  }
  assert.deepEqual(await noticesOf('id,comment\n'), []);
});

test('the hint of an unclear guess reads the first line as a row, and does so when it is followed', async () => {
  const inputs = [
    file('in.csv', '1,Great staff and very fast,5\n2,The food was cold,1\n3,I had to wait,2\n'),
  ];
  const records = await openRecords({ inputs });
  await assert.rejects(resolveTextColumns(records.head, undefined, records.profiles), {
    hint: /^If the first line is a row, and holds no names: `--no-header --text column_2`\. Else: /u,
  });
  await records.close();
  const again = await openRecords({ inputs, header: false });
  const texts: string[] = [];
  for await (const rows of again.rows(['column_2'])) texts.push(...rows.map((row) => row.texts[0] ?? ''));
  assert.deepEqual(texts, ['Great staff and very fast', 'The food was cold', 'I had to wait']);
});
