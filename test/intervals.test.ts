import assert from 'node:assert/strict';
import { test } from 'node:test';
import { middle95, quantile } from '../src/intervals.ts';

test('quantiles lie between neighbours, as numpy.quantile gives them', () => {
  const sorted = [1, 2, 4, 8];
  const found = [0, 0.025, 0.5, 0.75, 0.975, 1].map((share) => quantile(sorted, share));
  assert.deepEqual(
    found.map((each) => each.toFixed(4)),
    ['1.0000', '1.0750', '3.0000', '5.0000', '7.7000', '8.0000'],
  );
  assert.equal(quantile([], 0.5), 0);
  assert.equal(quantile([3], 0.975), 3);
});

test('the middle of what was drawn does not need it sorted', () => {
  const drawn = [8, 1, 4, 2];
  assert.deepEqual(
    middle95(drawn).map((each) => each.toFixed(4)),
    ['1.0750', '7.7000'],
  );
  assert.deepEqual(drawn, [8, 1, 4, 2]);
});
