import type { Json } from './tokenizer-json.ts';

/** Classes that mean other characters in JavaScript than in the reference's engine. */
const classes: Record<string, string> = {
  '\\s': '\\p{White_Space}',
  '\\S': '\\P{White_Space}',
  '\\d': '\\p{Nd}',
  '\\D': '\\P{Nd}',
};

/**
 * The `pattern` of a normalizer or pre-tokenizer, which is a text (`String`) or a regular expression (`Regex`), as one
 * of JavaScript's that finds the same.
 */
export function javascriptPattern(pattern: unknown): RegExp {
  const { String: text, Regex: expression } = (pattern ?? {}) as Json;
  if (typeof text === 'string' && text !== '')
    return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'gu');
  if (typeof expression !== 'string')
    throw new Error(`expected a pattern with String or Regex, found ${JSON.stringify(pattern)}`);
  return new RegExp(
    expression.replace(/\\./gsu, (escape) => classes[escape] ?? escape),
    'gu',
  );
}
