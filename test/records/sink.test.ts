import assert from 'node:assert/strict';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { checkOutputs, refuseInputAsOutput } from '../../src/records/output-paths.ts';
import { openSink } from '../../src/records/sink.ts';
import { file, temporaryPath } from './support.ts';

function folder(): string {
  const path = temporaryPath('folder');
  mkdirSync(path);
  return path;
}

test('a file gets its name when it is complete', async () => {
  const inside = folder();
  const path = join(inside, 'out.csv');
  const sink = await openSink(path);
  await sink.write('é1\n');
  await sink.write('');
  await sink.write('2\n');
  assert.match(readdirSync(inside).join(), /^out\.csv\.part$/u);
  await sink.commit();
  assert.deepEqual(readdirSync(inside), ['out.csv']);
  assert.equal(readFileSync(path, 'utf8'), 'é1\n2\n');
  assert.equal(sink.bytesWritten, 6);
  await sink.abort();
  await sink.commit();
  assert.deepEqual(readdirSync(inside), ['out.csv']);
});

test('an aborted file leaves nothing, and the old one as it was', async () => {
  const inside = folder();
  const path = join(inside, 'out.csv.gz');
  writeFileSync(path, 'old');
  const sink = await openSink(path);
  await sink.write('new'.repeat(1e5));
  await sink.abort();
  await sink.abort();
  assert.deepEqual(readdirSync(inside), ['out.csv.gz']);
  assert.equal(readFileSync(path, 'utf8'), 'old');
});

test('a file is replaced with its permissions, behind a link', async () => {
  const inside = folder();
  const path = join(inside, 'real.csv');
  const link = join(inside, 'link.csv');
  writeFileSync(path, 'old');
  chmodSync(path, 0o600);
  symlinkSync('real.csv', link);
  const sink = await openSink(link);
  await sink.write('new');
  await sink.commit();
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('gzip by extension or option; equal input gives equal bytes, however it is cut', async () => {
  const text = Array.from({ length: 50_000 }, (_, index) => `${index},${(index * 7919) % 1000}\n`).join('');
  const packed: Buffer[] = [];
  for (const [name, size] of [
    ['a.csv.gz', 100_000],
    ['b.csv.gz', 1001],
  ] as const) {
    // prettier-ignore
    const path = temporaryPath(name);
    const sink = await openSink(path);
    for (let at = 0; at < text.length; at += size) await sink.write(text.slice(at, at + size));
    await sink.commit();
    packed.push(readFileSync(path));
    assert.equal(sink.bytesWritten, packed.at(-1)?.length);
  }
  assert.equal(gunzipSync(packed[0] as Buffer).toString(), text);
  assert.ok(packed[0]?.equals(packed[1] as Buffer));
  assert.deepEqual([...(packed[0]?.subarray(4, 8) ?? [])], [0, 0, 0, 0]);

  const stream = new PassThrough();
  const sink = await openSink(stream, { gzip: true });
  await sink.write('x');
  await sink.commit();
  assert.equal(stream.writableEnded, false);
  assert.equal(gunzipSync(stream.read() as Buffer).toString(), 'x');
});

test('a device is written, not replaced', async () => {
  const sink = await openSink('/dev/null');
  await sink.write('x');
  await sink.commit();
  assert.ok(lstatSync('/dev/null').isCharacterDevice());
});

test('a stream gets every byte, at its own pace, and stays open', async () => {
  const received: string[] = [];
  let release: (() => void) | undefined;
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, callback) {
      received.push(chunk.toString());
      release = callback;
    },
  });
  const sink = await openSink(slow);
  const first = sink.write('one');
  let settled = false;
  const seen = first.then(() => (settled = true));
  await new Promise(setImmediate);
  assert.equal(settled, false);
  release?.();
  await seen;
  const second = sink.write('two');
  release?.();
  await second;
  await sink.commit();
  assert.deepEqual(received, ['one', 'two']);
  assert.equal(slow.writableEnded || slow.destroyed, false);
});

function failing(code: string): Writable {
  return new Writable({
    write(_chunk, _encoding, callback) {
      callback(Object.assign(new Error(`${code}: failed`), { code }));
    },
  });
}

test('a reader that goes away is no fault', async () => {
  for (const gzip of [false, true]) {
    const sink = await openSink(failing('EPIPE'), { gzip });
    const work = async (): Promise<void> => {
      for (let round = 0; round < 100; round++) await sink.write('x'.repeat(1e5) + round);
      await sink.commit();
    };
    await assert.rejects(work(), { name: 'ReaderGoneError', code: 'READER_GONE', exitCode: 0 });
    await sink.abort();
  }
  const gone = new Writable({ write() {} }); // never calls back
  const sink = await openSink(gone);
  const waiting = sink.write('x');
  gone.destroy();
  await assert.rejects(waiting, { code: 'READER_GONE' });
  await assert.rejects(sink.write('y'), { code: 'READER_GONE' });
});

test('an output that cannot be written is an error that says why', async () => {
  for (const [stream, code] of [
    [failing('ENOSPC'), 'OUTPUT_NO_SPACE'],
    [failing('EIO'), 'OUTPUT_FAILED'],
  ] as const) {
    const sink = await openSink(stream);
    await assert.rejects(sink.write('x'), { name: 'OutputError', code, exitCode: 1 });
    await sink.abort();
  }
  const full = await openSink('/dev/full');
  await assert.rejects(full.write('x'), { code: 'OUTPUT_NO_SPACE' });
  await full.abort();
  const missing = join(temporaryPath('missing'), 'out.csv');
  await assert.rejects(openSink(missing), { code: 'OUTPUT_FOLDER_NOT_FOUND', message: /out\.csv/u });
  await assert.rejects(openSink(folder()), { code: 'OUTPUT_IS_DIRECTORY' });
  const below = join(file('plain', ''), 'out.csv');
  await assert.rejects(openSink(below), { code: 'OUTPUT_FOLDER_NOT_FOUND' });
});

test('outputs that will be one file are refused under any name', async () => {
  const real = folder();
  const linked = temporaryPath('linked');
  symlinkSync(real, linked);
  const output = join(real, 'out.csv');
  for (const other of [output, `${real}/./out.csv`, join(linked, 'out.csv'), `${output}.part`]) {
    await assert.rejects(checkOutputs([output, other], []), { code: 'OUTPUTS_CLASH', exitCode: 2 });
  }
  await checkOutputs([output, join(linked, 'other.csv')], []);
});

test('an output that is an input is refused under any name', async () => {
  const input = file('a.csv', 'a\n');
  const soft = temporaryPath('soft.csv');
  const hard = temporaryPath('hard.csv');
  symlinkSync(input, soft);
  linkSync(input, hard);
  for (const output of [input, soft, hard, join(input, '..', input.split('/').at(-1) as string)]) {
    await assert.rejects(refuseInputAsOutput(output, ['-', file('b.csv', ''), input]), {
      code: 'OUTPUT_IS_INPUT',
      exitCode: 2,
    });
  }
  await refuseInputAsOutput(temporaryPath('new.csv'), [input]);
  await refuseInputAsOutput(file('other.csv', ''), [input, '-']);
  await refuseInputAsOutput('/dev/null', ['/dev/null']);
});
