import type { AddedToken, TextEncoder } from './tokenizer-json.ts';

/** Characters that `\w` matches in the engine of the reference. */
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
  const longestAt = longestFinder(tokens);
  return (text) => {
    const parts: Part[] = [];
    let done = 0;
    for (let at = 0; at < text.length; at++) {
      const token = longestAt(text, at);
      if (token === undefined) continue;
      let [start, end] = [at, at + token.content.length];
      // What was found is passed over, whether it counts or not.
      at = end - 1;
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

/** Of the tokens that start with the same character the longest is tried first. */
function longestFinder(tokens: readonly AddedToken[]): (text: string, at: number) => AddedToken | undefined {
  const byFirst = new Map<number, AddedToken[]>();
  // A token given twice has its last id.
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  for (const token of [...byContent.values()].toSorted((a, b) => b.content.length - a.content.length)) {
    if (token.content === '') continue;
    const first = token.content.charCodeAt(0);
    const alike = byFirst.get(first);
    if (alike === undefined) byFirst.set(first, [token]);
    else alike.push(token);
  }
  return (text, at) => byFirst.get(text.charCodeAt(at))?.find(({ content }) => text.startsWith(content, at));
}

function touchesWord(text: string, start: number, end: number): boolean {
  return endsInWord.test(text.slice(0, start)) || startsInWord.test(text.slice(end));
}
