import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvaluationDocument, MetricChange } from '../../src/evaluate/evaluation-document.ts';
import { runGates } from '../../src/evaluate/gates.ts';
import { UsageError } from '../../src/errors.ts';

const document: EvaluationDocument = {
  evaluation_version: 1,
  bundle: { name: 'one', version: '1', sha256: '' },
  inputs: ['gold.csv'],
  rows: 100,
  empty: 0,
  resamples: 1000,
  seed: 1,
  tasks: [
    {
      task: 'sentiment',
      rows: 100,
      problem_type: 'single_label_classification',
      gold_column: 'sentiment',
      metrics: { accuracy: 0.8, macro_f1: 0.78, calibration_error: 0.1 },
      intervals: { accuracy: [0.75, 0.85], macro_f1: [0.72, 0.82] },
      labels: [{ label: 'so.so', precision: 0.5, recall: 0.4, f1: 0.44, support: 10, predicted: 8 }],
    },
  ],
  slices: [],
  gates: [],
};
const nothing = { maxDrop: {}, min: {}, significant: false, by: [], minSliceRows: 20 };

function change(interval?: [number, number]): MetricChange {
  const base = { task: 'sentiment', metric: 'macro_f1' as const, before: 0.8, now: 0.78 };
  return interval === undefined ? base : { ...base, interval };
}

test('a minimum is met by the figure itself', () => {
  const min = { 'sentiment.accuracy': 0.8, sentiment: 0.781, 'sentiment.so.so.recall': 0.41 };
  const gates = runGates(document, [], { ...nothing, min });
  assert.deepEqual(
    gates.map(({ metric, passed }) => [metric, passed]),
    [
      ['accuracy', true],
      ['macro_f1', false],
      ['so.so.recall', false],
    ],
  );
});

test('a drop is in points, and exactly the largest allowed one passes', () => {
  const drop = (points: number): boolean | undefined =>
    runGates(document, [change()], { ...nothing, maxDrop: { '*': points } })[0]?.passed;
  assert.equal(drop(1.9), false);
  assert.equal(drop(2), true);
});

test('with --significant only a drop beyond chance fails', () => {
  const passed = (interval?: [number, number], before = 0.8): boolean | undefined => {
    const options = { ...nothing, maxDrop: { sentiment: 0.5 }, significant: true };
    return runGates(document, [{ ...change(interval), before }], options)[0]?.passed;
  };
  assert.equal(passed([-0.05, 0.01]), true);
  assert.equal(passed([-0.05, -0.001]), false);
  // Without a paired interval: is the former figure inside the interval of the new one?
  assert.equal(passed(undefined, 0.81), true);
  assert.equal(passed(undefined, 0.83), false);
});

test('gates on what was not measured are errors', () => {
  const gates = (options: Partial<typeof nothing>): (() => unknown) => {
    return () => runGates(document, [change()], { ...nothing, ...options });
  };
  assert.throws(gates({ min: { mood: 0.5 } }), UsageError);
  assert.throws(gates({ min: { 'sentiment.calibration_error': 0.5 } }), UsageError);
  assert.throws(gates({ maxDrop: { 'sentiment.accuracy': 1 } }), UsageError);
  assert.throws(gates({ maxDrop: { 'sentiment.recall': 1 } }), UsageError);
});
