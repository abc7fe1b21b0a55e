import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';
import type { RecordsOptions } from '../../src/records/records-options.ts';
import { unreadRows } from '../../src/records/rejected.ts';
import type { ChildReport } from './read-in-child.ts';
import {
  cells,
  createWriter,
  file,
  pieces,
  predictions,
  readAll,
  readBothWays,
  temporaryPath,
} from './support.ts';

const megabyte = 1024 * 1024;

async function readInChild(path: string, options: Partial<RecordsOptions>): Promise<ChildReport> {
  const script = join(import.meta.dirname, 'read-in-child.js');
  const { stdout } = await promisify(execFile)(process.execPath, [script, path, JSON.stringify(options)]);
  return JSON.parse(stdout) as ChildReport;
}

/** A file of `bytes` or a little more: `start`, then a line again and again. */
function large(name: string, start: string, line: string, bytes: number): { path: string; lines: number } {
  const path = temporaryPath(name);
  const perBlock = Math.ceil(megabyte / line.length);
  const block = line.repeat(perBlock);
  const blocks = Math.ceil(bytes / block.length);
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, start);
  for (let index = 0; index < blocks; index++) writeSync(descriptor, block);
  closeSync(descriptor);
  return { path, lines: blocks * perBlock };
}

test('a quote that is never closed at the start of 200 MB costs a line and bounded memory', async (t) => {
  const line = `2,${'some longer comment of a customer; '.repeat(60)}\n`;
  const { path, lines } = large('open.csv', 'id,text\n0,x\n1,"open\n', line, 200 * megabyte);
  const strict = await readInChild(path, {});
  assert.deepEqual(strict.error, { code: 'ROW_TOO_LONG', line: 3 });
  assert.equal(strict.rows, 1);
  const small = await readInChild(path, { rejectRows: true, maxRowBytes: megabyte });
  const usual = await readInChild(path, { rejectRows: true });
  for (const { rejected, rows } of [small, usual]) {
    assert.deepEqual(rejected, ['ROW_TOO_LONG']);
    assert.equal(rows, lines + 2);
  }
  t.diagnostic(
    `peak RSS ${strict.peakRssMb.toFixed(0)} MB when it is an error, ${usual.peakRssMb.toFixed(0)} MB when rejected, ` +
      `${small.peakRssMb.toFixed(0)} MB with --max-row-bytes of 1 MiB`,
  );
  assert.ok(small.peakRssMb < 160, `${small.peakRssMb} MB`);
  assert.ok(Math.max(strict.peakRssMb, usual.peakRssMb) < 420, `${usual.peakRssMb} MB`);
});

test('lines without end need bounded memory', async () => {
  for (const [name, start] of [
    ['endless.jsonl', '{"text":"a"}\n{"text":"'],
    ['endless.csv', 'id,text\n1,a\n2,'],
  ] as const) {
    const { path } = large(name, start, 'x'.repeat(1000), 100 * megabyte);
    const options = { maxRowBytes: megabyte };
    assert.deepEqual((await readInChild(path, options)).error?.code, 'ROW_TOO_LONG');
    const report = await readInChild(path, { ...options, rejectRows: true });
    assert.deepEqual(report.rejected, ['ROW_TOO_LONG']);
    assert.equal(report.rows, 2);
    assert.ok(report.peakRssMb < 160, `${name}: ${report.peakRssMb} MB`);
  }
});

test('the longest row is exactly as long as allowed, whatever the chunks and line ends', async (t) => {
  for (const [name, record, next] of [
    ['a.csv', '1,abcdef', '2,x'],
    ['a.csv', '"1","ab"', '2,x'],
    ['a.csv', '1,"a\nbc"', '2,x'],
    ['a.jsonl', '{"a":12}', '{"a":2}'],
  ] as const) {
    await t.test(record, async () => {
      const header = name === 'a.csv' ? 'id,t\n' : '';
      for (const lineEnd of ['\n', '\r\n']) {
        for (const content of [
          `${header}${record}${lineEnd}${next}${lineEnd}`,
          `${header}${next}${lineEnd}${record}`,
        ]) {
          const codes = async (maxRowBytes: number): Promise<unknown> => {
            const { rows } = await readBothWays(name, content, [], { maxRowBytes, rejectRows: true });
            return rows.filter(({ rejected }) => rejected?.code === 'ROW_TOO_LONG').length;
          };
          assert.equal(await codes(8), 0);
          assert.equal(await codes(7), 1);
        }
      }
    });
  }
  const content = 'a,b\n123456789,1\n1,2\n';
  await assert.rejects(readAll({ inputs: [file('a.csv', content)], maxRowBytes: 8 }), {
    code: 'ROW_TOO_LONG',
    message: /a\.csv:2: expected rows of at most 8 bytes, found a longer one$/u,
    hint: /--max-row-bytes/u,
  });
  const open = `a,b\n1,"x\n${'2,y\n'.repeat(50)}`;
  await assert.rejects(readAll({ inputs: [file('a.csv', open)], maxRowBytes: 100 }), {
    message: /a\.csv:2:2: .*the quote that opens here is not closed before$/u,
  });
});

test('a cell of 10 MB is a cell', async () => {
  const long = 'é"\n'.repeat(2.5e6);
  const { rows } = await readAll(
    { inputs: [file('a.csv', `a,b\n1,"${long.replaceAll('"', '""')}"\n2,x\n`)] },
    ['b'],
  );
  assert.ok(rows[0]?.texts[0] === long);
  assert.equal(rows[1]?.line, 2.5e6 + 3);
});

test('a decompression bomb is an error, and what compresses well is not', async () => {
  const bomb = await new Promise<Buffer>((resolve) => {
    const parts: Buffer[] = [];
    const gzip = createGzip({ level: 9 });
    gzip.on('data', (part: Buffer) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
    for (let index = 0; index < 120; index++) gzip.write(Buffer.alloc(megabyte, 'x'));
    gzip.end();
  });
  const start = gzipSync('id,text\n');
  const inputs = [file('bomb.csv.gz', Buffer.concat([start, bomb]))];
  await assert.rejects(readAll({ inputs, rejectRows: true }), {
    code: 'GZIP_BOMB',
    exitCode: 2,
    hint: /gzip -dc/u,
    location: { file: inputs[0] },
  });
  const same = gzipSync(`id,text\n${'1,good\n'.repeat(300_000)}`, { level: 9 });
  assert.ok(2.1e6 / same.length > 400);
  assert.equal((await readAll({ inputs: [file('same.csv.gz', same)] })).rows.length, 300_000);
});

test('a million brackets are no stack overflow', async () => {
  const deep = `{"text":"x","a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
  const open = `{"text":"x","a":${'[{"a":'.repeat(1e6)}`;
  const content = `${deep}\n${open}\n{"text":"y"}\n`;
  const { head, rows } = await readAll({ inputs: [file('a.jsonl', content)], rejectRows: true }, ['text']);
  assert.deepEqual(rows.map(({ rejected }) => rejected?.code), [undefined, 'INVALID_JSON', undefined]); // prettier-ignore
  for (const to of ['jsonl', 'csv'] as const) {
    const writer = await createWriter(head, { to, rejectRows: true });
    const scored = predictions([[1, 0, 0], [1, 0, 0], [0, 0, 1]]); // prettier-ignore
    assert.equal(String(writer.rows(rows, scored, unreadRows(rows)).lines).split('\n').length, 3);
  }
  const asText = await readAll({ inputs: [file('b.jsonl', content)], rejectRows: true }, ['a']);
  assert.equal(asText.rows[0]?.rejected?.code, 'TEXT_NOT_SCALAR');
});

test('__proto__ is a name like any other', async () => {
  const csv = await readBothWays('a.csv', '__proto__,constructor\nx,y\n', ['__proto__']);
  assert.deepEqual(csv.rows[0]?.texts, ['x']);
  assert.deepEqual(cells(csv), [['x', 'y']]);
  const json = await readBothWays('a.jsonl', '{"__proto__":{"text":"x"},"text":"y"}\n', [
    '__proto__.text',
    'text',
  ]);
  assert.deepEqual(json.rows[0]?.texts, ['x', 'y']);
  assert.equal(({} as { text?: string }).text, undefined);
});

test('bad quotes in every line do not make reading quadratic', async () => {
  for (const line of ['"', ',"', ',""",x', '"a"b', ',"x""', '"\n""']) {
    const stdin = pieces(`a,b\n${`${line}\n`.repeat(100_000)}`, 65_536);
    const startedMs = performance.now();
    const options = { inputs: ['-'], from: 'csv', delimiter: ',', stdin, rejectRows: true } as const;
    await readAll({ ...options, inputs: ['-'] });
    assert.ok(performance.now() - startedMs < 10_000, line);
  }
});
