import type { Head } from '../bundle/head-file.ts';
import type { ProblemType } from '../protocol.ts';
import { seededRandom } from '../random.ts';
import { chooseThresholds, fitScale, fitSigmoid } from './calibration.ts';
import { leftOut, type RidgeFit, solve, sumUp } from './ridge.ts';

/** Rows to learn one task from: row `i` is text `places[i]` and has the labels `gold[i]`. */
export interface Lesson {
  /** Of all texts, float32 [texts, size]. */
  features: Float32Array;
  size: number;
  places: Int32Array;
  /** Ascending indices of labels, per row. */
  gold: readonly (readonly number[])[];
  labels: readonly string[];
  problemType: ProblemType;
  /** What the features were taken relative to. */
  background: Pick<Head, 'center' | 'scale'>;
  seed: number;
  /** Lets go of the thread now and then, so that signals are heard. */
  pause: () => Promise<void>;
}

/** What a row got from a fit that had not seen it. */
export interface CheckedRow {
  row: number;
  predicted: number[];
  /** Of every label, 0 to 1. */
  scores: Float32Array;
}

export interface Learned {
  head: Head;
  /** Multi-label only. */
  thresholds: number[] | undefined;
  penalty: number;
  checked: CheckedRow[];
}

/** Penalties that are tried, per row of the lesson: what is best grows with the rows. */
const penaltiesPerRow = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1];
/** Rows whose left-out scores decide on the penalty, the calibration and the quality; more would only take longer. */
const maxCheckedRows = 3000;
/** Parts of the rows, each measured with the calibration of the others. */
const folds = 5;

/**
 * Learns a head: ridge regression on features, with the penalty whose left-out scores are most truthful, calibrated
 * on left-out scores. Quality is that of left-out rows too, with a calibration and thresholds that had not seen
 * them. The same rows and seed give the same bytes.
 */
export async function learnHead(lesson: Lesson): Promise<Learned> {
  const { gold, labels, size, features, places, background, pause } = lesson;
  const rows = gold.length;
  const targets = new Float64Array(rows * labels.length);
  gold.forEach((those, row) => those.forEach((label) => (targets[row * labels.length + label] = 1)));
  const isMulti = lesson.problemType === 'multi_label_classification';
  await pause();
  const sums = sumUp({
    features,
    size,
    places,
    targets,
    labels: labels.length,
    rowWeights: isMulti ? new Float64Array(rows).fill(1) : balanced(gold, labels.length),
  });
  const sample = drawRows(rows, lesson.seed);
  const attempt = async (perRow: number): Promise<Attempt> => {
    await pause();
    const penalty = perRow * rows;
    const fit = solve(sums, penalty);
    const scores = new Float64Array(sample.length * labels.length);
    sample.forEach((row, at) => scores.set(leftOut(fit, row), at * labels.length));
    const goldOf = sample.map((row) => gold[row] as readonly number[]);
    return { penalty, fit, calibrated: calibrate(scores, goldOf, labels.length, isMulti) };
  };
  const { penalty, fit, calibrated } = await bestAttempt(attempt);
  return {
    head: toHead(fit, calibrated, background),
    thresholds: calibrated.thresholds,
    penalty,
    checked: check(calibrated, sample, lesson, isMulti),
  };
}

interface Attempt {
  penalty: number;
  fit: RidgeFit;
  calibrated: Calibrated;
}

/** Goes from the middle of the penalties in the direction that makes scores more truthful, while it does. */
async function bestAttempt(attempt: (perRow: number) => Promise<Attempt>): Promise<Attempt> {
  const middle = penaltiesPerRow.length >> 1;
  let best = await attempt(penaltiesPerRow[middle] as number);
  for (const direction of [-1, 1]) {
    let isBetter = false;
    for (let at = middle + direction; at in penaltiesPerRow; at += direction) {
      const next = await attempt(penaltiesPerRow[at] as number);
      if (next.calibrated.loss >= best.calibrated.loss) break;
      best = next;
      isBetter = true;
    }
    if (isBetter) break;
  }
  return best;
}

/** Left-out scores, and what makes logits of them. */
interface Calibrated {
  /** float64 [rows, labels] */
  raw: Float64Array;
  scale: Float64Array;
  shift: Float64Array;
  thresholds: number[] | undefined;
  /** Mean negative log-likelihood. */
  loss: number;
}

function calibrate(
  raw: Float64Array,
  gold: readonly (readonly number[])[],
  labels: number,
  isMulti: boolean,
): Calibrated {
  const scale = new Float64Array(labels);
  const shift = new Float64Array(labels);
  if (!isMulti) {
    const fit = fitScale(
      raw,
      gold.map(([label]) => label as number),
      labels,
    );
    return { raw, scale: scale.fill(fit.scale), shift, thresholds: undefined, loss: fit.loss };
  }
  let loss = 0;
  const applies = toApplies(gold, labels);
  for (let label = 0; label < labels; label++) {
    const column = Float64Array.from(gold, (_, row) => raw[row * labels + label] as number);
    const fit = fitSigmoid(
      column,
      Uint8Array.from(gold, (_, row) => applies[row * labels + label] as number),
    );
    // A label that its own rows speak against is as good as unknown: its scores stay low, and in the right order.
    scale[label] = Math.max(fit.scale, 0.1);
    shift[label] = fit.shift;
    loss += fit.loss / labels;
  }
  const scores = sigmoids(raw, scale, shift);
  return { raw, scale, shift, thresholds: chooseThresholds(scores, applies, labels), loss };
}

/** Predictions of left-out rows, each with the calibration that the other parts of the rows give. */
function check(
  calibrated: Calibrated,
  sample: readonly number[],
  lesson: Lesson,
  isMulti: boolean,
): CheckedRow[] {
  const { gold } = lesson;
  const labels = lesson.labels.length;
  const parts = new Int8Array(sample.length);
  const random = seededRandom(lesson.seed + 1);
  shuffled(sample.length, random).forEach((at, place) => (parts[at] = place % folds));
  const checked: CheckedRow[] = Array.from({ length: sample.length });
  for (let part = 0; part < folds; part++) {
    const others = sample.flatMap((_, at) => (parts[at] === part ? [] : [at]));
    if (others.length === 0) continue;
    const raw = new Float64Array(others.length * labels);
    others.forEach((at, index) =>
      raw.set(calibrated.raw.subarray(at * labels, (at + 1) * labels), index * labels),
    );
    const { scale, shift, thresholds } = calibrate(
      raw,
      others.map((at) => gold[sample[at] as number] as readonly number[]),
      labels,
      isMulti,
    );
    sample.forEach((row, at) => {
      if (parts[at] !== part) return;
      const own = calibrated.raw.subarray(at * labels, (at + 1) * labels);
      const scores = isMulti ? sigmoids(own, scale, shift) : softmax(own, scale[0] as number);
      checked[at] = { row, predicted: assign(scores, thresholds), scores: Float32Array.from(scores) };
    });
  }
  return checked.filter((row) => row !== undefined);
}

function assign(scores: Float64Array, thresholds: number[] | undefined): number[] {
  if (thresholds === undefined) return [scores.indexOf(Math.max(...scores))];
  return [...scores.keys()].filter((label) => (scores[label] as number) >= (thresholds[label] as number));
}

/** Square roots of how rare a row's label is: rare labels count more, though not as much as all others together. */
function balanced(gold: readonly (readonly number[])[], labels: number): Float64Array {
  const counts = new Float64Array(labels);
  for (const [label] of gold) counts[label as number] = (counts[label as number] as number) + 1;
  const weights = Float64Array.from(gold, ([label]) => 1 / Math.sqrt(counts[label as number] as number));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / gold.length;
  return weights.map((weight) => weight / mean);
}

/** Scale and shift move into the weights: the head's logits are calibrated. */
function toHead(fit: RidgeFit, { scale, shift }: Calibrated, background: Lesson['background']): Head {
  const { size } = fit.sums.problem;
  return {
    center: background.center,
    scale: background.scale,
    weight: Float32Array.from(fit.weight, (value, at) => value * (scale[Math.floor(at / size)] as number)),
    bias: Float32Array.from(
      fit.bias,
      (value, label) => value * (scale[label] as number) + (shift[label] as number),
    ),
  };
}

function toApplies(gold: readonly (readonly number[])[], labels: number): Uint8Array {
  const applies = new Uint8Array(gold.length * labels);
  gold.forEach((those, row) => those.forEach((label) => (applies[row * labels + label] = 1)));
  return applies;
}

function sigmoids(raw: Float64Array, scale: Float64Array, shift: Float64Array): Float64Array {
  return raw.map((value, at) => {
    const label = at % scale.length;
    return 1 / (1 + Math.exp(-(value * (scale[label] as number) + (shift[label] as number))));
  });
}

function softmax(raw: Float64Array, scale: number): Float64Array {
  const largest = Math.max(...raw);
  const powers = raw.map((value) => Math.exp(scale * (value - largest)));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/** All rows, or as many as are checked, in input order. */
function drawRows(rows: number, seed: number): number[] {
  if (rows <= maxCheckedRows) return [...Array(rows).keys()];
  return shuffled(rows, seededRandom(seed))
    .slice(0, maxCheckedRows)
    .toSorted((one, other) => one - other);
}

/** The numbers below `count` in random order. */
function shuffled(count: number, random: () => number): number[] {
  const order = [...Array(count).keys()];
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
