import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSlice, sliceRows } from '../../src/pipeline/slice.ts';
import { seededRandom } from '../../src/random.ts';

test('every row is in exactly one slice', () => {
  const random = seededRandom(5);
  const upTo = (limit: number): number => Math.floor(random() * limit);
  for (let round = 0; round < 2000; round++) {
    const of = 1 + upTo(40);
    const rows = round % 3 === 0 ? upTo(50) : upTo(1_000_000);
    const rowsPerCut = [1, 512, 8192][round % 3] as number;
    let next = 0;
    for (let index = 0; index < of; index++) {
      const slice = sliceRows({ index, of }, rows, rowsPerCut);
      assert.equal(slice.firstRow, next, `${index}/${of} of ${rows} by ${rowsPerCut}`);
      assert.ok(slice.rows >= 0);
      assert.ok(slice.rows === 0 || slice.firstRow % rowsPerCut === 0);
      if (rowsPerCut === 1) assert.ok(Math.abs(slice.rows - rows / of) < 1, 'as even as can be');
      next += slice.rows;
    }
    assert.equal(next, rows);
    // The header of the first output is that of the whole.
    assert.ok(rows === 0 || sliceRows({ index: 0, of }, rows, rowsPerCut).rows > 0);
  }
});

test('a shard is i/n, counted from 0', () => {
  assert.deepEqual(parseSlice('0/1'), { index: 0, of: 1 });
  assert.deepEqual(parseSlice('15/16'), { index: 15, of: 16 });
  for (const text of [
    '3/3',
    '4/3',
    'a/b',
    '-1/4',
    '1',
    '1/',
    '/4',
    '0/0',
    '1.5/4',
    '1/2/3',
    '',
    '0/9999999',
  ]) {
    assert.throws(() => parseSlice(text), { name: 'UsageError', code: 'SHARD_INVALID', exitCode: 2 }, text);
  }
  assert.throws(() => parseSlice('3/3'), /Expected --shard to be i\/n like 0\/3 to 2\/3, got 3\/3/u);
});
