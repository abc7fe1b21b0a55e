import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'csv-stringify/sync';
import { openRecords } from '../../src/records/open-records.ts';
import { cells, createRandom, file, plainRow, randomCell, readAll, readBothWays } from './support.ts';

test('rows have ordinal, file, line, texts and cells', async () => {
  const path = file('a.csv', 'id,comment\n1,"two\r\nlines"\n\n2,x\n');
  const { rows, head } = await readAll({ inputs: [path] }, ['comment', 'id']);
  assert.deepEqual(rows.map(plainRow), [
    {
      ordinal: 0,
      file: path,
      line: 2,
      byteOffset: 11,
      texts: ['two\r\nlines', '1'],
      cells: ['1', 'two\r\nlines'],
      record: '1,"two\r\nlines"',
      isHeader: false,
      rejected: undefined,
      textNotes: undefined,
      change: undefined,
    },
    {
      ordinal: 1,
      file: path,
      line: 5,
      byteOffset: 27,
      texts: ['x', '2'],
      cells: ['2', 'x'],
      record: '2,x',
      isHeader: false,
      rejected: undefined,
      textNotes: undefined,
      change: undefined,
    },
  ]);
  assert.deepEqual(head, {
    file: path,
    format: 'csv',
    delimiter: ',',
    quoting: { quote: '"', escape: '' },
    encoding: 'utf-8',
    compression: undefined,
    byteOrderMark: false,
    newline: '\n',
    columns: ['id', 'comment'],
    headerRows: 0,
    questions: undefined,
    notices: [],
    hasHeader: true,
    totalBytes: 31,
  });
});

test('cells come through exactly', async () => {
  const hard = [
    '  lead',
    'trail  ',
    ' ',
    '"',
    'a"b',
    'nul\0',
    '\u2028',
    '007',
    '1e5',
    'true',
    '\ufeffx',
    'a\rb',
    '',
  ];
  const content = stringify([hard.map((_, index) => `c${index}`), hard], { eof: true });
  assert.deepEqual(cells(await readBothWays('a.csv', content)), [hard]);
});

test('generated tables read back the same, whatever the chunks', async () => {
  const random = createRandom(1);
  for (let round = 0; round < 40; round++) {
    const width = 2 + random(4);
    const delimiter = [',', ';', '\t', '|'][random(4)] as string;
    const table = Array.from({ length: 1 + random(6) }, () =>
      Array.from({ length: width }, () => randomCell(random)),
    );
    const header = Array.from({ length: width }, (_, index) => `column ${index}`);
    const record_delimiter = random(2) === 0 ? '\n' : '\r\n';
    const options = { delimiter, record_delimiter, quote_record_delimiter: true, eof: random(2) === 0 };
    const content = stringify([header, ...table], options);
    assert.deepEqual(cells(await readBothWays('a.csv', content, [], { delimiter })), table);
  }
});

test('a cell of 10 MB', async () => {
  const long = 'é"\n'.repeat(1e5) + 'x'.repeat(9.6e6);
  const path = file('long.csv', `a,b\n"${long.replaceAll('"', '""')}",1\nx,2\n`);
  const { rows } = await readAll({ inputs: [path] }, ['a']);
  assert.ok(rows[0]?.texts[0] === long);
  assert.equal(rows[1]?.line, 1e5 + 3);
});

test('line ends', async (t) => {
  for (const [name, content, newline] of [
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n', '\r\n'],
    ['LF', 'a,b\n1,2\n3,4', '\n'],
    ['CRLF, then LF', 'a,b\r\n1,2\n3,4\n', '\r\n'],
    ['LF, then CRLF', 'a,b\n1,2\r\n3,4\r\n', '\n'],
    ['classic Mac OS', 'a,b\r1,2\r3,4\r', '\r'],
    ['blank lines', '\n\na,b\n\n1,2\n\r\n3,4\n\n', '\n'],
  ] as const) {
    await t.test(name, async () => {
      const read = await readBothWays('a.csv', content);
      assert.deepEqual(read.head.columns, ['a', 'b']);
      assert.deepEqual(cells(read), [['1', '2'], ['3', '4']]); // prettier-ignore
      if (name !== 'blank lines') assert.equal(read.head.newline, newline);
      if (name !== 'blank lines') assert.deepEqual(read.rows.map(({ line }) => line), [2, 3]); // prettier-ignore
    });
  }
});

test('a blank line is an empty value when there is one column', async () => {
  const read = await readBothWays('a.csv', 'text\na\n\n""\nb\n');
  assert.deepEqual(cells(read), [['a'], [''], [''], ['b']]);
});

test('a header alone is no row', async () => {
  for (const content of ['a,b\n', 'a,b', '\ufeffa,b\r\n']) {
    assert.deepEqual((await readBothWays('a.csv', content)).rows, []);
  }
});

test('an empty file is an error', async () => {
  for (const content of ['', '\n\n', '\ufeff']) {
    await assert.rejects(readAll({ inputs: [file('a.csv', content)] }), { code: 'EMPTY_INPUT', exitCode: 2 });
  }
});

test('the delimiter is detected', async (t) => {
  for (const [name, content, delimiter] of [
    ['semicolon beside decimal commas', 'id;price\n1;2,5\n2;3,5\n', ';'],
    ['tab beside commas in text', 'id\ttext\n1\ta, b, c\n2\td\n', '\t'],
    ['pipe', 'id|text\n1|a\n', '|'],
    ['quoted delimiters do not count', '"a;b;c",d\n"1;2",2\n', ','],
    ['one column', 'text\nhello\n', ','],
    ['header alone', 'a;b;c', ';'],
    ['line ends in cells', 'id;text\n1;"a\n,,,\n"\n2;b\n', ';'],
    ['comma in half of the rows, semicolon in all', 'a,x;b\n1;2\n3;4\n', ';'],
    ['cut in the middle of the last record', `a;b\n${'1;2,2\n'.repeat(20_000)}`, ';'],
  ] as const) {
    await t.test(name, async () => {
      const { head } = await readAll({ inputs: [file('a.txt', content)] });
      assert.equal(head.delimiter, delimiter);
    });
  }
  const { head } = await readAll({ inputs: [file('a.tsv', 'a,b\tc\n')] });
  assert.deepEqual(head.columns, ['a,b', 'c']);
  const told = await readAll({ inputs: [file('a.csv', 'a^b\n1^2\n')], delimiter: '^' });
  assert.deepEqual(told.head.columns, ['a', 'b']);
  const tab = await readAll({ inputs: [file('a.csv', 'a,b\t1\n')], delimiter: '\\t' });
  assert.deepEqual(tab.head.columns, ['a,b', '1']);
});

test('bad records are errors with a place, after the rows before them', async (t) => {
  for (const [name, content, code, line, column] of [
    ['too few fields', 'a,b\n1,2\n3\n', 'RAGGED_ROW', 3, undefined],
    ['too many fields after a cell with CRLF', 'a,b\r\n"1\r\n",2\r\n3,4,5\r\n', 'RAGGED_ROW', 4, undefined],
    ['a quote that is not closed', 'a,b\n1,2\n3,"x\ny\nz,1\n', 'QUOTE_NOT_CLOSED', 3, 2],
    ['not closed after a cell of two lines', 'a,b\n1,2\n"3\r\n3","x\ny', 'QUOTE_NOT_CLOSED', 4, 2],
    ['text after a closing quote', 'a,b\n1,2\n"x"y,3\n', 'STRAY_QUOTE', 3, 1],
    ['blanks before a quote', 'a,b\n1,2\n3, "y"\n', 'STRAY_QUOTE', 3, 2],
  ] as const) {
    await t.test(name, async () => {
      const path = file('bad.csv', content);
      await assert.rejects(readAll({ inputs: [path] }), {
        code,
        exitCode: 2,
        location: { file: path, line, ...(column === undefined ? {} : { column }) },
      });
      const seen: unknown[] = [];
      await assert.rejects(async () => {
        for await (const rows of (await openRecords({ inputs: [path] })).rows([])) seen.push(...rows);
      });
      assert.equal(seen.length, 1);
    });
  }
});

test('the message of a ragged row says what was expected and found', async () => {
  const path = file('bad.csv', 'a,b\n1,2,3\n');
  await assert.rejects(readAll({ inputs: [path] }), {
    message: `${path}:2: expected 2 fields as in the header, found 3`,
    hint: /--delimiter/u,
  });
});

test('double names in the header pass through', async () => {
  const read = await readAll({ inputs: [file('a.csv', 'a,a,b\n1,2,3\n')] }, ['b']);
  assert.deepEqual(read.head.columns, ['a', 'a', 'b']);
  assert.deepEqual(read.rows[0]?.cells, ['1', '2', '3']);
});
