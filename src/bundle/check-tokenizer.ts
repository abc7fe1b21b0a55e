import { BundleError } from '../errors.ts';
import { whyUnfit } from './unfit-pattern.ts';

/**
 * Refuses regular expressions in a tokenizer that can take exponential time, or polynomial time of a high degree, as
 * `(a+)+` and `a*a*a*b` do on some texts (a bundle is not trusted, and a worker that matches for ever would hold up
 * the run), and those that would find other things than in the reference's engine.
 * @param value parsed `tokenizer.json`, or a part of it
 * @param where path to name in errors
 * @throws BundleError naming the pattern
 */
export function refuseUnfitPatterns(value: unknown, where: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    // The vocabulary holds no patterns, and is long.
    if (key === 'vocab' || key === 'merges') continue;
    if (key === 'Regex' && typeof part === 'string') {
      const reason = whyUnfit(part);
      if (reason === undefined) continue;
      throw new BundleError(
        'TOKENIZER_PATTERN',
        `${where}: expected patterns that cannot take long and mean the same everywhere, found ${JSON.stringify(part.slice(0, 100))}: ${reason}`,
        {
          hint: 'Rewrite the pattern as a list of alternatives, each with at most one repetition of one character class.',
        },
      );
    }
    refuseUnfitPatterns(part, where);
  }
}
