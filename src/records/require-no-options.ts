import { UsageError } from '../errors.ts';
import { optionFlag } from '../text/option-flag.ts';
import type { RecordsOptions } from './records-options.ts';

/**
 * Refuses options that say nothing about a format.
 * @throws {UsageError} naming the first that was given
 */
export function requireNoOptions(
  names: readonly (keyof RecordsOptions)[],
  options: RecordsOptions,
  format: string,
): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const flag = optionFlag(given);
  throw new UsageError('OPTION_INVALID', `Expected a table of text along with ${flag}, found ${format}`, {
    hint: `Leave out ${flag}: it says nothing about ${format}.`,
  });
}
