import { escaped } from './javascript-pattern.ts';
import type { AddedToken, TextEncoder } from './tokenizer-json.ts';

/** What `\w` matches in the reference's engine. */
const wordCharacter = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const endsInWord = new RegExp(`${wordCharacter}$`, 'u');
const startsInWord = new RegExp(`^${wordCharacter}`, 'u');
const whiteSpace = /\p{White_Space}/u;

/** A part of a text: one added token, or what stands between them. */
type Part = { id: number } | { text: string };

/**
 * Finds added tokens that are not special (`<user>`) in texts, as the Rust `tokenizers` do: those that are not
 * `normalized` in the text as it is, the others in what is left, once it is normalised. The parts between are encoded
 * each by itself.
 * @returns `encoder.encode` itself where there are none
 */
export function encodeWithAddedTokens(
  encoder: TextEncoder,
  tokens: readonly AddedToken[],
): (text: string) => number[] {
  if (tokens.length === 0) return (text) => encoder.encode(text);
  const findPlain = finder(tokens.filter((token) => token.normalized === false));
  const normalized = tokens.filter((token) => token.normalized !== false);
  const findNormalized = finder(
    normalized.map((token) => ({ ...token, content: encoder.normalize(token.content) })),
  );
  return (text) => {
    const ids: number[] = [];
    for (const part of findPlain(text)) {
      if ('id' in part) ids.push(part.id);
      else if (normalized.length === 0) ids.push(...encoder.encode(part.text));
      else {
        for (const inner of findNormalized(encoder.normalize(part.text)))
          ids.push(...('id' in inner ? [inner.id] : encoder.encodeNormal(inner.text)));
      }
    }
    return ids;
  };
}

/** The leftmost tokens, of several that start there the longest. */
function finder(tokens: readonly AddedToken[]): (text: string) => Part[] {
  const byContent = new Map(
    tokens.filter(({ content }) => content !== '').map((token) => [token.content, token]),
  );
  if (byContent.size === 0) return (text) => [{ text }];
  const alternatives = [...byContent.keys()]
    .toSorted((a, b) => b.length - a.length)
    .map((content) => escaped(content));
  const pattern = new RegExp(alternatives.join('|'), 'gu');
  return (text) => {
    const parts: Part[] = [];
    let done = 0;
    for (const match of text.matchAll(pattern)) {
      const token = byContent.get(match[0]) as AddedToken;
      let [start, end] = [match.index, match.index + match[0].length];
      if (token.single_word === true && touchesWord(text, start, end)) continue;
      if (token.lstrip === true) while (start > done && whiteSpace.test(text.charAt(start - 1))) start--;
      if (token.rstrip === true) while (end < text.length && whiteSpace.test(text.charAt(end))) end++;
      // One that took the white space behind it can reach into the next.
      start = Math.max(start, done);
      if (start > done) parts.push({ text: text.slice(done, start) });
      parts.push({ id: token.id });
      done = end;
    }
    if (done < text.length || parts.length === 0) parts.push({ text: text.slice(done) });
    return parts;
  };
}

function touchesWord(text: string, start: number, end: number): boolean {
  return endsInWord.test(text.slice(0, start)) || startsInWord.test(text.slice(end));
}
