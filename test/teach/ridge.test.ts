import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/random.ts';
import { fitted, leftOut, type RidgeProblem, solve, sumUp } from '../../src/teach/ridge.ts';

const penalty = 0.7;

function makeProblem(rows: number, size: number): RidgeProblem {
  const random = seededRandom(rows);
  const labels = 3;
  return {
    features: Float32Array.from({ length: rows * size }, () => random() - 0.5),
    size,
    places: Int32Array.from({ length: rows }, (_, row) => row),
    targets: Float64Array.from({ length: rows * labels }, (_, at) =>
      Number(at % labels === (at % 7) % labels),
    ),
    labels,
    rowWeights: Float64Array.from({ length: rows }, () => 0.5 + random()),
    sparse: undefined,
  };
}

function withSparse(problem: RidgeProblem): RidgeProblem {
  const width = 5;
  const rows = Array.from(problem.places, (row) => ({
    indices: Int32Array.of(row % width, (row + 2) % width),
    values: Float64Array.of(0.8, 0.6 / (1 + (row % 3))),
  }));
  return { ...problem, sparse: { rows, width } };
}

function without(
  { places, targets, labels, rowWeights, sparse, ...rest }: RidgeProblem,
  row: number,
): RidgeProblem {
  const keep = <Values extends Int32Array | Float64Array>(values: Values, width: number): Values =>
    values.filter((_, at) => Math.floor(at / width) !== row) as Values;
  return {
    ...rest,
    labels,
    places: keep(places, 1),
    targets: keep(targets, labels),
    rowWeights: keep(rowWeights, 1),
    sparse: sparse && { ...sparse, rows: sparse.rows.filter((_, at) => at !== row) },
  };
}

function scoresOf({ weight, bias }: ReturnType<typeof solve>, features: Float32Array): number[] {
  return [...bias].map((start, label) =>
    features.reduce(
      (sum, value, at) => sum + value * (weight[label * features.length + at] as number),
      start,
    ),
  );
}

function assertNear(one: ArrayLike<number>, other: ArrayLike<number>): void {
  assert.equal(one.length, other.length);
  Array.from(one).forEach((value, at) => assert.ok(Math.abs(value - (other[at] as number)) < 1e-9));
}

for (const [rows, size] of [
  [8, 20],
  [40, 6],
] as const) {
  test(`of ${rows} rows and ${size} features: a left-out score is that of a fit without the row`, () => {
    const problem = makeProblem(rows, size);
    const fit = solve(sumUp(problem), penalty);
    const all = Array.from({ length: rows }, (_, row) => row);
    const together = leftOut(fit, all);
    for (const row of [0, 3, rows - 1]) {
      assertNear(together.subarray(row * 3, row * 3 + 3), leftOut(fit, [row]));
      const other = solve(sumUp(without(problem, row)), penalty);
      const features = problem.features.subarray(row * size, (row + 1) * size);
      assertNear(leftOut(fit, [row]), scoresOf(other, features));
    }
  });
}

test('with sparse features, too, a left-out score is that of a fit without the row', () => {
  for (const [rows, size] of [
    [9, 4],
    [9, 30],
  ] as const) {
    const problem = withSparse(makeProblem(rows, size));
    const fit = solve(sumUp(problem), penalty);
    for (const row of [0, 4, rows - 1]) {
      const other = solve(sumUp(without(problem, row)), penalty);
      assertNear(leftOut(fit, [row]), fitted(other, row, problem.sparse?.rows[row]));
    }
  }
});

test('as many rows as features, one more or one less: the same solution either way', () => {
  const problem = makeProblem(12, 12);
  const byFeatures = solve(sumUp(problem), penalty);
  // A feature that is always 0 changes nothing but the number of features.
  const wide = new Float32Array(12 * 13);
  for (let row = 0; row < 12; row++) wide.set(problem.features.subarray(row * 12, (row + 1) * 12), row * 13);
  const byRows = solve(sumUp({ ...problem, features: wide, size: 13 }), penalty);
  assert.deepEqual([byFeatures.sums.isByRows, byRows.sums.isByRows], [false, true]);
  for (let label = 0; label < 3; label++) {
    const [one, other] = [byFeatures.weight, byRows.weight].map((weight, at) =>
      weight.subarray(label * (12 + at), label * (12 + at) + 12),
    );
    assertNear(one as Float64Array, other as Float64Array);
  }
  assertNear(byFeatures.bias, byRows.bias);
});
