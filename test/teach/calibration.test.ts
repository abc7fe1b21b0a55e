import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/random.ts';
import { chooseThresholds, fitScale, fitSigmoid } from '../../src/teach/calibration.ts';

test('the scale that made the labels is found again', () => {
  const random = seededRandom(1);
  const rows = 4000;
  const truth = 3;
  const scores = Float64Array.from({ length: rows * 2 }, () => random());
  const gold = Array.from({ length: rows }, (_, row) => {
    const gap = truth * ((scores[row * 2] as number) - (scores[row * 2 + 1] as number));
    return random() < 1 / (1 + Math.exp(-gap)) ? 0 : 1;
  });
  const { scale, loss } = fitScale(scores, gold, 2);
  assert.ok(Math.abs(scale - truth) < 0.4, `${scale}`);
  assert.ok(loss < Math.log(2));
});

test('scale and shift of a sigmoid are found again; a label without rows stays unlikely', () => {
  const random = seededRandom(2);
  const scores = Float64Array.from({ length: 5000 }, () => random() * 2 - 1);
  const applies = Uint8Array.from(scores, (score) =>
    random() < 1 / (1 + Math.exp(-(4 * score - 1))) ? 1 : 0,
  );
  const { scale, shift } = fitSigmoid(scores, applies);
  assert.ok(Math.abs(scale - 4) < 0.4 && Math.abs(shift + 1) < 0.2, `${scale} ${shift}`);
  const never = fitSigmoid(scores, new Uint8Array(scores.length));
  assert.ok(1 / (1 + Math.exp(-(never.scale + never.shift))) < 0.01);
});

test('scores that separate perfectly end, and in finite numbers', () => {
  const { scale, shift } = fitSigmoid(Float64Array.of(0, 0, 1, 1), Uint8Array.of(0, 0, 1, 1));
  assert.ok(Number.isFinite(scale) && Number.isFinite(shift) && scale > 0);
});

test('a threshold lies between the rows with the label and the others; few rows follow the other labels', () => {
  const many = 200;
  const scores = new Float64Array(many * 2);
  const applies = new Uint8Array(many * 2);
  for (let row = 0; row < many; row++) {
    const isGold = row % 2 === 0;
    scores[row * 2] = isGold ? 0.4 : 0.2;
    applies[row * 2] = Number(isGold);
    // The second label has one row, which a threshold of its own would be made for.
    scores[row * 2 + 1] = row === 0 ? 0.9 : 0.1;
    applies[row * 2 + 1] = Number(row === 0);
  }
  const [first, second] = chooseThresholds(scores, applies, 2) as [number, number];
  assert.ok(first > 0.2 && first <= 0.4, `${first}`);
  assert.ok(second > 0.1 && second <= 0.9, `${second}`);
});
