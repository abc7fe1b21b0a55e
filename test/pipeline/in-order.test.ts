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

test('as many items are worked on at a time as there may be, and not one more', async () => {
  const { items } = countingSource();
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const work = (item: number): Promise<number> => {
    started.push(item);
    return new Promise((resolve) => finish.push(() => resolve(item)));
  };
  const results = inOrder(items, work, 3);
  const first = results.next();
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  assert.deepEqual(started, [0, 1, 2]);
  for (const end of finish) end();
  assert.deepEqual(await first, { done: false, value: 0 });
  await results.return(undefined);
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
  // The read that was under way comes to its end first.
  await setImmediate();
  assert.equal(state.closed, true);
});

test('a result does not wait for a source that is silent, nor does the end', async () => {
  let closed = false;
  async function* oneThenSilence(): AsyncGenerator<number> {
    try {
      yield 1;
      await new Promise(() => {});
    } finally {
      closed = true;
    }
  }
  const results = inOrder(oneThenSilence(), async (item) => item, 3);
  assert.deepEqual(await results.next(), { done: false, value: 1 });
  // The source cannot be closed while it waits; that must not hold up whoever has seen enough.
  await results.return(undefined);
  assert.equal(closed, false);
});

test('when the source fails, the results before come first', async () => {
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    yield 2;
    throw new Error('third');
  }
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const result of inOrder(failing(), async (item) => item, 5)) seen.push(result);
  }, /third/);
  assert.deepEqual(seen, [1, 2]);
});

test('nothing is started for an item that comes after the consumer has stopped', async () => {
  let give: (item: number) => void = () => {};
  const later = new Promise<number>((resolve) => {
    give = resolve;
  });
  async function* items(): AsyncGenerator<number> {
    yield 1;
    yield await later;
  }
  const started: number[] = [];
  const work = async (item: number): Promise<number> => started.push(item);
  const results = inOrder(items(), work, 3);
  await results.next();
  await results.return(undefined);
  give(2);
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  assert.deepEqual(started, [1]);
});
