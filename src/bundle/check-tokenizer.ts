import isSafeRegex from 'safe-regex2';
import { BundleError } from '../errors.ts';

/** Repetitions in one pattern; those of byte-level BPE tokenizers hold a dozen. */
const maxRepetitions = 100;

/**
 * Refuses regular expressions in a tokenizer that can take exponential time, as `(a+)+` does on some texts: a
 * bundle is not trusted, and a worker that matches for ever would hold up the run.
 * @param value parsed `tokenizer.json`, or a part of it
 * @param where path to name in errors
 * @throws BundleError naming the pattern
 */
export function refuseUnsafePatterns(value: unknown, where: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    // The vocabulary holds no patterns, and is long.
    if (key === 'vocab' || key === 'merges') continue;
    if (key === 'Regex' && typeof part === 'string' && !isSafeRegex(part, { limit: maxRepetitions })) {
      throw new BundleError(
        'TOKENIZER_UNSAFE_REGEX',
        `${where}: expected patterns that match in linear time, found ${part.slice(0, 100)}`,
        { hint: 'Rewrite the pattern without a repetition inside a repetition.' },
      );
    }
    refuseUnsafePatterns(part, where);
  }
}
