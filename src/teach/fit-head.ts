import type { Head } from '../bundle/head-file.ts';
import type { ProblemType } from '../protocol.ts';
import { seededRandom, shuffled } from '../random.ts';
import { type Calibrated, type Calibration, calibrate, type CheckedRow, checkRows } from './left-out-rows.ts';
import { leftOut, type RidgeFit, type RidgeSums, solve, sumUp } from './ridge.ts';
import { calibrateByTexts } from './unlabelled-calibration.ts';

/** Rows to learn one task from: row `i` is text `places[i]` and has the labels `gold[i]`. */
export interface Lesson {
  /** Features of all texts, float32 [texts, size]. */
  features: Float32Array;
  size: number;
  places: Int32Array;
  /** Ascending indices of labels, per row. */
  gold: readonly (readonly number[])[];
  labels: readonly string[];
  problemType: ProblemType;
  /** What a codeframe says about the labels; undefined without one. */
  hints: Hints | undefined;
  /** Center and scale that the features were taken relative to. */
  background: Pick<Head, 'center' | 'scale'>;
  seed: number;
  /** Lets go of the thread now and then, so that signals are heard. */
  pause: () => Promise<void>;
}

/** Texts that stand for labels, though nobody labelled them: descriptions, keywords, texts with a keyword. */
export interface Hints {
  places: number[];
  gold: number[][];
  weights: number[];
  /** Texts that the bundle is for, as far as they are known: the first of all texts. */
  texts: number;
  /** How many of them hold a keyword, per label. */
  hits: number[];
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
/** Without labelled rows there is nothing to choose by; the best on one set of employees' comments, which it was chosen on. */
const hintPenaltyPerRow = 0.003;
/** Fewer labelled rows say too little about scores. */
const minCalibrationRows = 10;
/** Rows whose left-out scores decide on the penalty, the calibration and the quality; more would only take longer. */
const maxCheckedRows = 3000;

/**
 * Learns a head: ridge regression on features, with the penalty whose left-out scores are most truthful, calibrated
 * on left-out scores. Quality is that of left-out rows too, with a calibration and thresholds that had not seen
 * them. Hints are learned from as well, as long as that makes left-out scores more truthful. The same rows and seed
 * give the same bytes.
 */
export async function learnHead(lesson: Lesson): Promise<Learned> {
  const { gold, hints } = lesson;
  if (hints !== undefined && gold.length < minCalibrationRows) return learnFromHints(lesson, hints);
  const plain = await bestAttempt(lesson, undefined);
  const hinted = hints === undefined ? undefined : await bestAttempt(lesson, hints);
  const best = hinted !== undefined && hinted.calibrated.loss < plain.calibrated.loss ? hinted : plain;
  const { sample, calibrated, penalty, fit } = best;
  return {
    head: toHead(fit, calibrated, lesson.background),
    thresholds: calibrated.thresholds,
    penalty,
    checked: checkRows(calibrated, sample, lesson),
  };
}

function learnFromHints(lesson: Lesson, hints: Hints): Learned {
  const sums = sumsOf(lesson, hints);
  const penalty = hintPenaltyPerRow * sums.totalWeight;
  const fit = solve(sums, penalty);
  const calibration = calibrateByTexts(fit, hints, lesson.problemType);
  return {
    head: toHead(fit, calibration, lesson.background),
    thresholds: calibration.thresholds,
    penalty,
    checked: [],
  };
}

interface Attempt {
  penalty: number;
  fit: RidgeFit;
  /** Rows that were looked at. */
  sample: number[];
  calibrated: Calibrated;
}

/** Goes from the middle of the penalties in the direction that makes scores more truthful, while it does. */
async function bestAttempt(lesson: Lesson, hints: Hints | undefined): Promise<Attempt> {
  const { gold, labels, problemType, pause } = lesson;
  await pause();
  const sums = sumsOf(lesson, hints);
  const sample = drawRows(gold.length, lesson.seed);
  const goldOf = sample.map((row) => gold[row] as readonly number[]);
  const attempt = async (perRow: number): Promise<Attempt> => {
    await pause();
    const penalty = perRow * sums.totalWeight;
    const fit = solve(sums, penalty);
    const calibrated = calibrate(leftOut(fit, sample), goldOf, labels.length, problemType);
    return { penalty, fit, sample, calibrated };
  };
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

/** Labelled rows first, then hints. */
function sumsOf(
  { features, size, places, gold, labels, problemType }: Lesson,
  hints: Hints | undefined,
): RidgeSums {
  const all = [...gold, ...(hints?.gold ?? [])];
  const targets = new Float64Array(all.length * labels.length);
  all.forEach((those, row) => those.forEach((label) => (targets[row * labels.length + label] = 1)));
  const own =
    problemType === 'multi_label_classification' ? gold.map(() => 1) : balanced(gold, labels.length);
  return sumUp({
    features,
    size,
    places: Int32Array.from([...places, ...(hints?.places ?? [])]),
    targets,
    labels: labels.length,
    rowWeights: Float64Array.from([...own, ...(hints?.weights ?? [])]),
  });
}

/** Square roots of how rare a row's label is: rare labels count more, though not as much as all others together. */
function balanced(gold: readonly (readonly number[])[], labels: number): number[] {
  const counts = new Float64Array(labels);
  for (const [label] of gold) counts[label as number] = (counts[label as number] as number) + 1;
  const weights = gold.map(([label]) => 1 / Math.sqrt(counts[label as number] as number));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / gold.length;
  return weights.map((weight) => weight / mean);
}

/** Scale and shift move into the weights: the head's logits are calibrated. */
function toHead(fit: RidgeFit, { scale, shift }: Calibration, background: Lesson['background']): Head {
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

/** All rows, or as many as are checked, in input order. */
function drawRows(rows: number, seed: number): number[] {
  if (rows <= maxCheckedRows) return [...Array(rows).keys()];
  return shuffled(rows, seededRandom(seed))
    .slice(0, maxCheckedRows)
    .toSorted((one, other) => one - other);
}
