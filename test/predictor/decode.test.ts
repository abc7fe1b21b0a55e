import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BundleTask } from '../../src/bundle/bundle-json.ts';
import { decodeRow } from '../../src/predictor/decode.ts';

const single: BundleTask = {
  name: 'sentiment',
  problemType: 'single_label_classification',
  labels: ['negative', 'neutral', 'positive'],
  output: 'sentiment',
  head: undefined,
  rules: [],
  taught: undefined,
  thresholds: undefined,
};
const multi: BundleTask = {
  ...single,
  problemType: 'multi_label_classification',
  thresholds: [0.5, 0.5, 0.5],
};

function decode(
  task: BundleTask,
  logits: number[],
  thresholds = [0, 0, 0],
): { scores: number[]; assigned: number[] } {
  const scores = new Float32Array(3);
  const assigned = new Uint8Array(3);
  assert.ok(decodeRow({ task, offset: 0, thresholds }, Float32Array.from(logits), 0, scores, assigned, 0));
  return { scores: [...scores], assigned: [...assigned] };
}

test('single-label: softmax, the best label, the first one on a tie', () => {
  const { scores, assigned } = decode(single, [0, 0, Math.log(2)]);
  assert.deepEqual(scores, [0.25, 0.25, 0.5]);
  assert.deepEqual(assigned, [0, 0, 1]);
  assert.deepEqual(decode(single, [1, 1, 0]).assigned, [1, 0, 0]);
});

test('single-label: below the threshold no label is assigned', () => {
  assert.deepEqual(decode(single, [0, 0, Math.log(2)], [0.6, 0.6, 0.6]).assigned, [0, 0, 0]);
});

test('softmax stands large logits', () => {
  assert.deepEqual(decode(single, [1000, 0, -1000]).scores, [1, 0, 0]);
});

test('multi-label: sigmoid, every label that reaches its threshold', () => {
  const { scores, assigned } = decode(multi, [0, -1, 100], [0.5, 0.5, 0.5]);
  assert.equal(scores[0], 0.5);
  assert.deepEqual(assigned, [1, 0, 1]);
});

test('logits that are not finite are reported, not decoded', () => {
  const nothing = [new Float32Array(3), new Uint8Array(3)] as const;
  for (const bad of [NaN, Infinity, -Infinity]) {
    const logits = Float32Array.from([0, bad, 0]);
    assert.equal(
      decodeRow({ task: single, offset: 0, thresholds: [0, 0, 0] }, logits, 0, ...nothing, 0),
      false,
    );
  }
});
