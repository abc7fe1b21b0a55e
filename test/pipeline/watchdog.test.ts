import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Watchdog } from '../../src/pipeline/watchdog.ts';

test('what gives no sign of life for too long is told once, and what does is not', (t) => {
  const dog = new Watchdog<object>();
  const [silent, lively] = [{ name: 'silent' }, { name: 'lively' }];
  t.after(() => [silent, lively].forEach((key) => dog.forget(key)));
  const told: string[] = [];
  for (const key of [silent, lively]) dog.watch(key, 1000, () => told.push(key.name));
  dog.pass(900);
  dog.watch(lively, 1000, () => told.push('lively'));
  dog.pass(200);
  assert.deepEqual(told, ['silent']);
  dog.pass(700);
  dog.forget(lively);
  dog.pass(10_000);
  assert.deepEqual(told, ['silent']);
});

test('time in which nothing ran does not count', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const dog = new Watchdog<object>();
  let isTold = false;
  dog.watch({}, 10_000, () => (isTold = true));
  // Stopped for an hour, as by Ctrl-Z.
  nowMs = 3_600_000;
  t.mock.timers.tick(250);
  assert.equal(isTold, false);
  for (let turn = 0; turn < 50; turn++) {
    nowMs += 250;
    t.mock.timers.tick(250);
  }
  assert.equal(isTold, true);
});
