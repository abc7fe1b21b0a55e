import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { InputError } from '../../src/errors.ts';
import { topLevelFields, valueAt } from '../../src/records/json-fields.ts';
import { openRecords } from '../../src/records/open-records.ts';
import { file, readAll, readBothWays } from './support.ts';

test('lines are kept as they are', async () => {
  const lines = [
    '{"text":"a","n":12345678901234567890.00}',
    '{ "text" : "\\u00e9\\ud800" , "1": {} }  ',
    '{"text":"\u2028","__proto__":{"text":"x"},"text":"last"}',
  ];
  const read = await readBothWays('a.jsonl', `\ufeff${lines[0]}\r\n\r\n  \n${lines[1]}\n${lines[2]}`, [
    'text',
  ]);
  assert.deepEqual(read.rows.map(({ json }) => json), lines); // prettier-ignore
  assert.deepEqual(read.rows.map(({ line }) => line), [1, 4, 5]); // prettier-ignore
  assert.deepEqual(read.rows.map(({ texts }) => texts[0]), ['a', 'é\ud800', 'last']); // prettier-ignore
  assert.equal(read.head.newline, '\r\n');
  assert.equal(read.head.byteOrderMark, true);
  assert.deepEqual(read.head.columns, ['text', 'n']);
});

test('the keys of the first object keep their order', async () => {
  const { head } = await readAll({
    inputs: [file('a.jsonl', '{"b":1,"2":{"x":[1,{"y":2}]},"1":"}","b":2}\n')],
  });
  assert.deepEqual(head.columns, ['b', '2', '1']);
});

test('texts by dotted path', async (t) => {
  const record = { 'a.b': 'dotted', a: { b: 'nested', c: { d: 1 } }, 'x.y': { z: true }, n: null, l: ['q'] };
  const path = file('a.jsonl', `${JSON.stringify(record)}\n{}\n`);
  for (const [column, text] of [
    ['a.b', 'dotted'],
    ['a.c.d', '1'],
    ['x.y.z', 'true'],
    ['n', ''],
    ['l.0', 'q'],
  ] as const) {
    await t.test(column, async () => {
      const { rows } = await readAll({ inputs: [path] }, [column]);
      assert.deepEqual(rows.map(({ texts }) => texts), [[text], ['']]); // prettier-ignore
    });
  }
  for (const column of ['a', 'l', 'x.y']) {
    await assert.rejects(readAll({ inputs: [path] }, [column]), {
      code: 'TEXT_NOT_SCALAR',
      location: { file: path, line: 1 },
    });
  }
  for (const column of ['constructor', 'l.1', 'l.length', 'a.toString', '__proto__']) {
    await assert.rejects(readAll({ inputs: [path] }, [column]), { code: 'TEXT_COLUMN_NOT_FOUND' });
  }
});

test('a path may be missing in the first rows, but not in a hundred', async () => {
  const filler = '{"id":1}\n';
  const late = file('late.jsonl', `${filler.repeat(99)}{"text":"x"}\n${filler}`);
  const { rows } = await readAll({ inputs: [late] }, ['text']);
  assert.equal(rows.length, 101);
  assert.deepEqual(rows.map(({ ordinal }) => ordinal), [...rows.keys()]); // prettier-ignore
  for (const content of [filler.repeat(3), filler.repeat(30_000)]) {
    await assert.rejects(readAll({ inputs: [file('never.jsonl', content)] }, ['text']), {
      code: 'TEXT_COLUMN_NOT_FOUND',
      exitCode: 2,
    });
  }
  assert.deepEqual((await readAll({ inputs: [file('none.jsonl', '')] }, ['text'])).rows, []);
});

test('bad lines are errors with a place', async (t) => {
  for (const [name, line, code, column] of [
    ['array', '[1]', 'NOT_AN_OBJECT', undefined],
    ['null', 'null', 'NOT_AN_OBJECT', undefined],
    ['trailing comma', '{"a":1,}', 'INVALID_JSON', 8],
    ['cut', '{"a":', 'INVALID_JSON', 6],
    ['two objects', '{"a":1} {"a":2}', 'INVALID_JSON', 9],
    ['text', 'hello', 'INVALID_JSON', undefined],
  ] as const) {
    await t.test(name, async () => {
      const path = file('bad.jsonl', `{"a":"ok"}\n\n${line}\n`);
      await assert.rejects(readAll({ inputs: [path] }), (error) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.code, code);
        assert.deepEqual(
          { ...error.location },
          { file: path, line: 3, ...(column === undefined ? {} : { column }) },
        );
        assert.ok(error.message.includes(line.slice(0, 5)));
        return true;
      });
    });
  }
  const far = file('far.jsonl', `{"a":"${'x'.repeat(1e5)}" oops}\n`);
  await assert.rejects(
    readAll({ inputs: [far] }),
    (error) => error instanceof Error && error.message.length < 400,
  );
});

test('a deeply nested line', async () => {
  const deep = `{"text":"x","a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`;
  assert.equal((await readAll({ inputs: [file('deep.jsonl', deep)] }, ['text'])).rows[0]?.json, deep);
});

test('the first rows of a pipe come before it ends', async () => {
  const pipe = new PassThrough();
  pipe.write('{"a":"1"}\n');
  const records = await openRecords({ inputs: ['-'], from: 'jsonl', stdin: pipe, keepNonAnswers: true });
  const rows = records.rows(['a']);
  assert.equal((await rows.next()).value?.[0]?.texts[0], '1');
  await rows.return(undefined);
  assert.equal(pipe.destroyed, false);
});

test('fields are cut out with their raw values', () => {
  const json = ' { "a\\"}" : 1.50 , "b":[1,{"c":"]}"}],"c":null,"d":"x,y" } ';
  assert.deepEqual(topLevelFields(json), [
    { key: 'a"}', raw: '1.50' },
    { key: 'b', raw: '[1,{"c":"]}"}]' },
    { key: 'c', raw: 'null' },
    { key: 'd', raw: '"x,y"' },
  ]);
  assert.deepEqual(topLevelFields('{}'), []);
  assert.equal(valueAt({ a: { 'b.c': 1, b: { c: 2 } } }, 'a.b.c'), 1);
});
