import { UsageError } from '../errors.ts';

/**
 * Refuses an option with which chance decides what is scored together, for a bundle with which that decides on scores.
 * @param what what it depends on
 */
export function neighboursMatter(option: string, bundle: string, what: string): UsageError {
  return new UsageError(
    'OPTION_INVALID',
    `Expected --deterministic along with ${option}, as the bundle ${bundle} is not batch invariant`,
    { hint: `Which rows are scored together ${what}, and must not change scores.` },
  );
}
