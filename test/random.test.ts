import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poisson, seededRandom } from '../src/random.ts';

/** A source that gives one number again and again, and counts how often it was asked. */
function always(value: number): { random: () => number; asked: () => number } {
  let asked = 0;
  return { random: () => (asked++, value), asked: () => asked };
}

test('up to a mean of 40 a Poisson draw is exact: the quantile at one random number', () => {
  for (const [mean, quantile, draw] of [
    [2, 0.7, 3],
    [40, 0.5, 40],
    [40, 0.9, 48],
  ] as const) {
    const { random, asked } = always(quantile);
    assert.equal(poisson(mean, random), draw);
    assert.equal(asked(), 1);
  }
});

test('above, it is a rounded normal draw, which takes two', () => {
  const { random, asked } = always(0.5);
  // Box and Muller: 41 + sqrt(41) * sqrt(-2 ln 0.5) * cos(pi) = 33.46.
  assert.equal(poisson(41, random), 33);
  assert.equal(asked(), 2);
});

test('draws have the mean and the variance that they should, on both sides of the limit', () => {
  for (const mean of [1, 40, 41]) {
    const random = seededRandom(7);
    const draws = Array.from({ length: 20_000 }, () => poisson(mean, random));
    const average = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - average) ** 2, 0) / draws.length;
    assert.ok(Math.abs(average - mean) < 4 * Math.sqrt(mean / draws.length), `${mean}: ${average}`);
    assert.ok(Math.abs(variance / mean - 1) < 0.05, `${mean}: ${variance}`);
  }
});
