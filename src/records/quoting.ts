import { UsageError } from '../errors.ts';
import { type Quoting, usualQuoting } from './delimited-record.ts';

/**
 * How cells are quoted, as the options `--quote` and `--escape` say.
 * @throws {UsageError} when one of them is no single character of ASCII
 */
export function quotingOf({
  quote,
  escape,
}: {
  quote?: string | undefined;
  escape?: string | undefined;
}): Quoting {
  const told = quote === 'none' ? '' : (quote ?? usualQuoting.quote);
  if (told !== '') requireCharacter('--quote', told, ' or none');
  if (escape === undefined) return { quote: told, escape: usualQuoting.escape };
  requireCharacter('--escape', escape, '');
  // A quote that stands twice is escaped by itself, which needs no option.
  return { quote: told, escape: escape === told ? '' : escape };
}

function requireCharacter(option: string, value: string, otherwise: string): void {
  if (/^[\x20-\x7e]$/u.test(value)) return;
  throw new UsageError(
    'INVALID_QUOTING',
    `Expected ${option} to be one character of ASCII${otherwise}, got ${JSON.stringify(value)}`,
    {
      hint:
        option === '--escape'
          ? "Most often it is a backslash: `--escape '\\'`."
          : 'For files that quote nothing: `--quote none`.',
    },
  );
}
