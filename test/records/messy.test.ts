import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordFormat } from '../../src/records/row.ts';
import type { WriterOptions } from '../../src/records/format-writer.ts';
import type { RecordsOptions } from '../../src/records/records-options.ts';
import { cells, createRandom, file, outputOf, readAll, readBothWays } from './support.ts';

async function write(
  content: string | Buffer,
  to: RecordFormat,
  given: Partial<WriterOptions> & { name?: string } = {},
  reading: Partial<RecordsOptions> = {},
): Promise<string> {
  const { name = to === 'jsonl' ? 'a.jsonl' : 'a.csv', ...options } = given;
  const textColumns = options.textColumns ?? [];
  const read = await readAll({ ...reading, inputs: [file(name, content)] }, textColumns);
  return outputOf(read, { to, ...options, textColumns });
}

test("Excel's line with the delimiter is no header", async (t) => {
  for (const [name, content, delimiter, options] of [
    ['semicolon', 'sep=;\r\na;b\r\n1,5;2\r\n', ';', {}],
    ['a delimiter that is never guessed', 'sep=^\na^b\n1,5^2\n', '^', {}],
    ['upper case, in quotes, with a mark', '\ufeff"SEP=;"\na;b\n1,5;2\n', ';', {}],
    ['tab in UTF-16', Buffer.from('\ufeffsep=\t\r\na\tb\r\n1,5\t2\r\n', 'utf16le'), '\t', {}],
    ['told otherwise', 'sep=;\na|b\n1,5|2\n', '|', { delimiter: '|' }],
    ['two bytes long', 'sep=§\na§b\n1,5§2\n', '§', {}],
  ] as const) {
    await t.test(name, async () => {
      const read = await readBothWays('a.csv', content, [], options);
      assert.equal(read.head.delimiter, delimiter);
      assert.deepEqual(read.head.columns, ['a', 'b']);
      assert.deepEqual(cells(read), [['1,5', '2']]);
      assert.equal(read.rows[0]?.line, 3);
      const text = Buffer.isBuffer(content) ? content.toString('utf16le') : content;
      const before = text.slice(0, text.indexOf('1,5'));
      assert.equal(read.rows[0]?.byteOffset, Buffer.byteLength(before));
    });
  }
  const plain = await readAll({ inputs: [file('a.csv', 'sep=ab,c\n1,2\n')] });
  assert.deepEqual(plain.head.columns, ['sep=ab', 'c']);
});

test("Excel's Unicode text is read as it is", async () => {
  const text = '\ufeffid\tcomment\r\n1\t"5"" screen\r\nis 评论"\r\n2\t😀\r\n';
  const read = await readBothWays('a.txt', Buffer.from(text, 'utf16le'));
  assert.deepEqual(cells(read), [['1', '5" screen\r\nis 评论'], ['2', '😀']]); // prettier-ignore
  assert.deepEqual([read.head.delimiter, read.head.newline], ['\t', '\r\n']);
});

test('UTF-16 without a byte order mark is recognised', async () => {
  const bytes = Buffer.from('id,text\n1,é\n', 'utf16le');
  await assert.rejects(readAll({ inputs: [file('a.csv', bytes)] }), {
    code: 'INVALID_ENCODING',
    hint: /--encoding utf-16le/u,
  });
  await assert.rejects(readAll({ inputs: [file('a.jsonl', Buffer.from(bytes).swap16())] }), {
    hint: /--encoding utf-16be/u,
  });
  assert.equal((await readAll({ inputs: [file('a.csv', bytes)], encoding: 'utf-16le' })).rows.length, 1);
  // Of other scripts the first bytes tell nothing.
  for (const content of ['номер,отзыв\n1,Плохо\n', '评论;编号\r\n很好;1\r\n']) {
    const text = Buffer.from(content, 'utf16le');
    for (const [name, inBytes] of [
      ['utf-16le', text],
      ['utf-16be', Buffer.from(text).swap16()],
    ] as const) {
      await assert.rejects(readAll({ inputs: [file('a.csv', inBytes)] }), { hint: `Name the encoding: \`--encoding ${name}\`.` }); // prettier-ignore
    }
  }
  // Zeros in cells are their own.
  const zeros = 'id,text\n1,a\0b\n2,c\0dd\n';
  assert.equal((await readAll({ inputs: [file('a.csv', zeros)] })).rows.length, 2);
  const atStart = 'id,text\n\0,x\n';
  assert.equal((await readAll({ inputs: [file('a.csv', atStart)] })).rows.length, 1);
});

test('UTF-32 is an error that converts it', async () => {
  const bytes = Buffer.from([0xff, 0xfe, 0, 0, ...Buffer.from('t\0\0\0\n\0\0\0')]);
  await assert.rejects(readAll({ inputs: [file('a.csv', bytes)] }), {
    code: 'INVALID_ENCODING',
    hint: /`iconv -f utf-32 -t utf-8 .*a\.csv \| voxpop score -`/u,
  });
});

test('a quote inside a cell without quotes is text', async () => {
  const content = 'id,text,x\n1,5" screen,a\n2,it said "no", twice\n3,"""q""",end"\r\n4,12" or 15",""\n';
  assert.deepEqual(cells(await readBothWays('a.csv', content)), [
    ['1', '5" screen', 'a'],
    ['2', 'it said "no"', ' twice'],
    ['3', '"q"', 'end"'],
    ['4', '12" or 15"', ''],
  ]);
});

test('a quote in the first line does not hide how lines end', async () => {
  const read = await readAll({ inputs: [file('a.csv', '1,5" screen\r\n2,x\r\n')], header: false });
  assert.equal(read.head.newline, '\r\n');
});

test('NUL bytes, lone carriage returns and mixed line ends stay where they are', async () => {
  const content = 'id,text\r\n1,a\0b\n2,a\rb\r\n\n\r\n3,"\r\n\r\0"\n4,x\r\r\n5,"y"\r';
  assert.deepEqual(cells(await readBothWays('a.csv', content)), [
    ['1', 'a\0b'],
    ['2', 'a\rb'],
    ['3', '\r\n\r\0'],
    ['4', 'x\r'],
    ['5', 'y'],
  ]);
});

test('files without rows', async (t) => {
  for (const content of ['', ' ', '\n', ' \r\n\t\n  ', '\ufeff', '\ufeff\n', 'sep=;\n', 'sep=;\n \n']) {
    await t.test(JSON.stringify(content), async () => {
      for (const header of [true, false]) {
        await assert.rejects(readAll({ inputs: [file('a.csv', content)], header }), {
          code: 'EMPTY_INPUT',
          exitCode: 2,
        });
      }
      if (!content.startsWith('sep')) {
        assert.deepEqual((await readAll({ inputs: [file('a.jsonl', content)] })).rows, []);
      }
    });
  }
  assert.equal(await write('id,text\n', 'csv', { textColumns: ['text'] }), 'id,text,sentiment\n');
});

test('no header: columns are numbered, and none are written', async () => {
  const read = await readBothWays('a.csv', '1,good\n2,bad\n', ['column_2'], { header: false });
  assert.deepEqual(read.head.columns, ['column_1', 'column_2']);
  assert.deepEqual(read.rows.map(({ texts, line }) => [texts[0], line]), [['good', 1], ['bad', 2]]); // prettier-ignore
  const options = { textColumns: ['column_2'] };
  assert.equal(
    await write('1,good\n2,bad\n', 'csv', options, { header: false }),
    '1,good,negative\n2,bad,negative\n',
  );
  assert.equal(
    await write('1,good\n', 'jsonl', { ...options, name: 'a.csv' }, { header: false }),
    '{"column_1":"1","column_2":"good","predictions":{"sentiment":{"label":"negative"}}}\n',
  );
  const two = [file('a.csv', '1,a\n'), file('b.csv', '2,b\n')];
  assert.equal((await readAll({ inputs: two, header: false })).rows.length, 2);
  await assert.rejects(readAll({ inputs: [two[0] ?? '', file('c.csv', '1\n')], header: false }), {
    code: 'HEADER_DIFFERS',
  });
  // The keys of JSONL name its columns, so that there is nothing to leave out.
  assert.match(
    await write('{"text":"a"}\n', 'csv', { name: 'a.jsonl', textColumns: ['text'] }, { header: false }),
    /^text,sentiment\n/u,
  );
});

test('bytes that are not valid: replaced, or the row rejected', async (t) => {
  const latin = Buffer.from('id,text\n1,good\n2,\xe9t\xe9\n3,fine\n', 'latin1');
  const utf16 = Buffer.from('\ufeffid,text\n1,good\n2,\ud800x\n3,fine\n', 'utf16le');
  const korean = Buffer.from('id,text\n1,good\n2,\xffx\n3,fine\n', 'latin1');
  for (const [name, content, replaced, options] of [
    ['UTF-8', latin, '\ufffdt\ufffd', {}],
    ['UTF-16', utf16, '\ufffdx', {}],
    ['EUC-KR', korean, '\ufffdx', { encoding: 'euc-kr' }],
  ] as const) {
    await t.test(name, async () => {
      const replace = await readBothWays('a.csv', content, [], { ...options, invalidUtf8: 'replace' });
      assert.deepEqual(cells(replace), [['1', 'good'], ['2', replaced], ['3', 'fine']]); // prettier-ignore
      const settings = { ...options, invalidUtf8: 'reject' } as const;
      const { rows } = await readBothWays('a.csv', content, [], { ...settings, rejectRows: true });
      assert.deepEqual(rows.map((row) => row.cells ?? [row.rejected?.code, row.rejected?.raw]), [
        ['1', 'good'],
        ['INVALID_ENCODING', `2,${replaced}`],
        ['3', 'fine'],
      ]); // prettier-ignore
      await assert.rejects(readAll({ inputs: [file('a.csv', content)], ...settings }), {
        code: 'INVALID_ENCODING',
        message: /a\.csv:3: /u,
      });
    });
  }
  const lines = Buffer.from('{"t":"a"}\n{"t":"\xe9"}\n', 'latin1');
  const json = await readBothWays('a.jsonl', lines, ['t'], { invalidUtf8: 'reject', rejectRows: true });
  assert.deepEqual(json.rows.map(({ rejected }) => rejected?.code), [undefined, 'INVALID_ENCODING']); // prettier-ignore
  // A replacement character that was in the file is text like any other.
  const kept = await readAll({ inputs: [file('a.csv', 'a\n\ufffd\n')], invalidUtf8: 'reject' });
  assert.deepEqual(cells(kept), [['\ufffd']]);
});

test('replacing does not depend on how the bytes are cut', async () => {
  const random = createRandom(21);
  const parts = [[0xe2, 0x82, 0xac], [0xf0, 0x9f, 0x98], [0x80], [0xff], [0x61], [0xc3], [0x0a], [0xf5], [0xe0]]; // prettier-ignore
  for (let round = 0; round < 60; round++) {
    const bytes = Array.from({ length: random(30) }, () => parts[random(parts.length)] ?? []).flat();
    const content = Buffer.from([0x61, 0x0a, ...bytes]);
    const read = await readBothWays('a.csv', content, [], { invalidUtf8: 'replace', delimiter: ',' });
    const expected = new TextDecoder().decode(content).split('\n').slice(1);
    assert.deepEqual(read.rows.map((row) => row.cells?.[0]).join('|'), expected.join('|').replace(/\|$/u, '')); // prettier-ignore
    await readBothWays('a.csv', content, [], { invalidUtf8: 'reject', rejectRows: true, delimiter: ',' });
  }
});

test('JSONL keeps blank lines out, digits and odd keys in', async () => {
  const lines = [
    '{"10":1,"9":12345678901234567890123,"text":"a","":-0.0,"__proto__":{"x":1},"constructor":null}',
    '{"text":"b","e":1E400,"text":"c"}',
  ];
  const content = `\n \r\n${lines[0]}\n\n\t\n${lines[1]}\n\n`;
  const read = await readBothWays('a.jsonl', content, ['text']);
  assert.deepEqual(read.rows.map(({ json, line }) => [json, line]), [[lines[0], 3], [lines[1], 6]]); // prettier-ignore
  assert.deepEqual(read.head.columns, ['10', '9', 'text', '', '__proto__', 'constructor']);
  const output = await write(content, 'jsonl', { textColumns: ['text'] });
  for (const line of lines) assert.ok(output.includes(line.slice(0, -1)));
  assert.equal(Object.hasOwn({}, 'x'), false);
});

test('output options: byte order mark, delimiter', async () => {
  const content = 'id,text\n1,"a;b"\n';
  const textColumns = ['text'];
  assert.equal(
    await write(content, 'csv', { textColumns, bom: true }),
    '\ufeffid,text,sentiment\n1,"a;b",negative\n',
  );
  assert.equal(
    await write(content, 'csv', { textColumns, outputDelimiter: ';' }),
    'id;text;sentiment\n1;"a;b";negative\n',
  );
  assert.equal(
    await write(content, 'csv', { textColumns, outputDelimiter: '\\t' }),
    'id\ttext\tsentiment\n1\ta;b\tnegative\n',
  );
  assert.equal(await write('a,b\n1,2\n', 'csv', { bom: true }, { header: false }), '\ufeffa,b\n1,2\n');
  await assert.rejects(write(content, 'csv', { outputDelimiter: '"' }), {
    code: 'INVALID_DELIMITER',
    message: /--output-delimiter/u,
  });
});

test('formulas are escaped when asked, in every cell', async () => {
  const hard = ['=1+1', '+1', '-5', '@x', '\tx', '\rx', '＝1', 'x=1', "'=1", '', '=A1,"b"'];
  const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  const content = `=h,${hard.map((_, index) => `c${index}`).join(',')}\n-1,${hard.map(quote).join(',')}\n`;
  const read = async (escapeFormulas: boolean): Promise<unknown> => {
    const output = await write(content, 'csv', { escapeFormulas });
    const again = await readAll({ inputs: [file('a.csv', output)] });
    return [again.head.columns[0], ...(again.rows[0]?.cells ?? [])];
  };
  assert.deepEqual(await read(false), ['=h', '-1', ...hard]);
  const escaped = hard.map((cell) => (/^[=+\-@\t\r＝]/u.test(cell) ? `'${cell}` : cell));
  assert.deepEqual(await read(true), ["'=h", "'-1", ...escaped]);
  assert.ok((await write('{"text":"=1"}\n', 'jsonl', { escapeFormulas: true })).includes('"=1"'));
});
