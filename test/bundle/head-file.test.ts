import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHead, type Head, parseHead } from '../../src/bundle/head-file.ts';
import { BundleError } from '../../src/errors.ts';

const head: Head = {
  directions: undefined,
  center: Float32Array.of(0.5, -1, 2),
  scale: Float32Array.of(1, 2, 0),
  weight: Float32Array.of(1, 2, 3, 4, 5, 6),
  bias: Float32Array.of(0.25, -0.25),
  ngrams: undefined,
};
const shape = { labels: 2, size: 3 };

function withHeader(change: (header: string) => string): Buffer {
  const bytes = formatHead(head);
  const end = 8 + Number(bytes.readBigUInt64LE());
  const header = Buffer.from(change(bytes.toString('utf8', 8, end)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, bytes.subarray(end)]);
}

test('a head is read as it was written, in the safetensors format', () => {
  const bytes = formatHead(head);
  assert.deepEqual(parseHead(bytes, shape, 'x'), head);
  assert.equal(Number(bytes.readBigUInt64LE()) % 8, 0);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE()))) as Record<
    string,
    unknown
  >;
  assert.deepEqual(header['weight'], { dtype: 'F32', shape: [2, 3], data_offsets: [24, 48] });
});

test('weights of parts of words are read as they were written', () => {
  const ngrams = {
    keys: Uint32Array.of(7, 4_294_967_295),
    idf: Float32Array.of(1, 2),
    unknownIdf: 2.5,
    weight: Float32Array.of(1, 2, 3, 4),
  };
  for (const each of [ngrams, { ...ngrams, unknownIdf: undefined }]) {
    const written = { ...head, ngrams: each };
    assert.deepEqual(parseHead(formatHead(written), shape, 'x'), written);
  }
});

test('directions are read as they were written', () => {
  const directions = { axes: Float32Array.of(1, 0, 0, 0, 0, 1), kept: Float32Array.of(0, 0.5) };
  assert.deepEqual(parseHead(formatHead({ ...head, directions }), shape, 'x'), { ...head, directions });
});

const wrong: [string, () => Buffer, RegExp][] = [
  ['nothing', () => Buffer.alloc(0), /expected a file in the safetensors format/],
  ['a header longer than the file', () => formatHead(head).subarray(0, 20), /safetensors format/],
  ['no JSON', () => withHeader((header) => header.replace('{', '[')), /expected a header in JSON/],
  ['cut off', () => formatHead(head).subarray(0, -1), /bias to have 8 bytes inside the file/],
  [
    'another type',
    () => withHeader((header) => header.replace('F32', 'F16')),
    /center to be F32 \[3\], found F16/,
  ],
  [
    'another shape',
    () => withHeader((header) => header.replace('[2,3]', '[3,2]')),
    /weight to be F32 \[2,3\]/,
  ],
  [
    'no tensor',
    () => withHeader((header) => header.replace('"bias"', '"base"')),
    /bias to be F32 \[2\], found undefined/,
  ],
  [
    'bytes before the file',
    () => withHeader((header) => header.replace('[0,12]', '[-12,0]')),
    /center to have 12 bytes/,
  ],
  [
    'no number',
    () => withHeader((header) => header.replace('[0,12]', '["0",12]')),
    /center to have 12 bytes/,
  ],
  [
    'more parts than there can be',
    () =>
      withHeader((header) =>
        header.replace('{', '{"ngram_keys":{"dtype":"U32","shape":[1e9],"data_offsets":[0,0]},'),
      ),
    /ngram_keys to have up to 1000000 values, found 1000000000/,
  ],
  [
    'parts without weights',
    () =>
      withHeader((header) =>
        header.replace('{', '{"ngram_keys":{"dtype":"U32","shape":[2],"data_offsets":[0,8]},'),
      ),
    /ngram_idf to be F32 \[2\], found undefined/,
  ],
  [
    'values that are not finite',
    () => formatHead({ ...head, bias: Float32Array.of(NaN, 0) }),
    /bias: expected finite numbers, found NaN/,
  ],
];

for (const [name, make, message] of wrong) {
  test(`a head file with ${name} is refused`, () => {
    assert.throws(
      () => parseHead(make(), shape, 'heads/x.safetensors'),
      (error) => error instanceof BundleError && error.code === 'HEAD_INVALID' && message.test(error.message),
    );
  });
}
