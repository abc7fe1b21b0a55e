import { UsageError } from '../errors.ts';

/**
 * The character that an option means; `\t` may be written with a backslash.
 * @param option - named in the error, for example `--delimiter`
 * @throws {UsageError} when it cannot stand between cells.
 */
export function delimiterOf(value: string, option: string): string {
  const delimiter = value === '\\t' ? '\t' : value;
  if (/^[^"\r\n]$/u.test(delimiter)) return delimiter;
  throw new UsageError(
    'INVALID_DELIMITER',
    `Expected ${option} to be one character other than a quote or a line end, got ${JSON.stringify(value)}`,
    { hint: `Examples: \`${option} ";"\`, \`${option} "\\t"\`.` },
  );
}
