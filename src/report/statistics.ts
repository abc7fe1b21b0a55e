import { z95 } from '../intervals.ts';
import { ratio, round } from '../text/numbers.ts';

/** Two-sided 99.7 %: one of twenty figures that are looked at passes it by chance in one report of twenty. */
const zOfMany = 3;

/** A part of a whole, with the ends of its 95 % interval. */
export interface ShareOf {
  texts: number;
  share: number;
  low: number;
  high: number;
}

/** A share with Wilson's 95 % score interval, which holds for few texts and for shares near 0 and 1 too. */
export function shareOf(part: number, whole: number): ShareOf {
  if (whole === 0) return { texts: part, share: 0, low: 0, high: 1 };
  const rate = part / whole;
  const spread = z95 * Math.sqrt((rate * (1 - rate) + (z95 * z95) / (4 * whole)) / whole);
  const middle = rate + (z95 * z95) / (2 * whole);
  const scale = 1 + (z95 * z95) / whole;
  return {
    texts: part,
    share: round(rate),
    low: round(Math.max(0, (middle - spread) / scale)),
    high: round(Math.min(1, (middle + spread) / scale)),
  };
}

/** A part of each of two wholes. */
export interface TwoShares {
  before: number;
  beforeOf: number;
  after: number;
  afterOf: number;
}

/** By how much the second share is the larger, with its 95 % interval, and whether that is more than chance. */
export interface Difference {
  difference: number;
  low: number;
  high: number;
  /** Whether chance alone gives so much in less than one case of twenty. */
  clear: boolean;
}

/** @param ofMany whether the difference is one of many that are looked at, so that more is asked of it */
export function differenceOf({ before, beforeOf, after, afterOf }: TwoShares, ofMany = false): Difference {
  const [was, is] = [ratio(before, beforeOf), ratio(after, afterOf)];
  const pooled = ratio(before + after, beforeOf + afterOf);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / beforeOf + 1 / afterOf));
  const spread = z95 * Math.sqrt((was * (1 - was)) / beforeOf + (is * (1 - is)) / afterOf);
  const z = Math.abs(is - was) / error;
  return {
    difference: round(is - was),
    low: round(Math.max(-1, is - was - (Number.isFinite(spread) ? spread : 1))),
    high: round(Math.min(1, is - was + (Number.isFinite(spread) ? spread : 1))),
    clear: Number.isFinite(z) && z > (ofMany ? zOfMany : z95),
  };
}
