import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openRecords } from '../../src/records/open-records.ts';
import { cells, file, pieces, readAll, readBothWays, temporaryPath } from './support.ts';

const table = 'id,text\n1,é😀評\n2,x\n';
const tableCells = [['1', 'é😀評'], ['2', 'x']]; // prettier-ignore

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

test('encodings', async (t) => {
  const cyrillic = Buffer.from([0x69, 0x64, 0x2c, 0x74, 0x0a, 0x31, 0x2c, 0xcf, 0xf0, 0x0a]);
  for (const [name, content, encoding, expected, options] of [
    ['UTF-8', Buffer.from(table), 'utf-8', tableCells, {}],
    ['UTF-8 with mark', Buffer.from(`\ufeff${table}`), 'utf-8', tableCells, {}],
    ['UTF-16LE by mark', Buffer.from(`\ufeff${table}`, 'utf16le'), 'utf-16le', tableCells, {}],
    ['UTF-16BE by mark', utf16be(`\ufeff${table}`), 'utf-16be', tableCells, {}],
    ['UTF-16LE by name', Buffer.from(table, 'utf16le'), 'utf-16le', tableCells, { encoding: 'utf-16le' }],
    [
      'the mark goes before the name',
      Buffer.from(`\ufeff${table}`),
      'utf-8',
      tableCells,
      { encoding: 'latin1' },
    ],
    [
      'euro sign',
      Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0x80, 0x2c, 0xe9]),
      'windows-1252',
      [['€', 'é']],
      { encoding: 'latin1' },
    ],
    ['Cyrillic', cyrillic, 'windows-1251', [['1', 'Пр']], { encoding: 'windows-1251' }],
    [
      'Shift JIS',
      Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0x82, 0xa0, 0x2c, 0x83, 0x5c]),
      'shift_jis',
      [['あ', 'ソ']],
      { encoding: 'shift_jis' },
    ],
  ] as const) {
    await t.test(name, async () => {
      const read = await readBothWays('a.csv', content, [], options);
      assert.equal(read.head.encoding, encoding);
      assert.equal(read.head.byteOrderMark, name.includes('mark'));
      assert.deepEqual(read.head.columns.length, 2);
      assert.deepEqual(cells(read), expected);
    });
  }
  await assert.rejects(readAll({ inputs: [file('a.csv', table)], encoding: 'utf-9' }), {
    code: 'UNKNOWN_ENCODING',
  });
});

test('a character cut by the end of a read of 64 KB', async () => {
  for (let shift = 0; shift < 4; shift++) {
    const text = 'x'.repeat(shift) + '😀'.repeat(40_000);
    assert.deepEqual(cells(await readAll({ inputs: [file('a.csv', `a,b\n${text},1\n`)] })), [[text, '1']]);
  }
});

test('bytes that are not valid are errors with a line', async (t) => {
  const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
  for (const [name, content, line, options] of [
    ['Latin-1 as UTF-8', latin('a,b\n1,2\n1,\xe9t\xe9\n3,4\n'), 3, {}],
    ['far into the file', latin(`a,b\n${'1,2\n'.repeat(50_000)}\xff,1\n`), 50_002, {}],
    ['cut at the end', Buffer.from('a,b\n1,é').subarray(0, -1), 2, {}],
    ['encoded surrogate', Buffer.from([0x61, 0x0a, 0xed, 0xa0, 0x80, 0x0a]), 2, {}],
    ['overlong', Buffer.from([0x61, 0x0a, 0xc0, 0xaf]), 2, {}],
    ['lone surrogate in UTF-16', Buffer.from('\ufeffa\nb\n\ud800c\n', 'utf16le'), 3, {}],
    ['half a unit of UTF-16', Buffer.from('\ufeffa\nbc', 'utf16le').subarray(0, -1), 2, {}],
    ['EUC-KR', latin('a\nb\n\xff\n'), 3, { encoding: 'euc-kr' }],
  ] as const) {
    await t.test(name, async () => {
      const path = file('bad.csv', content);
      const expected = { code: 'INVALID_ENCODING', exitCode: 2, hint: /--encoding/u };
      await assert.rejects(readAll({ inputs: [path], ...options }), {
        ...expected,
        location: { file: path, line },
      });
      const stdin = pieces(content, content.length > 1000 ? 1000 : 1);
      await assert.rejects(readAll({ inputs: ['-'], stdin, ...options }), {
        ...expected,
        location: { file: '-', line },
      });
    });
  }
});

test('gzip is known by its bytes', async () => {
  const packed = gzipSync(table);
  for (const name of ['a.csv.gz', 'a.csv', 'a.bin']) {
    const read = await readBothWays(name, packed);
    assert.equal(read.head.compression, 'gzip');
    assert.equal(read.head.totalBytes, packed.length);
    assert.deepEqual(cells(read), tableCells);
  }
  assert.deepEqual(cells(await readAll({ inputs: [file('plain.csv.gz', table)] })), tableCells);
  const members = Buffer.concat([gzipSync(table), gzipSync('3,'), gzipSync('y\n')]);
  assert.deepEqual(cells(await readBothWays('members.csv.gz', members)), [...tableCells, ['3', 'y']]);
});

test('zeros behind the last member of a gzip file are padding', async () => {
  for (const zeros of [1, 7, 512, 70_000]) {
    const padded = Buffer.concat([gzipSync(table), gzipSync('3,y\n'), Buffer.alloc(zeros)]);
    const read = await readBothWays('a.csv.gz', padded);
    assert.deepEqual(cells(read), [...tableCells, ['3', 'y']], `${zeros} zeros`);
  }
});

test('zeros between the members of a gzip file, or in place of their first bytes, are damage', async () => {
  const [first, second] = [gzipSync(table), gzipSync('3,y\n')];
  const zeroed = (start: number, end: number): Buffer => {
    const both = Buffer.concat([first, second]);
    return both.fill(0, first.length + start, first.length + end);
  };
  const cases: [name: string, content: Buffer][] = [
    ...[1, 8, 512, 70_000].map((zeros): [string, Buffer] => [
      `${zeros} zeros between`,
      Buffer.concat([first, Buffer.alloc(zeros), second]),
    ]),
    ['first byte of a member', zeroed(0, 1)],
    ['first two bytes of a member', zeroed(0, 2)],
    ['half a member', zeroed(0, second.length >> 1)],
    ['zeros and text', Buffer.concat([first, Buffer.alloc(3), Buffer.from('3,y\n')])],
  ];
  for (const [name, content] of cases) {
    // However the reads fall: at the end of a member, too.
    for (const size of [1, first.length, first.length + 1, content.length]) {
      const inputs = { inputs: ['-'], from: 'csv' as const, stdin: pieces(content, size) };
      await assert.rejects(readAll(inputs), { code: 'GZIP_DAMAGED', exitCode: 2 }, `${name}, by ${size}`);
    }
  }
});

test('damaged gzip is an error', async () => {
  const packed = gzipSync(
    `a,b\n${Array.from({ length: 60_000 }, (_, index) => `${index},${index * 7}\n`).join('')}`,
  );
  const corrupt = Buffer.from(packed);
  corrupt.fill(0xff, 50_000, 50_050);
  for (const content of [
    packed.subarray(0, -5),
    packed.subarray(0, 100_000),
    packed.subarray(0, 12),
    corrupt,
  ]) {
    const path = file('cut.csv.gz', content);
    await assert.rejects(readAll({ inputs: [path] }), {
      code: 'GZIP_DAMAGED',
      exitCode: 2,
      location: { file: path },
    });
  }
});

test('files that cannot be read', async () => {
  const missing = temporaryPath('missing.csv');
  await assert.rejects(openRecords({ inputs: [missing] }), {
    code: 'INPUT_NOT_FOUND',
    exitCode: 2,
    message: new RegExp(missing),
  });
  await assert.rejects(openRecords({ inputs: ['/tmp'] }), { code: 'INPUT_IS_DIRECTORY' });
  await assert.rejects(openRecords({ inputs: [file('a.csv', table), missing] }), { code: 'INPUT_NOT_FOUND' });
  await assert.rejects(openRecords({ inputs: [] }), { code: 'NO_INPUT' });
  await assert.rejects(openRecords({ inputs: ['-', '-'], stdin: Readable.from([]) }), {
    code: 'STDIN_TWICE',
  });
  const broken = new Readable({ read() { this.destroy(new Error('cable pulled')); } }); // prettier-ignore
  await assert.rejects(readAll({ inputs: ['-'], stdin: broken }), { code: 'INPUT_READ_FAILED', exitCode: 1 });
  for (const delimiter of ['', '"', '\n', ',,']) {
    await assert.rejects(openRecords({ inputs: [missing], delimiter }), { code: 'INVALID_DELIMITER' });
  }
});

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

test('files are closed, however reading ends', async () => {
  const big = 'a,b\n' + '1,2\n'.repeat(100_000);
  for (const path of [file('big.csv', big), file('big.csv.gz', gzipSync(big))]) {
    const early = await openRecords({ inputs: [path, path] });
    for await (const rows of early.rows([])) if (rows.length > 0) break;
    assert.ok(!openFiles().includes(path), 'after break');

    const unread = await openRecords({ inputs: [path] });
    assert.ok(openFiles().includes(path));
    await unread.close();
    await unread.close();
    assert.ok(!openFiles().includes(path), 'after close');

    await readAll({ inputs: [path] });
    assert.ok(!openFiles().includes(path), 'after the end');
  }
  const bad = file('bad.csv', 'a,b\n1\n');
  await assert.rejects(readAll({ inputs: [bad] }));
  const other = file('other.csv', 'a,c\n');
  await assert.rejects(openRecords({ inputs: [file('a.csv', 'a,b\n'), other] }));
  assert.ok(!openFiles().some((name) => name === bad || name === other), 'after an error');
});

test('nothing is read that is not pulled', async () => {
  for (const packed of [false, true]) {
    const content = `a,b\n${Array.from({ length: 1.2e5 }, (_, index) => `${(index * 2654435761) % 4294967296},x\n`).join('')}`;
    const bytes = packed ? gzipSync(content) : Buffer.from(content);
    let read = 0;
    const records = await openRecords({
      inputs: [file('big.csv', bytes)],
      onBytes: ({ length }) => (read += length),
    });
    const rows = records.rows(['a']);
    await rows.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(read <= 6 * 65_536, `${read} bytes read ahead`);
    let count = 0;
    for await (const batch of rows) count += batch.length;
    assert.ok(count > 1e5);
    assert.equal(read, bytes.length);
    assert.equal(records.head.totalBytes, bytes.length);
  }
});
