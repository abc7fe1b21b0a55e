import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { PreviousRows } from '../../src/cache/previous-rows.ts';
import { seededRandom } from '../../src/random.ts';
import { shuffled } from './support.ts';

function openRows(t: TestContext, rows: readonly (readonly [key: string, text: string])[]): PreviousRows {
  const previous = new PreviousRows();
  t.after(() => previous.close());
  for (const [line, [key, text]] of rows.entries()) previous.add(key, text, line + 2);
  return previous;
}

test('rows are compared with those of before in any order, and keys that are gone are listed in theirs', (t) => {
  const before = Array.from({ length: 5000 }, (_, row) => [`key ${row}`, `text ${row}`] as const);
  const random = seededRandom(4);
  /** A tenth gone, some edited, some new, in the order of before or in none. */
  const now = before.flatMap(([key, text], row) => {
    const edited = row % 7 === 3 ? `${text}, edited` : text;
    const own: [string, string][] = row % 10 === 0 ? [] : [[key, edited]];
    return row % 50 === 1 ? [...own, [`new key ${row}`, text] as [string, string]] : own;
  });
  for (const rows of [now, shuffled(now, random), now.toReversed()]) {
    const previous = openRows(t, before);
    assert.equal(previous.complete(), undefined);
    for (const [key, text] of rows) {
      const row = Number(key.split(' ').at(-1));
      const known = row % 7 === 3 ? 'changed' : 'unchanged';
      assert.equal(previous.compare(key, text), key.startsWith('new') ? 'new' : known, key);
    }
    assert.equal(previous.count, 5000);
    assert.equal(previous.goneCount, 500);
    assert.deepEqual(previous.gone(3), ['key 0', 'key 10', 'key 20']);
    assert.equal(previous.gone(10_000).length, 500);
  }
});

test('a key that comes up again is told, whether it is new or known', (t) => {
  const previous = openRows(t, [['a', 'x']]);
  assert.equal(previous.complete(), undefined);
  assert.equal(previous.compare('a', 'x'), 'unchanged');
  assert.equal(previous.compare('a', 'y'), 'twice');
  assert.equal(previous.compare('b', 'x'), 'new');
  assert.equal(previous.compare('b', 'x'), 'twice');
});

test('a key that an earlier file has twice is named with its lines; passed over, the first one counts', (t) => {
  const previous = openRows(t, [
    ['a', 'x'],
    ['b', 'x'],
    ['b', 'y'],
    ['b', 'z'],
  ]);
  assert.deepEqual(previous.complete(), { key: 'b', lines: [3, 4] });
  assert.equal(previous.passOverRepeated(), 2);
  assert.equal(previous.compare('b', 'x'), 'unchanged');
  assert.equal(previous.goneCount, 1);
  assert.deepEqual(previous.gone(5), ['a']);
});

test('half a character is not what takes its place in UTF-8, and no rows are rows', (t) => {
  const previous = openRows(t, [['\ud800', 'x']]);
  assert.equal(previous.complete(), undefined);
  assert.equal(previous.compare('\ufffd', 'x'), 'new');
  const empty = openRows(t, []);
  assert.equal(empty.complete(), undefined);
  assert.equal(empty.compare('a', 'x'), 'new');
  assert.deepEqual([empty.count, empty.goneCount, empty.gone(5)], [0, 0, []]);
});
