import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import { exitCodes } from '../../src/errors.ts';
import { zstd } from '../../src/records/compression.ts';
import { ZstdFrames } from '../../src/records/zstd-frames.ts';
import { exported, scoreFile } from '../support/exports.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** A whole file of one frame. */
const whole = readFileSync(exported('plain.csv.zst'));
/** A frame to skip, as some programs put before the data. */
const aside = Buffer.from('502a4d1803000000616263', 'hex');

function follow(bytes: Buffer, size = bytes.length): ZstdFrames {
  const frames = new ZstdFrames();
  for (let at = 0; at < bytes.length; at += size) frames.add(bytes.subarray(at, at + size));
  return frames;
}

test('frames are followed to their ends, however they come', () => {
  for (const bytes of [whole, Buffer.concat([aside, whole, whole]), Buffer.alloc(0)]) {
    for (const size of [1, 2, 7, 1000]) assert.equal(follow(bytes, size).isWhole, true, String(size));
  }
  for (let end = 1; end < whole.length; end++)
    assert.equal(follow(whole.subarray(0, end)).isWhole, false, String(end));
  assert.throws(() => follow(Buffer.concat([whole, Buffer.from('more')])), /behind its frames/u);
});

test('zstd is read and written where Node has it, and elsewhere the way on is shown', async (t) => {
  const folder = scratchDirectory(t);
  const file = exported('plain.csv.zst');
  const output = join(folder, 'out.csv.zst');
  const read = await scoreFile(file);
  const written = await scoreFile(exported('plain.csv'), '-o', output);
  if (zstd === undefined) {
    assert.equal(read.code, exitCodes.usage);
    assert.match(read.stderr, /`zstd -dc \S+ \| voxpop score -`.*Node 22\.15/u);
    assert.equal(written.code, exitCodes.usage);
    assert.match(written.stderr, /`voxpop score \.\.\. \| zstd > file`/u);
    return;
  }
  const plain = await scoreFile(exported('plain.csv'));
  assert.equal(read.stdout, plain.stdout, read.stderr);
  assert.equal(written.code, exitCodes.ok, written.stderr);
  const unpacker = zlib as unknown as { zstdDecompressSync(bytes: Buffer): Buffer };
  assert.equal(unpacker.zstdDecompressSync(readFileSync(output)).toString(), plain.stdout);
  for (const [name, bytes] of Object.entries({
    'cut.csv.zst': whole.subarray(0, whole.length - 3),
    'more.csv.zst': Buffer.concat([whole, Buffer.from('more')]),
  })) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const damaged = await scoreFile(path);
    assert.equal(damaged.code, exitCodes.usage, damaged.stdout);
    assert.match(damaged.stderr, /expected a complete zstd file/u);
  }
});
