import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceOf, shareOf } from '../../src/report/statistics.ts';
import { groupOrder } from '../../src/report/group-order.ts';
import { correctedShares, trueShares } from '../../src/report/quality.ts';
import { LabelNames } from '../../src/report/label-names.ts';
import { noLabelFacts } from '../../src/label-facts.ts';

test('the interval of a share is that of Wilson at 1.96', () => {
  assert.deepEqual(shareOf(8, 10), { texts: 8, share: 0.8, low: 0.490157, high: 0.943319 });
  assert.deepEqual(shareOf(0, 10), { texts: 0, share: 0, low: 0, high: 0.27754 });
  assert.deepEqual(shareOf(0, 0), { texts: 0, share: 0, low: 0, high: 1 });
});

test('a difference is clear when chance alone hardly gives it; of many, when even less so', () => {
  const some = { before: 40, beforeOf: 100, after: 55, afterOf: 100 };
  assert.equal(differenceOf(some).clear, true);
  assert.equal(differenceOf(some, true).clear, false);
  assert.equal(differenceOf({ before: 0, beforeOf: 0, after: 5, afterOf: 10 }).clear, false);
  assert.equal(differenceOf({ before: 5, beforeOf: 5, after: 9, afterOf: 9 }).clear, false);
});

test('values with an order of their own stand in it', () => {
  const sorted = (values: string[]): string[] | undefined => {
    const order = groupOrder(values);
    return order && values.toSorted((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0));
  };
  assert.deepEqual(sorted(['10', '9', '2']), ['2', '9', '10']);
  assert.deepEqual(sorted(['65+', '18-24', 'under 18', '25-34', '(none)']), [
    'under 18',
    '18-24',
    '25-34',
    '65+',
    '(none)',
  ]);
  assert.deepEqual(sorted(['promoter', 'Detractor', 'passive']), ['Detractor', 'passive', 'promoter']);
  assert.deepEqual(sorted(['Fri', 'Mon']), ['Mon', 'Fri']);
  assert.equal(sorted(['app', 'web']), undefined);
  assert.equal(sorted(['web', '3']), undefined);
});

test('shares are found again that labels with known errors hide', () => {
  const rows = [
    [80, 20],
    [10, 90],
  ];
  const texts = [0.3 * 0.8 + 0.7 * 0.1, 0.3 * 0.2 + 0.7 * 0.9].map((share) => share * 1000);
  const [first, second] = trueShares(rows, texts) as [number, number];
  assert.ok(Math.abs(first - 0.3) < 1e-3 && Math.abs(second - 0.7) < 1e-3, `${first} ${second}`);
});

test('corrected shares have intervals that hold the truth, and a label that tells nothing has none', () => {
  const facts = {
    ...noLabelFacts,
    hits: {
      topic: {
        food: { hit: 80, missed: 20, wrong: 50, none: 850 },
        rare: { hit: 0, missed: 3, wrong: 1, none: 996 },
      },
    },
  };
  const share = 0.2 * 0.8 + 0.8 * (50 / 900);
  const mixes = [
    {
      task: 'topic',
      multi_label: true,
      labels: [{ label: 'food', ...shareOf(Math.round(share * 2000), 2000) }],
      no_label: 0,
    },
  ];
  const found = correctedShares(mixes, facts, new LabelNames(facts), {
    feedback: 2000,
    seed: 1,
    apart: undefined,
  });
  assert.deepEqual(
    found.map(({ label, rows }) => [label, rows]),
    [['food', 100]],
  );
  const [food] = found as [(typeof found)[number]];
  assert.ok(Math.abs(food.share - 0.2) < 0.01 && food.low < 0.2 && food.high > 0.2, JSON.stringify(food));
});
