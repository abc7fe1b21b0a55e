import assert from 'node:assert/strict';
import { test } from 'node:test';
import { file, pieces, readAll, readBothWays } from './support.ts';

test('arrays, objects over several lines and objects side by side are records', async () => {
  const one = '{"id": 1, "text": "a ] } \\" , ["}';
  const two = '{\n  "id": 2,\r\n\t"text": "b",\n  "in": {"x": [1, 2]}\n}';
  const flat = '{"id": 2,"text": "b","in": {"x": [1, 2]}}';
  for (const content of [
    `[${one},${two}]`,
    `[\n  ${one},\n  ${two}\n]\n`,
    `${one}${two}`,
    `${one}\n${two}\n`,
    `${one},\n${two},\n`,
    `\ufeff${one}\n\ufeff${two}`,
    `\u001e${one}\n\u001e${two}\n`,
    `[${one}][${two}]`,
    `[${one},\n${two},]`,
  ]) {
    const { head, rows } = await readBothWays('a.json', content, ['text'], { from: 'json' });
    assert.deepEqual(rows.map(({ json }) => json), [one, flat], content); // prettier-ignore
    assert.deepEqual(rows.map(({ texts }) => texts[0]), ['a ] } " , [', 'b']); // prettier-ignore
    assert.deepEqual(head.columns, ['id', 'text']);
    const bytes = Buffer.from(content);
    for (const { byteOffset, line } of rows) {
      assert.equal(bytes[byteOffset], '{'.charCodeAt(0));
      assert.equal(line, bytes.subarray(0, byteOffset).toString().split('\n').length);
    }
  }
});

test('a document that is cut, and elements that are no objects', async () => {
  for (const content of ['[{"a":1},{"a":', '[{"a":1}', '{"a":1}{"a"', '[{"a":"']) {
    await assert.rejects(readAll({ inputs: ['-'], from: 'json', stdin: pieces(content, 5) }), {
      code: 'JSON_CUT',
    });
  }
  await assert.rejects(readAll({ inputs: [file('a.json', '[{"a":1}, 2, "x"]')] }), { code: 'NOT_AN_OBJECT' });
  await assert.rejects(readAll({ inputs: [file('a.json', '["x", "y"]')], from: 'json' }), {
    code: 'NOT_AN_OBJECT',
    hint: /jq -c/u,
  });
  const { rows } = await readAll({
    inputs: [file('a.json', '[{"a":1}, 2, null, [3], {"a":4}]')],
    rejectRows: true,
  });
  assert.deepEqual(rows.map(({ json, rejected }) => rejected?.raw ?? json), ['{"a":1}', '2', 'null', '[3]', '{"a":4}']); // prettier-ignore
  assert.deepEqual((await readAll({ inputs: [file('a.json', '[]')] })).rows, []);
  await assert.rejects(
    readAll({ inputs: [file('a.json', `[{"a":"${'x'.repeat(9_000_000)}"}]`)], maxRowBytes: 1e6 }),
    {
      code: 'ROW_TOO_LONG',
    },
  );
});
