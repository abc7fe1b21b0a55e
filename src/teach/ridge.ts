import type { SparseVector } from '../predictor/ngrams.ts';
import { addScaled, cholesky, dot, solvedSquares, solveLower, solveUpper } from './triangular.ts';

/**
 * Least squares with a penalty on the weights (ridge regression) from features to one target per label, in closed
 * form: there is nothing to converge, and what each row would have got from a fit without it (leave-one-out) costs
 * no second fit. It is solved in as many dimensions as there are rows or features, whichever are fewer.
 */
export interface RidgeProblem {
  /** Features of all texts, float32 [texts, size]. */
  features: Float32Array;
  size: number;
  /** Which text each row is, int32 [rows]. */
  places: Int32Array;
  /** 1 where the label applies to the row, float64 [rows, labels]. */
  targets: Float64Array;
  labels: number;
  /** Weight of each row in the fit, float64 [rows]. */
  rowWeights: Float64Array;
  /** Further features, most of which are 0; only with few rows, as they are many. */
  sparse: SparseRows | undefined;
}

export interface SparseRows {
  /** Of each row. */
  rows: readonly SparseVector[];
  width: number;
}

/** Sums that the fits for all penalties share. */
export interface RidgeSums {
  problem: RidgeProblem;
  featureMeans: Float64Array;
  targetMeans: Float64Array;
  totalWeight: number;
  /** Products of features, or of rows where those are fewer: float64, lower triangle of a square. */
  gram: Float64Array;
  /** float64 [labels, size of the square] */
  products: Float64Array;
  isByRows: boolean;
  /** float64 [sparse features] */
  sparseMeans: Float64Array;
}

export interface RidgeFit {
  sums: RidgeSums;
  /** float64 [labels, size] */
  weight: Float64Array;
  /** float64 [labels, sparse features] */
  sparseWeight: Float64Array;
  /** float64 [labels] */
  bias: Float64Array;
  /** How much of its own fit each of some rows decides, 0 to 1. */
  leverages: (rows: readonly number[]) => Float64Array;
}

export function sumUp(problem: RidgeProblem): RidgeSums {
  const { size, targets, labels, rowWeights } = problem;
  const totalWeight = rowWeights.reduce((sum, weight) => sum + weight, 0);
  const targetsOf = (row: number): Float64Array => targets.subarray(row * labels, (row + 1) * labels);
  const means = {
    featureMeans: weightedMeans((row) => featuresOf(problem, row), size, rowWeights, totalWeight),
    targetMeans: weightedMeans(targetsOf, labels, rowWeights, totalWeight),
  };
  const sparseMeans = meansOfSparse(problem, totalWeight);
  const isByRows = rowWeights.length < size || problem.sparse !== undefined;
  const sums = (isByRows ? sumByRows : sumByFeatures)(problem, means.featureMeans, means.targetMeans);
  if (problem.sparse !== undefined) addSparse(sums.gram, problem.sparse, rowWeights, sparseMeans);
  return { problem, ...means, sparseMeans, totalWeight, isByRows, ...sums };
}

/** Rows that are worked on together, so that what they share is read once. */
const blockRows = 16;

type Products = Pick<RidgeSums, 'gram' | 'products'>;

function sumByFeatures(
  problem: RidgeProblem,
  featureMeans: Float64Array,
  targetMeans: Float64Array,
): Products {
  const { size, targets, labels, rowWeights } = problem;
  const gram = new Float64Array(size * size);
  const products = new Float64Array(labels * size);
  const block = new Float64Array(blockRows * size);
  for (let first = 0; first < rowWeights.length; first += blockRows) {
    const rows = Math.min(blockRows, rowWeights.length - first);
    for (let at = 0; at < rows; at++) {
      const row = first + at;
      const centred = block.subarray(at * size, (at + 1) * size);
      centre(problem, row, featureMeans, centred);
      for (let label = 0; label < labels; label++) {
        const target = (targets[row * labels + label] as number) - (targetMeans[label] as number);
        addScaled(products, label * size, centred, (rowWeights[row] as number) * target, size);
      }
    }
    // A line of the square takes in all rows of the block while it is at hand.
    for (let line = 0; line < size; line++) {
      for (let at = 0; at < rows; at++) {
        const centred = block.subarray(at * size, (at + 1) * size);
        const factor = (rowWeights[first + at] as number) * (centred[line] as number);
        addScaled(gram, line * size, centred, factor, line + 1);
      }
    }
  }
  return { gram, products };
}

function sumByRows(problem: RidgeProblem, featureMeans: Float64Array, targetMeans: Float64Array): Products {
  const { size, targets, labels, rowWeights } = problem;
  const rows = rowWeights.length;
  const gram = new Float64Array(rows * rows);
  const products = new Float64Array(labels * rows);
  const weighted = new Float64Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const root = Math.sqrt(rowWeights[row] as number);
    const own = weighted.subarray(row * size, (row + 1) * size);
    centre(problem, row, featureMeans, own);
    for (let at = 0; at < size; at++) own[at] = (own[at] as number) * root;
    for (let other = 0; other <= row; other++) {
      gram[row * rows + other] = dot(own, 0, weighted, other * size, size);
    }
    for (let label = 0; label < labels; label++) {
      const target = (targets[row * labels + label] as number) - (targetMeans[label] as number);
      products[label * rows + row] = root * target;
    }
  }
  return { gram, products };
}

function meansOfSparse({ sparse, rowWeights }: RidgeProblem, totalWeight: number): Float64Array {
  const means = new Float64Array(sparse?.width ?? 0);
  sparse?.rows.forEach((row, at) => scatter(means, 0, row, (rowWeights[at] as number) / totalWeight));
  return means;
}

/** Adds the products of rows in their sparse features, centred. */
function addSparse(
  gram: Float64Array,
  { rows, width }: SparseRows,
  rowWeights: Float64Array,
  means: Float64Array,
): void {
  const withMeans = rows.map((row) => sparseDot(row, means, 0));
  const ofMeans = dot(means, 0, means, 0, width);
  const dense = new Float64Array(width);
  rows.forEach((row, at) => {
    scatter(dense, 0, row, 1);
    const root = Math.sqrt(rowWeights[at] as number);
    for (let other = 0; other <= at; other++) {
      const product =
        sparseDot(rows[other] as SparseVector, dense, 0) -
        (withMeans[at] as number) -
        (withMeans[other] as number) +
        ofMeans;
      const place = at * rows.length + other;
      gram[place] = (gram[place] as number) + root * Math.sqrt(rowWeights[other] as number) * product;
    }
    for (const index of row.indices) dense[index] = 0;
  });
}

/** Adds `factor` times a sparse vector to the values from `at` on. */
function scatter(to: Float64Array, at: number, { indices, values }: SparseVector, factor: number): void {
  indices.forEach((index, place) => {
    to[at + index] = (to[at + index] as number) + factor * (values[place] as number);
  });
}

function sparseDot({ indices, values }: SparseVector, dense: Float64Array, at: number): number {
  let sum = 0;
  for (let place = 0; place < indices.length; place++) {
    sum += (values[place] as number) * (dense[at + (indices[place] as number)] as number);
  }
  return sum;
}

/** @param penalty larger than 0 */
export function solve(sums: RidgeSums, penalty: number): RidgeFit {
  const { problem, gram, products, featureMeans, targetMeans, sparseMeans, isByRows } = sums;
  const { size, labels, rowWeights, sparse } = problem;
  const parts = sparseMeans.length;
  const width = isByRows ? rowWeights.length : size;
  const factor = cholesky(gram, width, penalty);
  const weight = new Float64Array(labels * size);
  const sparseWeight = new Float64Array(labels * parts);
  const bias = new Float64Array(labels);
  const centred = new Float64Array(size);
  const totals = new Float64Array(labels);
  const solutions = products.slice();
  for (let label = 0; label < labels; label++) {
    const solution = solutions.subarray(label * width, (label + 1) * width);
    solveLower(factor, width, solution);
    solveUpper(factor, width, solution);
  }
  if (isByRows) {
    for (let row = 0; row < width; row++) {
      centre(problem, row, featureMeans, centred);
      const root = Math.sqrt(rowWeights[row] as number);
      for (let label = 0; label < labels; label++) {
        const times = root * (solutions[label * width + row] as number);
        addScaled(weight, label * size, centred, times, size);
        if (sparse === undefined) continue;
        scatter(sparseWeight, label * parts, sparse.rows[row] as SparseVector, times);
        totals[label] = (totals[label] as number) + times;
      }
    }
  } else weight.set(solutions);
  for (let label = 0; label < labels; label++) {
    // Sparse features are centred, too.
    addScaled(sparseWeight, label * parts, sparseMeans, -(totals[label] as number), parts);
    bias[label] =
      (targetMeans[label] as number) -
      dot(weight, label * size, featureMeans, 0, size) -
      dot(sparseWeight, label * parts, sparseMeans, 0, parts);
  }
  const leverages = isByRows ? leveragesByRows(factor, width, penalty) : leveragesByFeatures(sums, factor);
  return { sums, weight, sparseWeight, bias, leverages };
}

function leveragesByRows(factor: Float64Array, size: number, penalty: number): RidgeFit['leverages'] {
  // A row's place on the diagonal of the inverse is the squared length of a column of the factor's.
  const unit = (row: number, values: Float64Array): void => void (values[row] = 1);
  return (rows) =>
    inBlocks(rows, size, factor, unit, (some) => Math.min(...some)).map((square) => 1 - penalty * square);
}

function leveragesByFeatures(
  { problem, featureMeans }: RidgeSums,
  factor: Float64Array,
): RidgeFit['leverages'] {
  const centred = (row: number, values: Float64Array): void => centre(problem, row, featureMeans, values);
  return (rows) =>
    inBlocks(rows, problem.size, factor, centred, () => 0).map(
      (square, at) => (problem.rowWeights[rows[at] as number] as number) * square,
    );
}

/**
 * Squared lengths of what solves the factor for some rows.
 * @param fill writes a row's values over zeros
 * @param startOf where the first value of some rows is that is not 0
 */
function inBlocks(
  rows: readonly number[],
  size: number,
  factor: Float64Array,
  fill: (row: number, values: Float64Array) => void,
  startOf: (rows: readonly number[]) => number,
): Float64Array {
  const squares = new Float64Array(rows.length);
  for (let first = 0; first < rows.length; first += blockRows) {
    const some = rows.slice(first, first + blockRows);
    const values = new Float64Array(some.length * size);
    some.forEach((row, at) => fill(row, values.subarray(at * size, (at + 1) * size)));
    squares.set(solvedSquares(factor, size, values, startOf(some)), first);
  }
  return squares;
}

/**
 * Targets that the fit gives a text, float64 [labels].
 * @param sparse its sparse features, where the fit has such
 */
export function fitted(
  { sums: { problem, sparseMeans }, weight, sparseWeight, bias }: RidgeFit,
  text: number,
  sparse: SparseVector | undefined,
): Float64Array {
  const { features, size } = problem;
  const own = features.subarray(text * size, (text + 1) * size);
  const parts = sparseMeans.length;
  return bias.map(
    (start, label) =>
      start +
      dot(weight, label * size, own, 0, size) +
      (sparse === undefined ? 0 : sparseDot(sparse, sparseWeight, label * parts)),
  );
}

/** Targets that a fit without the row itself would give each of some rows, float64 [rows, labels]. */
export function leftOut(fit: RidgeFit, rows: readonly number[]): Float64Array {
  const { problem, totalWeight } = fit.sums;
  const { targets, labels, rowWeights, places, sparse } = problem;
  const all = fit.leverages(rows);
  const scores = new Float64Array(rows.length * labels);
  rows.forEach((row, at) => {
    // The bias is fitted, too.
    const own = (all[at] as number) + (rowWeights[row] as number) / totalWeight;
    // A row that decides on all of its own fit would divide by nothing.
    const share = own / Math.max(1 - own, 1e-9);
    fitted(fit, places[row] as number, sparse?.rows[row]).forEach((value, label) => {
      scores[at * labels + label] = value - share * ((targets[row * labels + label] as number) - value);
    });
  });
  return scores;
}

function featuresOf({ features, size, places }: RidgeProblem, row: number): Float32Array {
  const first = (places[row] as number) * size;
  return features.subarray(first, first + size);
}

function centre(problem: RidgeProblem, row: number, means: Float64Array, to: Float64Array): void {
  const features = featuresOf(problem, row);
  for (let at = 0; at < to.length; at++) to[at] = (features[at] as number) - (means[at] as number);
}

function weightedMeans(
  valuesOf: (row: number) => Float32Array | Float64Array,
  width: number,
  weights: Float64Array,
  total: number,
): Float64Array {
  const means = new Float64Array(width);
  for (let row = 0; row < weights.length; row++) {
    addScaled(means, 0, valuesOf(row), weights[row] as number, width);
  }
  return means.map((sum) => sum / total);
}
