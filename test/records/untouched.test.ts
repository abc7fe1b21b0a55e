import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'csv-stringify/sync';
import type { RecordsOptions } from '../../src/records/records-options.ts';
import type { WriterOptions } from '../../src/records/format-writer.ts';
import {
  cells,
  createRandom,
  emotion,
  file,
  outputOf,
  pieces,
  predictions,
  randomCell,
  readAll,
} from './support.ts';

interface Case extends Partial<WriterOptions> {
  reading?: Partial<RecordsOptions>;
  /** Scores of each text. */
  scored?: number[];
}

/** What is written for some inputs, every text scored alike. */
async function write(inputs: string[], { reading = {}, scored, ...given }: Case = {}): Promise<string> {
  const read = await readAll({ inputs, ...reading }, ['text']);
  return outputOf(read, given, scored && predictions(read.rows.map(() => scored)));
}

test('a record comes through byte by byte, whatever its quotes', async () => {
  const records = [
    'plain,1',
    '"quoted without need","1"',
    'half,"1"',
    '5" screen,1',
    'a ""doubled"" pair,""',
    '"a ""doubled"" pair",""""',
    '"two\nlines","two\r\nlines"',
    '  blanks  ,\t',
    ',',
    '"",',
    '"a,b",評論 😀',
    'a\rb,c',
    "'=1+1,=1+1",
    'nul\0,\u2028',
    'last one,without line end',
  ];
  for (const lineEnd of ['\n', '\r\n']) {
    const path = file('a.csv', `text,n${lineEnd}${records.join(lineEnd)}`);
    const expected = records.map((record) => `${record},negative${lineEnd}`).join('');
    assert.equal(await write([path]), `text,n,sentiment${lineEnd}${expected}`);
    assert.equal(await write([path], { to: 'tsv', outputDelimiter: ',' }), await write([path]));
  }
  const utf16 = file('a.csv', Buffer.from('\ufeff"text"\té\n"ü"\t"1"\n', 'utf16le'));
  assert.equal(await write([utf16], { to: 'tsv' }), '\ufefftext\té\tsentiment\n"ü"\t"1"\tnegative\n');
  const marked = file('a.csv', '\ufeffsep=;\r\n"text";n\r\n"a";"1"\r\n');
  assert.equal(await write([marked]), '\ufefftext;n;sentiment\r\n"a";"1";negative\r\n');
  const classic = file('a.csv', 'text,n\r"a",1\rb,"2"');
  assert.equal(await write([classic]), 'text,n,sentiment\r"a",1,negative\rb,"2",negative\r');
  const { head, rows } = await readAll({ inputs: [file('a.csv', '"x",1\ny,"2"')], header: false });
  assert.deepEqual(head.columns, ['column_1', 'column_2']);
  assert.deepEqual(rows.map(({ record }) => record?.text()), ['"x",1', 'y,"2"']); // prettier-ignore
  assert.equal(await write([file('a.csv', 'text\n\n"a"\n')]), 'text,sentiment\n,negative\n"a",negative\n');
});

test('generated records come through byte by byte, whatever the chunks and whatever is rejected', async () => {
  const random = createRandom(31);
  const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const table: string[][] = [];
  const records: string[] = [];
  for (let row = 0; row < 4000; row++) {
    const long = row % 1000 === 7 ? 'long, "cell"\n'.repeat(20_000) : randomCell(random);
    const record = [long, randomCell(random), String(row)];
    table.push(record);
    records.push(
      record.map((cell, index) => (index === 2 && random(2) === 0 ? cell : quote(cell))).join(';'),
    );
  }
  const lines = records.map((record, row) => (row % 50 === 3 ? `${record}\n"bad";"row"\n` : `${record}\n`));
  const content = `text;b;c\n${lines.join('')}`;
  const expected = `text;b;c;sentiment\n${records.map((record) => `${record};negative\n`).join('')}`;
  for (const size of [65_536, 4099, 100]) {
    const reading = { stdin: pieces(content, size), from: 'csv', delimiter: ';', rejectRows: true } as const;
    assert.ok((await write(['-'], { reading })) === expected, `in pieces of ${size}`);
    const again = { ...reading, stdin: pieces(content, size), inputs: ['-'] };
    const read = (await readAll(again)).rows.filter(({ rejected }) => rejected === undefined);
    assert.deepEqual(read.map((row) => row.cells), table); // prettier-ignore
  }
});

test('records of another delimiter are made again, each file as it needs', async () => {
  const comma = file('a.csv', 'text,n\n"a",1\n"x;y","2"\n');
  const semicolon = file('b.csv', 'text;n\n"b, c";"1"\n"d";5" screen\n');
  assert.equal(
    await write([comma, semicolon, comma]),
    'text,n,sentiment\n"a",1,negative\n"x;y","2",negative\n"b, c",1,negative\nd,"5"" screen",negative\n' +
      '"a",1,negative\n"x;y","2",negative\n',
  );
  assert.equal(
    await write([semicolon, comma]),
    'text;n;sentiment\n"b, c";"1";negative\n"d";5" screen;negative\na;1;negative\n"x;y";2;negative\n',
  );
  assert.equal(await write([semicolon], { to: 'tsv' }), 'text\tn\tsentiment\nb, c\t1\tnegative\nd\t"5"" screen"\tnegative\n'); // prettier-ignore
  assert.equal(await write([comma], { escapeFormulas: true }), 'text,n,sentiment\na,1,negative\nx;y,2,negative\n'); // prettier-ignore
});

test('a line end that means nothing in its own file is quoted in another', async () => {
  const lineFeeds = file('a.csv', 'text,n\na\rb,1\n');
  const carriageReturns = file('b.csv', 'text,n\r"c",2\r');
  assert.equal(
    await write([lineFeeds, carriageReturns]),
    'text,n,sentiment\na\rb,1,negative\nc,2,negative\n',
  );
  const output = await write([carriageReturns, lineFeeds]);
  assert.equal(output, 'text,n,sentiment\r"c",2,negative\r"a\rb",1,negative\r');
});

test('added cells are quoted where the delimiter or the label asks for it', async () => {
  const path = file('a.csv', 'text;n\na;1\n');
  const settings: Case = { tasks: [emotion], scored: [0.1, 0.81, 0.5], scores: 'top' };
  assert.equal(await write([path], settings), 'text;n;emotion;emotion_score\na;1;"joy;trust";"0.81;0.5"\n');
  const labels = ['a"b', 'a|b', 'a\nb', 'a\rb', '"', ' x ', '', "'", '=1'];
  const odd = { ...emotion, labels };
  for (const delimiter of [',', '|', '\t', ' ', '.', '§', '😀']) {
    const input = file('a.csv', `text${delimiter}n\nx${delimiter}y\n`);
    for (let chosen = 0; chosen < labels.length; chosen++) {
      const scored = labels.map((_, label) => (label === chosen ? 0.75 : 0.25));
      const reading = { delimiter };
      const output = await write([input], { tasks: [odd], scored, scores: 'all', reading });
      const added = [labels[chosen] ?? '', '0.75', ...scored.map(String)];
      const expected = stringify([['x', 'y', ...added]], { delimiter, quote_record_delimiter: true });
      assert.equal(output.slice(output.indexOf('x' + delimiter + 'y')), expected);
    }
  }
  const read = await readAll({ inputs: [file('b.csv', await write([path], { tasks: [emotion], scored: [1, 1, 1] }))] }); // prettier-ignore
  assert.deepEqual(cells(read), [['a', '1', 'anger;joy;trust']]);
});
