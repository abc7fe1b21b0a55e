import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { inOrder } from '../../src/pipeline/in-order.ts';

/** Counts from 0, and tells how far it was read and whether it was closed. */
function countingSource(): { items: AsyncGenerator<number>; state: { read: number; closed: boolean } } {
  const state = { read: 0, closed: false };
  async function* count(): AsyncGenerator<number> {
    try {
      for (;;) {
        yield state.read++;
        await setImmediate();
      }
    } finally {
      state.closed = true;
    }
  }
  return { items: count(), state };
}

test('results come in the order of the items, however long each takes', async () => {
  async function* items(): AsyncGenerator<number> {
    for (let item = 0; item < 50; item++) yield item;
  }
  const work = async (item: number): Promise<number> => {
    for (let turn = 0; turn < (item * 7) % 5; turn++) await setImmediate();
    return item;
  };
  const results: number[] = [];
  for await (const result of inOrder(items(), work, 4)) results.push(result);
  assert.deepEqual(results, [...Array(50).keys()]);
});

test('the source is read no further than the results are taken', async () => {
  const { items, state } = countingSource();
  const results = inOrder(items, async (item) => item, 3);
  await results.next();
  await results.next();
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  assert.ok(state.read <= 5, `read ${state.read}`);
  await results.return(undefined);
  assert.equal(state.closed, true);
});

test('failed work surfaces in its turn and closes the source', async () => {
  const { items, state } = countingSource();
  const seen: number[] = [];
  const work = async (item: number): Promise<number> => {
    if (item === 5) throw new Error('five');
    return item;
  };
  await assert.rejects(async () => {
    for await (const result of inOrder(items, work, 3)) seen.push(result);
  }, /five/);
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  assert.equal(state.closed, true);
});
