import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countNgrams, NgramFeatures } from '../../src/predictor/ngrams.ts';
import { makeNgramTable } from '../../src/teach/ngram-table.ts';

test('parts of two to five characters, with the space on either side of a word', () => {
  // " ab ": " a", " ab", " ab ", "ab", "ab ", "b "
  assert.equal(countNgrams('ab').size, 6);
  assert.equal(
    [...countNgrams('ab AB\nａｂ').values()].every((count) => count === 3),
    true,
  );
  assert.deepEqual(countNgrams('  ab '), countNgrams('ab'));
  assert.equal(countNgrams('').size, 0);
  assert.equal(countNgrams('😀').size, 3);
});

test('a text of known parts is at length 1, and rare parts count more', () => {
  const table = makeNgramTable(['refund', 'refund me', 'parking'], 2);
  const ngrams = new NgramFeatures(table);
  const length = (text: string): number => Math.hypot(...ngrams.of(text).values);
  assert.ok(Math.abs(length('refund parking') - 1) < 1e-12);
  assert.equal(ngrams.of('zz').values.length, 0);
  const [often, rare] = [table.idf.at(0) as number, table.idf.at(-1) as number];
  assert.ok(often < rare);
  assert.deepEqual([...table.keys], [...makeNgramTable(['parking', 'refund me', 'refund'], 2).keys]);
});

test('unknown parts take from the length of a text, but not in heads of earlier versions', () => {
  const table = makeNgramTable(['refund', 'refund me', 'parking'], 2);
  const lengthOf = (unknownIdf: number | undefined): number =>
    Math.hypot(...new NgramFeatures({ ...table, unknownIdf }).of('parking Schmetterling').values);
  assert.ok(lengthOf(table.unknownIdf) < 0.8);
  assert.ok(Math.abs(lengthOf(undefined) - 1) < 1e-12);
});

test('no more parts are kept than a head has room for', () => {
  const texts = Array.from({ length: 2000 }, (_, at) => `word${at * 7919} other${at * 104_729}`);
  assert.equal(makeNgramTable(texts, 1000).keys.length, 2000);
});
