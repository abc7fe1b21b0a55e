import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bootstrap } from '../../src/evaluate/bootstrap.ts';
import { confusionMatrix, countLabels, countMetrics, labelMetrics } from '../../src/evaluate/metrics.ts';
import { OutcomeTally } from '../../src/evaluate/outcomes.ts';
import { CalibrationTally, RankingTally } from '../../src/evaluate/score-tally.ts';
import { repositoryRoot } from '../support/paths.ts';

interface LabelFigures {
  precision: number[];
  recall: number[];
  f1: number[];
  support: number[];
}

interface SingleCase extends LabelFigures {
  name: string;
  labels: number;
  gold: number[];
  predicted: number[];
  accuracy: number;
  macro_f1: number;
  confusion: number[][];
}

interface MultiCase extends LabelFigures {
  name: string;
  labels: number;
  gold: number[][];
  predicted: number[][];
  scores: number[][];
  accuracy: number;
  macro_f1: number;
  micro_f1: number;
  average_precision: (number | null)[];
}

const oracle = JSON.parse(
  readFileSync(join(repositoryRoot, 'test/evaluate/oracle/metrics.json'), 'utf8'),
) as {
  scikit_learn: string;
  single: SingleCase[];
  multi: MultiCase[];
  calibration: { name: string; scores: number[]; right: number[]; error: number }[];
};

const tolerance = 1e-12;

function close(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found - expected) <= tolerance, `${what}: expected ${expected}, found ${found}`);
}

function tallyOf(gold: number[][], predicted: number[][]): OutcomeTally {
  const tally = new OutcomeTally();
  gold.forEach((labels, row) => tally.add(labels, predicted[row] as number[]));
  return tally;
}

function checkLabels(tally: OutcomeTally, labels: number, expected: LabelFigures): void {
  const counts = countLabels(tally.all(), labels);
  for (let label = 0; label < labels; label++) {
    const found = labelMetrics(counts, label);
    for (const name of ['precision', 'recall', 'f1', 'support'] as const) {
      close(found[name], expected[name][label] as number, `${name} of label ${label}`);
    }
  }
}

for (const one of oracle.single) {
  test(`single-label figures are scikit-learn's: ${one.name}`, () => {
    const tally = tallyOf(
      one.gold.map((label) => [label]),
      one.predicted.map((label) => [label]),
    );
    const metrics = countMetrics(countLabels(tally.all(), one.labels), 'single_label_classification');
    close(metrics.accuracy, one.accuracy, 'accuracy');
    close(metrics.macro_f1, one.macro_f1, 'macro-F1');
    assert.equal(metrics.micro_f1, undefined);
    checkLabels(tally, one.labels, one);
    const matrix = confusionMatrix(tally.all(), one.labels);
    assert.deepEqual(
      matrix.map((row) => row.slice(0, -1)),
      one.confusion,
    );
    assert.ok(matrix.every((row) => row.at(-1) === 0));
  });
}

for (const one of oracle.multi) {
  test(`multi-label figures are scikit-learn's: ${one.name}`, () => {
    const tally = tallyOf(one.gold, one.predicted);
    const metrics = countMetrics(countLabels(tally.all(), one.labels), 'multi_label_classification');
    close(metrics.accuracy, one.accuracy, 'accuracy');
    close(metrics.macro_f1, one.macro_f1, 'macro-F1');
    close(metrics.micro_f1 as number, one.micro_f1, 'micro-F1');
    checkLabels(tally, one.labels, one);
    one.average_precision.forEach((expected, label) => {
      const ranking = new RankingTally();
      one.gold.forEach((gold, row) => ranking.add(one.scores[row]?.[label] as number, gold.includes(label)));
      const found = ranking.averagePrecision();
      if (expected === null) assert.equal(found, undefined);
      else close(found as number, expected, `average precision of label ${label}`);
    });
  });
}

for (const { name, scores, right, error } of oracle.calibration) {
  test(`calibration error is that of scikit-learn's curve: ${name}`, () => {
    const tally = new CalibrationTally();
    scores.forEach((score, row) => tally.add(score, right[row] === 1));
    close(tally.error(), error, 'calibration error');
  });
}

test('no rows give figures of 0, not NaN', () => {
  const metrics = countMetrics(countLabels([], 3), 'multi_label_classification');
  assert.deepEqual(metrics, { accuracy: 0, macro_f1: 0, micro_f1: 0 });
  assert.equal(new CalibrationTally().error(), 0);
  assert.equal(new RankingTally().averagePrecision(), undefined);
});

test('average precision is the same from a list and from a histogram', () => {
  const [few, many] = [new RankingTally(), new RankingTally()];
  for (let row = 0; row < 15_000; row++) {
    few.add(((row * 37) % 1000) / 1000, row % 3 === 0);
    for (let copy = 0; copy < 4; copy++) many.add(((row * 37) % 1000) / 1000, row % 3 === 0);
  }
  close(many.averagePrecision() as number, few.averagePrecision() as number, 'average precision');
});

test('intervals are seeded, hold the figure, and shrink with rows', () => {
  const widths = [100, 10_000].map((rows) => {
    const tally = new OutcomeTally();
    for (let row = 0; row < rows; row++) tally.add([row % 2], [row % 5 === 0 ? 1 - (row % 2) : row % 2]);
    const settings = { resamples: 400, seed: 3 };
    const one = bootstrap(tally.all(), 2, 'single_label_classification', settings);
    const other = bootstrap(tally.all(), 2, 'single_label_classification', settings);
    assert.deepEqual(one, other);
    const [low, high] = one.intervals.accuracy as [number, number];
    assert.ok(low <= 0.8 && high >= 0.8);
    // Normal approximation of a share's interval; the bootstrap comes close to it.
    const expected = 2 * 1.96 * Math.sqrt((0.8 * 0.2) / rows);
    assert.ok(Math.abs(high - low - expected) < 0.2 * expected, `${high - low} is not about ${expected}`);
    return high - low;
  });
  assert.ok((widths[1] as number) < (widths[0] as number));
});

test('the difference to a baseline is paired by row', () => {
  const tally = new OutcomeTally();
  for (let row = 0; row < 300; row++) tally.add([0], [row % 3 === 0 ? 1 : 0], [row % 3 === 0 ? 1 : 0]);
  const { differences } = bootstrap(tally.all(), 2, 'single_label_classification', {
    resamples: 50,
    seed: 1,
  });
  assert.deepEqual(differences?.accuracy, [0, 0]);
});
