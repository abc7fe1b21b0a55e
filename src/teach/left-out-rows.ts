import { seededRandom, shuffled } from '../random.ts';
import type { ProblemType } from '../protocol.ts';
import { chooseThresholds, fitScale, fitSigmoid } from './calibration.ts';

/** What a row got from a fit that had not seen it. */
export interface CheckedRow {
  row: number;
  predicted: number[];
  /** Of every label, 0 to 1. */
  scores: Float32Array;
}

/** Parts of the rows, each measured with the calibration of the others. */
const folds = 5;

/** What makes probabilities of a fit's scores: per label the logit is `scale * score + shift`. */
export interface Calibration {
  scale: Float64Array;
  shift: Float64Array;
  /** Multi-label only. */
  thresholds: number[] | undefined;
}

/** A calibration, and the left-out scores that it is from. */
export interface Calibrated extends Calibration {
  /** float64 [rows, labels] */
  raw: Float64Array;
  /** Mean negative log-likelihood. */
  loss: number;
}

/**
 * What makes probabilities of left-out scores.
 * @param raw left-out scores, float64 [rows, labels]
 */
export function calibrate(
  raw: Float64Array,
  gold: readonly (readonly number[])[],
  labels: number,
  problemType: ProblemType,
): Calibrated {
  const scale = new Float64Array(labels);
  const shift = new Float64Array(labels);
  if (problemType === 'single_label_classification') {
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

/** Of a lesson, what rows are checked against. */
interface CheckedLesson {
  gold: readonly (readonly number[])[];
  labels: readonly string[];
  problemType: ProblemType;
  seed: number;
}

/** Predictions of left-out rows, each with the calibration that the other parts of the rows give. */
export function checkRows(
  calibrated: Calibrated,
  sample: readonly number[],
  { gold, labels: { length: labels }, problemType, seed }: CheckedLesson,
): CheckedRow[] {
  const isMulti = problemType === 'multi_label_classification';
  const parts = new Int8Array(sample.length);
  const random = seededRandom(seed + 1);
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
      problemType,
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
