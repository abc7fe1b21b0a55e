import { addScaled, cholesky, dot, solveLower, solveUpper } from './triangular.ts';

/**
 * Least squares with a penalty on the weights (ridge regression) from features to one target per label, in closed
 * form: there is nothing to converge, and what each row would have got from a fit without it (leave-one-out) costs
 * no second fit. It is solved in as many dimensions as there are rows or features, whichever are fewer.
 */
export interface RidgeProblem {
  /** Of all texts, float32 [texts, size]. */
  features: Float32Array;
  size: number;
  /** Which text each row is, int32 [rows]. */
  places: Int32Array;
  /** 1 where the label applies to the row, float64 [rows, labels]. */
  targets: Float64Array;
  labels: number;
  /** Weight of each row in the fit, float64 [rows]. */
  rowWeights: Float64Array;
}

/** What every penalty shares. */
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
}

export interface RidgeFit {
  sums: RidgeSums;
  /** float64 [labels, size] */
  weight: Float64Array;
  /** float64 [labels] */
  bias: Float64Array;
  /** How much of its own fit a row decides, 0 to 1. */
  leverage: (row: number) => number;
}

export function sumUp(problem: RidgeProblem): RidgeSums {
  const { size, targets, labels, rowWeights } = problem;
  const totalWeight = rowWeights.reduce((sum, weight) => sum + weight, 0);
  const targetsOf = (row: number): Float64Array => targets.subarray(row * labels, (row + 1) * labels);
  const means = {
    featureMeans: weightedMeans((row) => featuresOf(problem, row), size, rowWeights, totalWeight),
    targetMeans: weightedMeans(targetsOf, labels, rowWeights, totalWeight),
  };
  const isByRows = rowWeights.length < size;
  const sums = (isByRows ? sumByRows : sumByFeatures)(problem, means.featureMeans, means.targetMeans);
  return { problem, ...means, totalWeight, isByRows, ...sums };
}

type Products = Pick<RidgeSums, 'gram' | 'products'>;

function sumByFeatures(
  problem: RidgeProblem,
  featureMeans: Float64Array,
  targetMeans: Float64Array,
): Products {
  const { size, targets, labels, rowWeights } = problem;
  const gram = new Float64Array(size * size);
  const products = new Float64Array(labels * size);
  const centred = new Float64Array(size);
  for (let row = 0; row < rowWeights.length; row++) {
    const weight = rowWeights[row] as number;
    centre(problem, row, featureMeans, centred);
    for (let at = 0; at < size; at++)
      addScaled(gram, at * size, centred, weight * (centred[at] as number), at + 1);
    for (let label = 0; label < labels; label++) {
      const target = (targets[row * labels + label] as number) - (targetMeans[label] as number);
      addScaled(products, label * size, centred, weight * target, size);
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

/** @param penalty larger than 0 */
export function solve(sums: RidgeSums, penalty: number): RidgeFit {
  const { problem, gram, products, featureMeans, targetMeans, isByRows } = sums;
  const { size, labels, rowWeights } = problem;
  const width = isByRows ? rowWeights.length : size;
  const factor = cholesky(gram, width, penalty);
  const weight = new Float64Array(labels * size);
  const bias = new Float64Array(labels);
  const centred = new Float64Array(size);
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
        addScaled(weight, label * size, centred, root * (solutions[label * width + row] as number), size);
      }
    }
  } else weight.set(solutions);
  for (let label = 0; label < labels; label++) {
    bias[label] = (targetMeans[label] as number) - dot(weight, label * size, featureMeans, 0, size);
  }
  const leverage = isByRows ? leverageByRows(factor, width, penalty) : leverageByFeatures(sums, factor);
  return { sums, weight, bias, leverage };
}

function leverageByRows(factor: Float64Array, rows: number, penalty: number): RidgeFit['leverage'] {
  const column = new Float64Array(rows);
  return (row) => {
    // The row's place on the diagonal of the inverse.
    column.fill(0, row);
    column[row] = 1;
    solveLower(factor, rows, column, row);
    return 1 - penalty * dot(column, row, column, row, rows - row);
  };
}

function leverageByFeatures(
  { problem, featureMeans }: RidgeSums,
  factor: Float64Array,
): RidgeFit['leverage'] {
  const centred = new Float64Array(problem.size);
  return (row) => {
    centre(problem, row, featureMeans, centred);
    solveLower(factor, problem.size, centred);
    return (problem.rowWeights[row] as number) * dot(centred, 0, centred, 0, problem.size);
  };
}

/** Targets that the fit gives a text, float64 [labels]. */
export function fitted({ sums: { problem }, weight, bias }: RidgeFit, text: number): Float64Array {
  const { features, size } = problem;
  const own = features.subarray(text * size, (text + 1) * size);
  return bias.map((start, label) => start + dot(weight, label * size, own, 0, size));
}

/** Targets that a fit without the row would give it, float64 [labels]. */
export function leftOut({ sums, weight, bias, leverage }: RidgeFit, row: number): Float64Array {
  const { problem, totalWeight } = sums;
  const { size, targets, labels, rowWeights } = problem;
  const features = featuresOf(problem, row);
  // The bias is fitted, too.
  const own = leverage(row) + (rowWeights[row] as number) / totalWeight;
  // A row that decides on all of its own fit would divide by nothing.
  const share = own / Math.max(1 - own, 1e-9);
  return bias.map((start, label) => {
    const value = start + dot(weight, label * size, features, 0, size);
    return value - share * ((targets[row * labels + label] as number) - value);
  });
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
