import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutBatches, sequenceLength } from '../../src/predictor/batch.ts';

test('every text is in one batch, batches hold one sequence length and keep the budget', () => {
  const lengths = Array.from({ length: 500 }, (_, text) => (text * 37) % 129);
  const batches = cutBatches(lengths, 128, 512);
  const seen = batches.flatMap((batch) => batch.texts).toSorted((a, b) => a - b);
  assert.deepEqual(
    seen,
    [...lengths.keys()].filter((text) => lengths[text] !== 0),
  );
  for (const { texts, sequence } of batches) {
    assert.ok(texts.length * sequence <= 512);
    for (const text of texts) assert.equal(Math.min(sequenceLength(lengths[text] as number), 128), sequence);
  }
});

test('a budget below one text still makes progress', () => {
  assert.deepEqual(cutBatches([5, 5], 32, 1), [
    { texts: [0], sequence: 5 },
    { texts: [1], sequence: 5 },
  ]);
});

test('a sequence is never longer than the bundle allows', () => {
  assert.equal(cutBatches([30], 30, 100)[0]?.sequence, 30);
  assert.equal(cutBatches([99], 100, 100)[0]?.sequence, 100);
});

test('padding is small and never cuts', () => {
  for (let length = 1; length <= 512; length++) {
    const sequence = sequenceLength(length);
    assert.ok(sequence >= length && sequence - length < 8 && sequence <= length * 1.13);
  }
});
