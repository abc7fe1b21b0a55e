/** Standard errors to either side of a figure that hold it in 95 of 100 cases. */
export const z95 = 1.96;

/** Quantile of sorted numbers, with linear interpolation between neighbours, as numpy has it by default. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const low = sorted[below] ?? 0;
  return low + ((sorted[Math.ceil(place)] ?? low) - low) * (place - below);
}

/** The ends of the middle 95 % of what was drawn. */
export function middle95(drawn: readonly number[]): [low: number, high: number] {
  const sorted = drawn.toSorted((one, other) => one - other);
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}
