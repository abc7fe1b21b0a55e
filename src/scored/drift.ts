/** How far two label mixes are apart. */
export interface Drift {
  /** Population stability index, 0 for equal mixes: below 0.1 little, from 0.25 on a lot, as is custom. */
  psi: number;
  /** Jensen-Shannon divergence in bits, from 0 to 1. */
  jensen_shannon: number;
}

/** Added to each label's count, so that a label that one side lacks does not make the index infinite. */
const smoothing = 0.5;

/**
 * Measures how far two label mixes are apart.
 * @param before counts by label
 * @param now counts by label, in the same order
 */
export function drift(before: readonly number[], now: readonly number[]): Drift {
  const sums = [before, now].map((counts) => counts.reduce((sum, count) => sum + count, 0));
  if (sums.includes(0)) return { psi: 0, jensen_shannon: 0 };
  const [former, current] = [before, now].map((counts, side) => {
    const total = (sums[side] as number) + smoothing * counts.length;
    return counts.map((count) => (count + smoothing) / total);
  }) as [number[], number[]];
  let psi = 0;
  let divergence = 0;
  for (const [label, was] of former.entries()) {
    const is = current[label] as number;
    psi += (is - was) * Math.log(is / was);
    const [p, q] = [
      (before[label] as number) / (sums[0] as number),
      (now[label] as number) / (sums[1] as number),
    ];
    const middle = (p + q) / 2;
    if (p > 0) divergence += (p / 2) * Math.log2(p / middle);
    if (q > 0) divergence += (q / 2) * Math.log2(q / middle);
  }
  return { psi, jensen_shannon: Math.max(0, divergence) };
}
