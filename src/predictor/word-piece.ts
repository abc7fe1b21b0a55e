import { normalizerOf, normalizerSteps } from './normalizer.ts';
import type { Json, TextEncoder } from './tokenizer-json.ts';
import { rememberWords } from './word-cache.ts';

/** A word, or one sign of punctuation. */
const wordOrSign = /[^\p{White_Space}\p{P}!-/:-@[-`{-~]+|[\p{P}!-/:-@[-`{-~]/gu;

/**
 * Texts to ids as BERT does it: `BertPreTokenizer`, and the longest pieces from the left.
 * @param tokenizer parsed `tokenizer.json`
 * @param special pieces that no text may produce
 */
export function wordPieceEncoder(tokenizer: Json, special: ReadonlySet<string>): TextEncoder {
  const encodeWord = rememberWords(pieceFinder(tokenizer['model'] as Json, special));
  const normalize = normalizerOf(normalizerSteps(tokenizer['normalizer']));
  const encodeNormal = (normal: string): number[] =>
    (normal.match(wordOrSign) ?? []).flatMap((word) => encodeWord(word));
  return { normalize, encodeNormal, encode: (text) => encodeNormal(normalize(text)) };
}

function pieceFinder(model: Json, special: ReadonlySet<string>): (word: string) => number[] {
  const vocab = new Map(Object.entries(model['vocab'] as Record<string, number>));
  const unknown = vocab.get(model['unk_token'] as string);
  if (unknown === undefined) throw new Error('expected unk_token to be in the vocabulary');
  for (const piece of special) vocab.delete(piece);
  const prefix = (model['continuing_subword_prefix'] as string | undefined) ?? '##';
  const maxCharacters = (model['max_input_chars_per_word'] as number | undefined) ?? 100;
  const longest = [...vocab.keys()].reduce((length, piece) => Math.max(length, piece.length), 0);
  return (word) => {
    if (Array.from(word).length > maxCharacters) return [unknown];
    const ids: number[] = [];
    for (let start = 0; start < word.length;) {
      const before = start === 0 ? '' : prefix;
      let end = Math.min(word.length, start + longest);
      let id: number | undefined;
      while (end > start && (id = vocab.get(before + word.slice(start, end))) === undefined) end--;
      if (id === undefined) return [unknown];
      ids.push(id);
      start = end;
    }
    return ids;
  };
}
