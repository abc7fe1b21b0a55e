import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enforceRules, ruleFinder } from '../../src/predictor/rules.ts';

const labels = ['refund', 'parking'];

function finds(word: string, text: string): boolean {
  return ruleFinder([{ label: 'parking', words: [word] }], labels)?.(text).length === 1;
}

test('whole words are found, in any case, form and language', () => {
  for (const [word, text] of [
    ['refund', 'I want my REFUND!'],
    ['money back', 'Money\n back please'],
    ['Straße', 'Die STRASSE und die straße'],
    ['ﬁle', 'a file'],
    ['c++', 'knows C++.'],
    ['work-life balance', 'no Work-Life Balance'],
    ['a/b (c) [d] {e} ^$|\\', 'a/b (c) [d] {e} ^$|\\'],
    ['a.b', 'the a.b case'],
    ['возврат', 'Где мой Возврат?'],
    ['退款', '我要退款谢谢'],
    ['คืนเงิน', 'ขอคืนเงินด้วย'],
    ['主管ABC', '找主管ABC了'],
    ['café', 'le cafe\u0301 est bon'],
  ] as const) {
    assert.ok(finds(word, text), `${word} in ${text}`);
  }
});

test('parts of words are not found', () => {
  for (const [word, text] of [
    ['park', 'parking'],
    ['fund', 'refund'],
    ['back', 'back2back'],
    ['a.b', 'aXb'],
    ['वि', 'विकल्प'],
  ] as const) {
    assert.ok(!finds(word, text), `${word} in ${text}`);
  }
});

function enforced(
  type: 'single_label_classification' | 'multi_label_classification',
  scores: number[],
  found: number[],
) {
  const task = {
    name: 't',
    problemType: type,
    labels: ['a', 'b', 'c'],
    output: 't',
    head: undefined,
    rules: [],
    taught: undefined,
  };
  const [values, assigned] = [Float32Array.from(scores), Uint8Array.of(1, 0, 0)];
  enforceRules(
    found,
    { task: { ...task, thresholds: undefined }, offset: 0, thresholds: [0, 0, 0] },
    values,
    assigned,
    0,
  );
  return { scores: [...values], assigned: [...assigned] };
}

test('a rule decides: one label of the best score, or all that were found', () => {
  const single = 'single_label_classification';
  assert.deepEqual(enforced(single, [0.5, 0.25, 0.25], []), {
    scores: [0.5, 0.25, 0.25],
    assigned: [1, 0, 0],
  });
  assert.deepEqual(enforced(single, [0.5, 0.25, 0.25], [2]), { scores: [0, 0, 1], assigned: [0, 0, 1] });
  assert.deepEqual(enforced(single, [0.25, 0.5, 0.25], [0, 1]).assigned, [0, 1, 0]);
  assert.deepEqual(enforced(single, [1, 0, 0], [1, 2]), { scores: [0, 0.5, 0.5], assigned: [0, 1, 0] });
  const multi = enforced('multi_label_classification', [0.5, 0.25, 0.25], [1, 2]);
  assert.deepEqual(multi, { scores: [0.5, 1, 1], assigned: [1, 1, 1] });
});
