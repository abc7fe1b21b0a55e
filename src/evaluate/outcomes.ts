import { getOrInsert } from '../collections.ts';
/** Rows of one task that have the same gold labels and the same predicted ones. */
export interface Outcome {
  /** Label indices, ascending. */
  gold: readonly number[];
  predicted: readonly number[];
  /** Labels that the baseline predicted for the same text; undefined when it did not hold the text. */
  before: readonly number[] | undefined;
  count: number;
}

/**
 * Counts rows by what was expected and what was predicted. All figures but those of calibration and ranking
 * follow from these counts, so memory depends on the kinds of outcomes and not on the rows.
 */
export class OutcomeTally {
  readonly #outcomes = new Map<string, Outcome>();
  rows = 0;

  add(gold: readonly number[], predicted: readonly number[], before?: readonly number[]): void {
    this.rows++;
    const key = `${gold.join()}|${predicted.join()}|${before?.join() ?? '?'}`;
    getOrInsert(this.#outcomes, key, () => ({ gold, predicted, before, count: 0 })).count++;
  }

  /** All outcomes, in the order in which each came first. */
  all(): Outcome[] {
    return [...this.#outcomes.values()];
  }
}

/** Whether two ascending lists of labels are the same. */
export function sameLabels(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((label, index) => label === other[index]);
}
