import type { Head } from '../bundle/head-file.ts';
import { NgramFeatures, type NgramTable } from '../predictor/ngrams.ts';
import type { ProblemType } from '../protocol.ts';
import { seededRandom, shuffled } from '../random.ts';
import { type Calibrated, type Calibration, calibrate, type CheckedRow, checkRows } from './left-out-rows.ts';
import { makeNgramTable } from './ngram-table.ts';
import { leftOut, type RidgeFit, type RidgeSums, solve, type SparseRows, sumUp } from './ridge.ts';
import { calibrateByTexts } from './unlabelled-calibration.ts';

/** Rows to learn one task from: row `i` is text `places[i]` and has the labels `gold[i]`. */
export interface Lesson {
  /** All texts. */
  texts: readonly string[];
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
  /** What the features were taken relative to. */
  background: Pick<Head, 'directions' | 'center' | 'scale'>;
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

/** Penalties that are tried; features have length 1. What is best hardly depends on how many rows there are. */
const penalties = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];
/** Few rows cannot tell that less would be better: what is left out of them is too like the rest. */
const leastOfFewRows = 1;
/** Share of a loss that a more elaborate fit has to stay below. */
const clearlyLess = 0.98;
/** Without labelled rows there is nothing to choose by; the best on one set of employees' comments, which it was chosen on. */
const hintPenaltyPerRow = 0.003;
/** Fewer labelled rows say too little about scores. */
const minCalibrationRows = 10;
/** Rows whose left-out scores decide on the penalty, the calibration and the quality; more would only take longer. */
const maxCheckedRows = 3000;
/** With more rows, vectors say by themselves what parts of words would, and the time would grow with their cube. */
const maxNgramRows = 1500;
/** With more rows the vectors' own length serves about as well, and a choice would take three times as long. */
const maxChosenShareRows = 750;

/**
 * Learns a head: ridge regression on features, with few rows on parts of words beside them, and on what a codeframe
 * hints at; each of the two only where left-out scores become more truthful by it. The penalty is the one whose
 * left-out scores are most truthful. Quality is that of left-out rows too, with a calibration and thresholds that had
 * not seen them. The same rows and seed give the same bytes.
 */
export async function learnHead(lesson: Lesson): Promise<Learned> {
  const { gold, hints } = lesson;
  if (hints !== undefined && gold.length < minCalibrationRows) return learnFromHints(lesson, hints);
  const attempts: Attempt[] = [];
  for (const learned of hints === undefined ? [undefined] : [undefined, hints]) {
    attempts.push(await bestAttempt(lesson, learned, undefined));
    const table = tableOf(lesson, learned);
    if (table === undefined) continue;
    for (const share of sharesFor(lesson.places.length))
      attempts.push(await bestAttempt(lesson, learned, { table, share }));
  }
  // From plain to elaborate: texts in other languages lose by parts of words, so these have to pay.
  const best = attempts.reduce((one, other) =>
    other.calibrated.loss < clearlyLess * one.calibrated.loss ? other : one,
  );
  const { sample, calibrated, penalty, fit, ngrams } = best;
  return {
    head: toHead(fit, calibrated, lesson.background, ngrams),
    thresholds: calibrated.thresholds,
    penalty,
    checked: checkRows(calibrated, sample, lesson),
  };
}

/** How long features of parts of words are beside those of the vectors: longer where labels are words more than matters. */
function sharesFor(rows: number): number[] {
  return rows <= maxChosenShareRows ? [0.5, 1, 2] : [1];
}

function learnFromHints(lesson: Lesson, hints: Hints): Learned {
  const sums = sumsOf(lesson, hints, undefined);
  const penalty = hintPenaltyPerRow * sums.totalWeight;
  const fit = solve(sums, penalty);
  const calibration = calibrateByTexts(fit, hints, lesson.problemType);
  return {
    head: toHead(fit, calibration, lesson.background, undefined),
    thresholds: calibration.thresholds,
    penalty,
    checked: [],
  };
}

/** Parts of words, and the length of their features, those of the vectors being 1. */
interface SharedNgrams {
  table: NgramTable;
  share: number;
}

interface Attempt {
  penalty: number;
  fit: RidgeFit;
  /** Parts of words that were learned from as well. */
  ngrams: SharedNgrams | undefined;
  /** Rows that were looked at. */
  sample: number[];
  calibrated: Calibrated;
}

/** Goes from the first penalty in the direction that makes scores more truthful, while it does. */
async function bestAttempt(
  lesson: Lesson,
  hints: Hints | undefined,
  ngrams: SharedNgrams | undefined,
): Promise<Attempt> {
  const { gold, labels, problemType, pause } = lesson;
  await pause();
  const sums = sumsOf(lesson, hints, ngrams);
  const sample = drawRows(gold.length, lesson.seed);
  const goldOf = sample.map((row) => gold[row] as readonly number[]);
  const attempt = async (penalty: number): Promise<Attempt> => {
    await pause();
    const fit = solve(sums, penalty);
    const calibrated = calibrate(leftOut(fit, sample), goldOf, labels.length, problemType);
    return { penalty, fit, ngrams, sample, calibrated };
  };
  const tried = gold.length > maxNgramRows ? penalties : penalties.filter((each) => each >= leastOfFewRows);
  // Near the best one of most lessons: the parts of words of many rows want a larger one, and take long to fit.
  const first = tried.indexOf(ngrams !== undefined && gold.length > maxChosenShareRows ? 10 : 1);
  let best = await attempt(tried[first] as number);
  for (const direction of [-1, 1]) {
    let isBetter = false;
    for (let at = first + direction; at in tried; at += direction) {
      const next = await attempt(tried[at] as number);
      if (next.calibrated.loss >= best.calibrated.loss) break;
      best = next;
      isBetter = true;
    }
    if (isBetter) break;
  }
  return best;
}

function tableOf({ texts, places, labels }: Lesson, hints: Hints | undefined): NgramTable | undefined {
  const all = [...places, ...(hints?.places ?? [])];
  if (all.length > maxNgramRows) return undefined;
  return makeNgramTable(
    all.map((place) => texts[place] as string),
    labels.length,
  );
}

/** Labelled rows first, then hints. */
function sumsOf(
  { texts, features, size, places: own, gold, labels, problemType }: Lesson,
  hints: Hints | undefined,
  ngrams: SharedNgrams | undefined,
): RidgeSums {
  const places = Int32Array.from([...own, ...(hints?.places ?? [])]);
  const all = [...gold, ...(hints?.gold ?? [])];
  const targets = new Float64Array(all.length * labels.length);
  all.forEach((those, row) => those.forEach((label) => (targets[row * labels.length + label] = 1)));
  const ownWeights =
    problemType === 'multi_label_classification' ? gold.map(() => 1) : balanced(gold, labels.length);
  return sumUp({
    features,
    size,
    places,
    targets,
    labels: labels.length,
    rowWeights: Float64Array.from([...ownWeights, ...(hints?.weights ?? [])]),
    sparse: ngrams && sparseRows(ngrams, places, texts),
  });
}

function sparseRows(
  { table, share }: SharedNgrams,
  places: Int32Array,
  texts: readonly string[],
): SparseRows {
  const ngrams = new NgramFeatures(table);
  const rows = Array.from(places, (place) => {
    const { indices, values } = ngrams.of(texts[place] as string);
    return { indices, values: values.map((value) => value * share) };
  });
  return { rows, width: table.keys.length };
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
function toHead(
  fit: RidgeFit,
  { scale, shift }: Calibration,
  background: Lesson['background'],
  ngrams: SharedNgrams | undefined,
): Head {
  const { size } = fit.sums.problem;
  const scaled = (weight: Float64Array, width: number, share: number): Float32Array =>
    Float32Array.from(weight, (value, at) => value * share * (scale[Math.floor(at / width)] as number));
  return {
    ...background,
    weight: scaled(fit.weight, size, 1),
    bias: Float32Array.from(
      fit.bias,
      (value, label) => value * (scale[label] as number) + (shift[label] as number),
    ),
    ngrams: ngrams && {
      ...ngrams.table,
      weight: scaled(fit.sparseWeight, ngrams.table.keys.length, ngrams.share),
    },
  };
}

/** All rows, or as many as are checked, in input order. */
function drawRows(rows: number, seed: number): number[] {
  if (rows <= maxCheckedRows) return [...Array(rows).keys()];
  return shuffled(rows, seededRandom(seed))
    .slice(0, maxCheckedRows)
    .toSorted((one, other) => one - other);
}
