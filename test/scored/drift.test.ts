import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drift } from '../../src/scored/drift.ts';

test('equal mixes do not drift', () => {
  const { psi, jensen_shannon: divergence } = drift([10, 20, 70], [10, 20, 70]);
  assert.equal(psi, 0);
  assert.equal(divergence, 0);
});

test('disjoint mixes are one bit apart, and the index stays finite', () => {
  const { psi, jensen_shannon: divergence } = drift([100, 0], [0, 100]);
  assert.ok(Math.abs(divergence - 1) < 1e-12);
  assert.ok(Number.isFinite(psi) && psi > 5);
});

test('half a text is added to each label', () => {
  // Shares of 1.5 / 2 and 0.5 / 2, and the other way round.
  const expected = 2 * 0.5 * Math.log(3);
  assert.ok(Math.abs(drift([1, 0], [0, 1]).psi - expected) < 1e-12);
});

test('the index is that of the textbook for large counts', () => {
  // (0.4 - 0.5) ln(0.4 / 0.5) + (0.6 - 0.5) ln(0.6 / 0.5)
  const expected = -0.1 * Math.log(0.8) + 0.1 * Math.log(1.2);
  assert.ok(Math.abs(drift([5e6, 5e6], [4e6, 6e6]).psi - expected) < 1e-6);
});

test('drift is symmetric, and nothing against nothing is no drift', () => {
  const [there, back] = [drift([30, 70], [55, 45]), drift([55, 45], [30, 70])];
  assert.ok(Math.abs(there.jensen_shannon - back.jensen_shannon) < 1e-12);
  assert.deepEqual(drift([0, 0], [3, 4]), { psi: 0, jensen_shannon: 0 });
});
