import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openRecords } from '../../src/records/open-records.ts';
import { cells, file, pieces, readAll } from './support.ts';

test('the format is by option, extension, content', async (t) => {
  const object = '{"a":"1"}\n';
  for (const [name, content, format] of [
    ['a.csv', '{a,b\n', 'csv'],
    ['a.csv', '[a],b\n', 'csv'],
    ['a.TSV', 'a\tb\n', 'tsv'],
    ['a.tab', 'a\tb\n', 'tsv'],
    ['a.txt', '{a;b\n', 'csv'],
    ['a.jsonl', object, 'jsonl'],
    ['a.ndjson.gz', gzipSync(object), 'jsonl'],
    ['a.json', object, 'jsonl'],
    ['export', `\n ${object}`, 'jsonl'],
    ['export', 'a;b\n', 'csv'],
  ] as const) {
    await t.test(`${name} ${format}`, async () => {
      assert.equal((await readAll({ inputs: [file(name, content)] })).head.format, format);
    });
  }
  assert.equal((await readAll({ inputs: [file('a.csv', object)], from: 'jsonl' })).head.format, 'jsonl');
  assert.equal((await readAll({ inputs: ['-'], stdin: pieces(object) })).head.format, 'jsonl');
  for (const name of ['a.json', 'a.jsonl', 'a.csv', 'a.txt', 'export']) {
    const { head, rows } = await readAll({ inputs: [file(name, '[{"a":"1"},\n {"a": "2"}]')] }, ['a']);
    assert.equal(head.format, 'json', name);
    assert.deepEqual(rows.map(({ texts }) => texts[0]), ['1', '2']); // prettier-ignore
  }
  for (const [name, content] of [
    ['a.csv', object],
    ['a.tsv', object],
    ['a.txt', '{\n"a":"1"}'],
  ] as const) {
    await assert.rejects(openRecords({ inputs: [file(name, content)] }), {
      code: 'JSON_IN_TABLE',
      hint: /--from json/u,
    });
  }
});

test('several inputs are one stream', async () => {
  const inputs = [
    file('a.csv', 'id,t\n1,x\n'),
    file('b.csv', '\ufeffid;t\r\n2;y\r\n'),
    file('c.tsv.gz', gzipSync('id\tt\n3\tz\n')),
    file('d.csv', Buffer.from('\ufeffid,t\n4,é\n', 'utf16le')),
    '-',
  ];
  const { rows, head } = await readAll({ inputs, stdin: pieces('id|t\n5|w\n') }, ['t']);
  assert.deepEqual(rows.map(({ texts }) => texts[0]), ['x', 'y', 'z', 'é', 'w']); // prettier-ignore
  assert.deepEqual(rows.map(({ ordinal }) => ordinal), [0, 1, 2, 3, 4]); // prettier-ignore
  assert.deepEqual(rows.map((row) => row.file), inputs); // prettier-ignore
  assert.deepEqual(rows.map(({ line }) => line), [2, 2, 2, 2, 2]); // prettier-ignore
  assert.equal(head.totalBytes, undefined);
  assert.equal(head.delimiter, ',');
  const lines = [file('a.jsonl', '{"t":"1"}'), file('b.jsonl', '{"u":"1"}\n{"t":"2"}')];
  assert.deepEqual(
    (await readAll({ inputs: lines }, ['t'])).rows.map(({ texts }) => texts[0]),
    ['1', '', '2'],
  );
});

test('what is noticed about a later input is said with its name', async () => {
  const tie = file('tie.csv', 'a;b,t\n1;2,x\n3;4,y\n');
  const first = file('first.csv', '"a;b",t\n0,z\n');
  const records = await openRecords({ inputs: [first, tie] });
  for await (const _ of records.rows(['t'])) continue;
  assert.equal(records.notices().length, 1);
  assert.ok(records.notices()[0]?.startsWith(`${tie}: Cells are taken to be delimited by`));
});

test('an input of JSON without the texts of the others is said', async () => {
  const inputs = [
    file('with.jsonl', '{"t":"1"}\n{"u":"1"}'),
    file('without.jsonl', '{"u":"1"}\n{"u":"2"}'),
    file('none.jsonl', ''),
  ];
  const records = await openRecords({ inputs });
  let rows = 0;
  for await (const batch of records.rows(['t'])) rows += batch.length;
  assert.equal(rows, 4);
  assert.deepEqual(records.notices(), [`${inputs[1]}: no row has \`t\`, and all count as empty`]);
});

test('later inputs have to be like the first, which is known before the first row', async (t) => {
  const first = file('a.csv', 'id,t\n1,x\n');
  for (const [name, content, code, message] of [
    ['b.csv', 'id,u\n', 'HEADER_DIFFERS', /no `t` and a new `u`/u],
    ['b.csv', 't,id\n', 'HEADER_DIFFERS', /column 1 to be `t` in place of `id`/u],
    ['b.csv', 'id,t,t\n', 'HEADER_DIFFERS', /3 columns in place of 2/u],
    ['b.csv', '', 'EMPTY_INPUT', /b\.csv/u],
    ['b.jsonl', '{}', 'MIXED_FORMATS', /expected csv.*found jsonl/u],
  ] as const) {
    await t.test(`${code} ${content}`, async () => {
      let read = 0;
      const inputs = [first, file(name, content)];
      await assert.rejects(openRecords({ inputs, onBytes: ({ length }) => (read += length) }), {
        code,
        message,
      });
      assert.equal(read, 9);
    });
  }
  const stdin = pieces('other\n');
  await assert.rejects(readAll({ inputs: [first, '-'], stdin }), { code: 'HEADER_DIFFERS' });
  assert.deepEqual(cells(await readAll({ inputs: [first, first] })), [['1', 'x'], ['1', 'x']]); // prettier-ignore
});
