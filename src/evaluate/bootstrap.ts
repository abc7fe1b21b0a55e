import { middle95 } from '../intervals.ts';
import type { ProblemType } from '../protocol.ts';
import { countLabels, countMetrics, type CountMetrics } from './metrics.ts';
import type { Outcome } from './outcomes.ts';
import { poisson, seededRandom } from '../random.ts';
import { getOrInsert } from '../collections.ts';

export type Interval = [low: number, high: number];
export type Intervals = Partial<Record<keyof CountMetrics, Interval>>;

export interface Bootstrap {
  /** Intervals of the figures, in which 95 % of the resamples lie. */
  intervals: Intervals;
  /** Intervals of the difference to the baseline on the same rows; undefined unless it holds all of them. */
  differences: Intervals | undefined;
}

/**
 * 95 % percentile intervals from resampled rows. Each row counts Poisson(1) times in a resample, so rows with
 * one outcome are drawn together as Poisson(count): the Poisson bootstrap (Chamandy et al. 2012), which needs
 * no rows and costs resamples x kinds of outcomes.
 */
export function bootstrap(
  outcomes: readonly Outcome[],
  labelCount: number,
  type: ProblemType,
  { resamples, seed }: { resamples: number; seed: number },
): Bootstrap {
  const paired = outcomes.length > 0 && outcomes.every(({ before }) => before !== undefined);
  const random = seededRandom(seed);
  const weights = new Float64Array(outcomes.length);
  const values = new Map<keyof CountMetrics, number[]>();
  const gains = new Map<keyof CountMetrics, number[]>();
  for (let resample = 0; resample < resamples && outcomes.length > 0; resample++) {
    for (let index = 0; index < outcomes.length; index++) {
      weights[index] = poisson((outcomes[index] as Outcome).count, random);
    }
    const counts = countLabels(outcomes, labelCount, 'predicted', weights);
    // A resample of a few rows can be empty; it says nothing.
    if (counts.rows === 0) continue;
    const now = countMetrics(counts, type);
    const before = paired
      ? countMetrics(countLabels(outcomes, labelCount, 'before', weights), type)
      : undefined;
    for (const [name, value] of Object.entries(now) as [keyof CountMetrics, number][]) {
      getOrInsert(values, name, () => []).push(value);
      if (before === undefined) continue;
      getOrInsert(gains, name, () => []).push(value - (before[name] as number));
    }
  }
  return { intervals: toIntervals(values), differences: paired ? toIntervals(gains) : undefined };
}

function toIntervals(samples: Map<keyof CountMetrics, number[]>): Intervals {
  const intervals: Intervals = {};
  for (const [name, values] of samples) {
    intervals[name] = middle95(values);
  }
  return intervals;
}
