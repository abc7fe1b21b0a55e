import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { rawOf } from '../../src/records/raw.ts';
import type { RecordsOptions } from '../../src/records/records-options.ts';
import { unreadRows } from '../../src/records/rejected.ts';
import type { Row } from '../../src/records/row.ts';
import {
  createRandom,
  createWriter,
  file,
  pieces,
  predictions,
  randomCell,
  readAll,
  readBothWays,
} from './support.ts';

/** What happened to each row: its cells or its JSON, or the code and the raw record of its reject. */
function outcome({ cells, json, rejected }: Row): unknown {
  return cells ?? json ?? [rejected?.code, rejected?.raw];
}

/** Reads with rejects, at once and byte by byte. */
async function readRejecting(
  name: string,
  content: string | Buffer,
  options: Partial<RecordsOptions> = {},
  textColumns: string[] = [],
): Promise<Row[]> {
  const { rows } = await readBothWays(name, content, textColumns, { ...options, rejectRows: true });
  return rows;
}

test('a bad record of CSV is a row that says so, and reading goes on', async (t) => {
  for (const [name, lines, expected] of [
    [
      'too few fields',
      '1\n2,x\n',
      [
        ['RAGGED_ROW', '1'],
        ['2', 'x'],
      ],
    ],
    [
      'too many fields',
      '1,"a\nb",3\n2,x',
      [
        ['RAGGED_ROW', '1,"a\nb",3'],
        ['2', 'x'],
      ],
    ],
    [
      'the last record, without line end',
      '1,x\n2',
      [
        ['1', 'x'],
        ['RAGGED_ROW', '2'],
      ],
    ],
    [
      'text after a closing quote',
      '1,"x"y\r\n2,x\r\n',
      [
        ['STRAY_QUOTE', '1,"x"y'],
        ['2', 'x'],
      ],
    ],
    [
      'the last, without line end',
      '1,x\n2,"x"y',
      [
        ['1', 'x'],
        ['STRAY_QUOTE', '2,"x"y'],
      ],
    ],
    [
      'quotes that are not doubled',
      '1,"say "a, b", or c"\n2,x\n',
      [
        ['STRAY_QUOTE', '1,"say "a, b", or c"'],
        ['2', 'x'],
      ],
    ],
    [
      'never closed',
      '1,"x\n2,y\n3,z\n',
      [
        ['QUOTE_NOT_CLOSED', '1,"x'],
        ['2', 'y'],
        ['3', 'z'],
      ],
    ],
    [
      'never closed on the last line',
      '1,x\n2,"y',
      [
        ['1', 'x'],
        ['QUOTE_NOT_CLOSED', '2,"y'],
      ],
    ],
    [
      'closed by the next cell with quotes',
      '1,"x\n2,"y"\n3,z\n',
      [
        ['STRAY_QUOTE', '1,"x'],
        ['2', 'y'],
        ['3', 'z'],
      ],
    ],
    [
      'opened after a cell of two lines',
      '"1\n1","x\n2,y\n',
      [
        ['QUOTE_NOT_CLOSED', '"1\n1","x'],
        ['2', 'y'],
      ],
    ],
    [
      'blanks before a quote',
      '1, "a"\n2,x\n',
      [
        ['STRAY_QUOTE', '1, "a"'],
        ['2', 'x'],
      ],
    ],
    [
      'several in a row',
      '1\n2\n"3"3\n4,"x\n5,"y"\n',
      [
        ['RAGGED_ROW', '1'],
        ['RAGGED_ROW', '2'],
        ['STRAY_QUOTE', '"3"3'],
        ['STRAY_QUOTE', '4,"x'],
        ['5', 'y'],
      ],
    ],
    // The rest of a cell with a bad quote is read as records of its own.
    [
      'a stray quote on the second line of a cell',
      '1,"a\nb "c" d"\n2,x\n',
      [
        ['STRAY_QUOTE', '1,"a'],
        ['RAGGED_ROW', 'b "c" d"'],
        ['2', 'x'],
      ],
    ],
  ] as const) {
    // prettier-ignore
    await t.test(name, async () => {
      const content = `id,text\n${lines}`;
      const rows = await readRejecting('a.csv', content, {}, ['text']);
      assert.deepEqual(rows.map(outcome), expected);
      for (const [index, row] of rows.entries()) {
        assert.equal(row.ordinal, index);
        const start = row.rejected?.raw ?? row.cells?.[0];
        assert.ok(content.slice(row.byteOffset).replace(/^"/u, '').startsWith(start?.replace(/^"/u, '') ?? '?'));
        assert.equal(row.line, content.slice(0, row.byteOffset).split('\n').length);
        if (row.rejected !== undefined) assert.deepEqual(row.texts, ['']);
      }
      // Without rejects the first of them ends the reading, in the same words, and says how to go on.
      const first = rows.find(({ rejected }) => rejected !== undefined);
      await assert.rejects(readAll({ inputs: [file('a.csv', content)] }), {
        code: first?.rejected?.code,
        message: new RegExp(`a\\.csv:\\d+(:\\d+)?: ${first?.rejected?.message}$`, 'u'),
        hint: / `voxpop score` puts such rows aside with `--rejects <file>`, a filter answers them with `--errors inline`\.$/u,
      });
    });
  }
});

test('a bad line of JSONL is a row that says so, and reading goes on', async () => {
  const bad = ['{"text":1', '[1]', '{"text":{"a":1}}', 'null', '{"text":"x"} {}'];
  const lines = [bad[0], '{"text":"a"}', bad[1], '', bad[2], bad[3], '{"text":"b"}', bad[4]];
  const rows = await readRejecting('a.jsonl', lines.join('\r\n'), {}, ['text']);
  assert.deepEqual(rows.map(outcome), [
    ['INVALID_JSON', bad[0]],
    '{"text":"a"}',
    ['NOT_AN_OBJECT', bad[1]],
    ['TEXT_NOT_SCALAR', bad[2]],
    ['NOT_AN_OBJECT', bad[3]],
    '{"text":"b"}',
    ['INVALID_JSON', bad[4]],
  ]);
  assert.deepEqual(rows.map(({ line }) => line), [1, 2, 3, 5, 6, 7, 8]); // prettier-ignore
  assert.deepEqual(rows.map(({ byteOffset }) => byteOffset), [0, 11, 25, 32, 50, 56, 70]); // prettier-ignore
  assert.equal(rows[0]?.rejected?.column, 10);
  const { head } = await readAll({ inputs: [file('a.jsonl', lines.join('\n'))], rejectRows: true });
  assert.deepEqual(head.columns, ['text']);
});

test('bad lines do not count when a text path is looked for, good ones do', async () => {
  const bad = 'oops\n'.repeat(250);
  const late = file('late.jsonl', `${bad}{"text":"x"}\n`);
  const { rows } = await readAll({ inputs: [late], rejectRows: true }, ['text']);
  assert.equal(rows.length, 251);
  assert.deepEqual(rows.at(-1)?.texts, ['x']);
  assert.equal(
    (await readAll({ inputs: [file('all.jsonl', bad)], rejectRows: true }, ['text'])).rows.length,
    250,
  );
  const never = file('never.jsonl', `${bad}${'{"id":1}\n'.repeat(200)}`);
  await assert.rejects(readAll({ inputs: [never], rejectRows: true }, ['text']), {
    code: 'TEXT_COLUMN_NOT_FOUND',
  });
});

test('what is wrong with a whole file is an error all the same', async (t) => {
  for (const [name, content, code] of [
    ['empty', '', 'EMPTY_INPUT'],
    ['a bad header', '"a"b,c\n1,2\n', 'STRAY_QUOTE'],
    ['a header that never ends', '"a,c\n1,2\n', 'QUOTE_NOT_CLOSED'],
    ['bytes in another encoding', Buffer.from('a,b\n\xe9,2\n', 'latin1'), 'INVALID_ENCODING'],
    ['a header in another encoding', Buffer.from('\xe9,b\n1,2\n', 'latin1'), 'INVALID_ENCODING'],
    ['damaged gzip', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2]), 'GZIP_DAMAGED'],
  ] as const) {
    await t.test(name, async () => {
      const invalidUtf8 = name.startsWith('a header') ? 'reject' : 'error';
      const inputs = [file('a.csv', content)];
      await assert.rejects(readAll({ inputs, rejectRows: true, invalidUtf8 }), { code, exitCode: 2 });
    });
  }
});

const soupParts = [
  'a',
  'bc',
  ' ',
  '"',
  '"',
  '""',
  ',',
  ',',
  '\n',
  '\n',
  '\r\n',
  '\r',
  'é',
  '😀',
  '"x"',
  '"a\nb"',
];

function soup(random: (limit: number) => number): string {
  return Array.from({ length: random(40) }, () => soupParts[random(soupParts.length)]).join('');
}

test('good records and rejects are together the whole file, whatever is in it and however it is cut', async () => {
  const random = createRandom(11);
  for (let round = 0; round < 400; round++) {
    const content = `h,i\n${soup(random)}`;
    const maxRowBytes = random(4) === 0 ? 8 + random(20) : undefined;
    const options = { from: 'csv', inputs: ['-'], rejectRows: true, delimiter: ',', maxRowBytes } as const;
    const [whole, ...others] = await Promise.all(
      [1 << 20, 1, 2, 3, 7].map((size) =>
        readAll({ ...options, inputs: ['-'], stdin: pieces(content, size) }),
      ),
    );
    const rows = whole?.rows ?? [];
    for (const other of others) assert.deepEqual(other.rows, rows, JSON.stringify(content));
    const bytes = Buffer.from(content);
    let end = 4;
    for (const [index, row] of rows.entries()) {
      // Between two records lie line ends only.
      assert.match(bytes.subarray(end, row.byteOffset).toString(), /^[\r\n]*$/u);
      const next = rows[index + 1]?.byteOffset ?? bytes.length;
      const text = bytes.subarray(row.byteOffset, next).toString();
      if (row.rejected !== undefined) {
        assert.ok(text.startsWith(row.rejected.raw));
        end = row.byteOffset + Buffer.byteLength(row.rejected.raw);
      } else {
        end = next;
      }
      assert.equal(row.line, bytes.subarray(0, row.byteOffset).toString().split('\n').length);
    }
  }
});

test('where csv-parse finds nothing wrong, the cells are the same', async () => {
  const random = createRandom(12);
  let compared = 0;
  for (let round = 0; round < 5000 && compared < 200; round++) {
    const content = `h,i\n${soup(random).slice(0, 2 + random(20))}`;
    let expected: string[][];
    try {
      expected = parse(content, { record_delimiter: ['\r\n', '\n'], skip_empty_lines: true });
    } catch (error) {
      assert.ok(error instanceof CsvError);
      continue;
    }
    const { rows } = await readAll({ inputs: ['-'], from: 'csv', delimiter: ',', stdin: pieces(content, 5) });
    assert.deepEqual(rows.map(({ cells }) => cells), expected.slice(1), JSON.stringify(content)); // prettier-ignore
    compared++;
  }
  assert.ok(compared === 200, `${compared} compared`);
});

test('rejects that are corrected and fed back give the rows that were missing', async () => {
  const random = createRandom(13);
  for (let round = 0; round < 30; round++) {
    const table = Array.from({ length: 30 }, (_, index) => [String(index), randomCell(random), 'end']);
    const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
    const lineEnd = random(2) === 0 ? '\n' : '\r\n';
    const header = `id,text,last${lineEnd}`;
    const broken = new Set<number>();
    const lines = table.map((record, index) => {
      const line = record.map(quote).join(',');
      if (random(4) > 0) return line + lineEnd;
      broken.add(index);
      // One field too many, which a person takes out again.
      return `${line},BROKEN${lineEnd}`;
    });
    const { rows } = await readAll({ inputs: [file('a.csv', header + lines.join(''))], rejectRows: true });
    assert.equal(rows.length, table.length);
    const rejects = rows.flatMap(({ rejected }) => (rejected === undefined ? [] : [rejected.raw]));
    assert.equal(rejects.length, broken.size);
    const again = header + rejects.map((raw) => raw.replace(/,BROKEN$/u, '') + lineEnd).join('');
    const repaired = (await readAll({ inputs: [file('again.csv', again)] })).rows;
    const merged = rows.map((row) => (row.rejected === undefined ? row : repaired.shift()));
    assert.deepEqual(merged.map((row) => row?.cells), table); // prettier-ignore
  }
});

test('the raw record of a good row reads back as the same row', async () => {
  const random = createRandom(14);
  const table = Array.from({ length: 50 }, () => ['x', randomCell(random), randomCell(random)]);
  const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const content = `a;b;c\r\n${table.map((cells) => `${cells.map(quote).join(';')}\r\n`).join('')}`;
  const { head, rows } = await readAll({ inputs: [file('a.csv', content)] });
  const again = `a;b;c\r\n${rows.map((row) => `${rawOf(row, head)}\r\n`).join('')}`;
  assert.deepEqual(
    (await readAll({ inputs: [file('b.csv', again)] })).rows.map(({ cells }) => cells),
    table,
  );
  const json = '{ "text" : "\\u00e9", "n": 1.0 }';
  const lines = await readAll({ inputs: [file('a.jsonl', `${json}\r\n`)] });
  assert.equal(rawOf(lines.rows[0] as Row, lines.head), json);
});

test('a long record is cut in its reject, and says so', async () => {
  const text = 'é'.repeat(1_000_000);
  const content = `{"text":"x"}\nx${text}\n{"text":"y"}\n`;
  const lines = (await readAll({ inputs: [file('a.jsonl', content)], rejectRows: true })).rows;
  const table = await readAll({ inputs: [file('a.csv', `a,b\n${text}\n1,2\n`)], rejectRows: true });
  for (const [row, length] of [
    [lines[1], 512 * 1024],
    [table.rows[0], 512 * 1024],
  ] as const) {
    assert.equal(row?.rejected?.rawTruncated, true);
    assert.equal(row.rejected.raw.length, length);
    assert.ok(!row.rejected.raw.includes('\ufffd'));
  }
  assert.equal(lines.length, 3);
  assert.deepEqual(table.rows[1]?.cells, ['1', '2']);
});

test('the writer leaves out rejected rows and rejects what does not fit', async () => {
  const content =
    '{"text":"a"}\noops\n{"text":"b","new":1}\n{"text":"c","text":"d"}\n{"text":"\\ud800"}\n{"text":"e"}\n';
  const { head, rows } = await readAll({ inputs: [file('a.jsonl', content)], rejectRows: true }, ['text']);
  const scores = rows.map((_, index) => (index === 5 ? [0, 0, 1] : [1, 0, 0]));
  const lineWriter = await createWriter(head, { to: 'jsonl', rejectRows: true });
  const lines = lineWriter.rows(rows, predictions(scores), unreadRows(rows));
  assert.equal(String(lines.lines).split('\n').length, 6);
  assert.deepEqual([...lines.rejected.keys()], [1]);
  const table = (await createWriter(head, { rejectRows: true })).rows(
    rows,
    predictions(scores),
    unreadRows(rows),
  );
  assert.equal(String(table.lines), 'a,negative\ne,positive\n');
  const reasons = rows.map((_, index) => table.rejected.get(index));
  assert.deepEqual(reasons.map((reason) => reason && [reason.code, reason.raw]), [
    undefined,
    ['INVALID_JSON', 'oops'],
    ['UNEXPECTED_KEY', '{"text":"b","new":1}'],
    ['DUPLICATE_KEY', '{"text":"c","text":"d"}'],
    ['LONE_SURROGATE', '{"text":"\\ud800"}'],
    undefined,
  ]); // prettier-ignore
  const taken = await readAll({ inputs: [file('b.jsonl', '{"text":"a","predictions":1}\n{"text":"b"}\n')] }, [
    'text',
  ]);
  const takenWriter = await createWriter(taken.head, { to: 'jsonl', rejectRows: true });
  const written = takenWriter.rows(taken.rows, predictions(scores), new Map());
  assert.match(String(written.lines), /^\{"text":"b".*\n$/u);
  assert.equal(written.rejected.get(0)?.code, 'COLUMN_CLASH');
});
