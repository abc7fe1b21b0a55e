import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Head } from '../../src/bundle/head-file.ts';
import { headLogits, lessen, prepareHead } from '../../src/predictor/head.ts';

const directions = { axes: Float32Array.of(0.6, 0.8, 0, 0, 0, 1), kept: Float32Array.of(0, 0.5) };

test('of a vector as much is kept along each direction as it says, and all at right angles to them', () => {
  const vectors = Float32Array.of(9, 9, 9, 3, 4, 2, 0.8, -0.6, 0);
  const lessened = new Float32Array(3);
  lessen(directions, vectors, 3, lessened, 0);
  assert.deepEqual(
    [...lessened].map((value) => Math.round(value * 1e6) / 1e6 + 0),
    [0, 0, 1],
  );
  lessen(directions, vectors, 6, vectors, 6);
  assert.deepEqual([...vectors.subarray(0, 6)], [9, 9, 9, 3, 4, 2]);
  assert.ok(Math.abs((vectors[6] as number) - 0.8) < 1e-6);
});

test('a head with directions does not see what they take', () => {
  const head: Head = {
    directions,
    center: new Float32Array(3),
    scale: new Float32Array(3).fill(1),
    weight: Float32Array.of(1, 0, 0, 0, 0, 1),
    bias: new Float32Array(2),
    ngrams: undefined,
  };
  const other = Float32Array.of(0.8, -0.6, 2, 0.8 + 3 * 0.6, -0.6 + 3 * 0.8, 2);
  const prepared = prepareHead(head);
  const [one, same] = [0, 1].map((row) => headLogits(prepared, other, row, ''));
  one?.forEach((logit, label) => assert.ok(Math.abs(logit - (same?.[label] as number)) < 1e-6));
});
