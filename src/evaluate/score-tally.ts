import { ratio } from '../text/numbers.ts';

/** Scores count with the 4 decimals that `voxpop score` writes, so that equal ones are ties. */
const scoreSteps = 10_000;
/** Number of cases from which on a histogram is smaller than a list. */
const listedCases = 2 * (scoreSteps + 1);
const calibrationBins = 15;

/** Measures how well the scores of one label rank the cases that have it, in bounded memory. */
export class RankingTally {
  /** Score step times two, plus one for a gold case. */
  #listed: number[] = [];
  #histogram: Histogram | undefined;

  add(score: number, isGold: boolean): void {
    const step = Math.round(score * scoreSteps);
    if (this.#histogram !== undefined) return countCase(this.#histogram, step, isGold);
    this.#listed.push(step * 2 + (isGold ? 1 : 0));
    if (this.#listed.length < listedCases) return;
    this.#histogram = toHistogram(this.#listed);
    this.#listed = [];
  }

  /**
   * Average precision: the sum over distinct scores, from the highest, of the gain in recall times the
   * precision there (scikit-learn's `average_precision_score`). Undefined without a gold case.
   */
  averagePrecision(): number | undefined {
    const { gold, other } = this.#histogram ?? toHistogram(this.#listed);
    const support = gold.reduce((sum, cases) => sum + cases, 0);
    let [right, cases, average] = [0, 0, 0];
    for (let step = scoreSteps; step >= 0; step--) {
      const gained = gold[step] as number;
      right += gained;
      cases += gained + (other[step] as number);
      if (gained > 0) average += (gained / support) * (right / cases);
    }
    return support === 0 ? undefined : average;
  }
}

/** Cases by score step. */
interface Histogram {
  gold: Uint32Array;
  other: Uint32Array;
}

function toHistogram(listed: readonly number[]): Histogram {
  const histogram = { gold: new Uint32Array(scoreSteps + 1), other: new Uint32Array(scoreSteps + 1) };
  for (const entry of listed) countCase(histogram, entry >> 1, entry % 2 === 1);
  return histogram;
}

function countCase({ gold, other }: Histogram, step: number, isGold: boolean): void {
  const side = isGold ? gold : other;
  side[step] = (side[step] as number) + 1;
}

/** How far scores are from the share of right answers: expected calibration error over 15 equal bins. */
export class CalibrationTally {
  readonly #cases = new Float64Array(calibrationBins);
  readonly #right = new Float64Array(calibrationBins);
  readonly #scores = new Float64Array(calibrationBins);

  add(score: number, isRight: boolean): void {
    const bin = Math.min(Math.floor(score * calibrationBins), calibrationBins - 1);
    this.#cases[bin] = (this.#cases[bin] as number) + 1;
    this.#scores[bin] = (this.#scores[bin] as number) + score;
    if (isRight) this.#right[bin] = (this.#right[bin] as number) + 1;
  }

  /** Mean over cases of |share right - mean score| of their bin; 0 without cases. */
  error(): number {
    const cases = this.#cases.reduce((sum, count) => sum + count, 0);
    const gaps = this.#cases.reduce(
      (sum, _, bin) => sum + Math.abs((this.#right[bin] as number) - (this.#scores[bin] as number)),
      0,
    );
    return ratio(gaps, cases);
  }
}
