import type { Json, TextEncoder } from './tokenizer-json.ts';
import { rememberWords } from './word-cache.ts';

/** Removed by BERT's clean-up: NUL, U+FFFD, and control, format and private characters but tab and line ends. */
const removed = /(?![\t\n\r])[\0\uFFFD\p{Cc}\p{Cf}\p{Co}]/gu;

/** The reference's ranges; they leave out U+2B820 to U+2B91F, which a slip of the pen there does. */
const ideograph =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

const whiteSpace = /\p{White_Space}/gu;
const marks = /\p{Mn}/gu;

/** A word, or one sign of punctuation. */
const wordOrSign = /[^\p{White_Space}\p{P}!-/:-@[-`{-~]+|[\p{P}!-/:-@[-`{-~]/gu;

/**
 * Texts to ids as BERT does it: `BertNormalizer`, `BertPreTokenizer`, and the longest pieces from the left.
 * Written here because the library does not set ideographs beyond U+FFFF apart, and lower-cases words, not characters.
 * @param tokenizer parsed `tokenizer.json`
 * @param special pieces that no text may produce
 * @returns nothing for a tokenizer that is not of this kind
 */
export function wordPieceEncoder(tokenizer: Json, special: ReadonlySet<string>): TextEncoder | undefined {
  const model = tokenizer['model'] as Json;
  const normalizer = tokenizer['normalizer'] as Json | null;
  const preTokenizer = tokenizer['pre_tokenizer'] as Json | null;
  // A WordPiece model saved long ago has no type; the library knows how to tell.
  if (model['type'] !== 'WordPiece' || normalizer?.['type'] !== 'BertNormalizer') return undefined;
  if (preTokenizer?.['type'] !== 'BertPreTokenizer') return undefined;
  const encodeWord = rememberWords(pieceFinder(model, special));
  return (text) => (normalize(text, normalizer).match(wordOrSign) ?? []).flatMap((word) => encodeWord(word));
}

function normalize(text: string, options: Json): string {
  let normal = text;
  if (options['clean_text'] !== false) normal = normal.replace(removed, '').replace(whiteSpace, ' ');
  if (options['handle_chinese_chars'] !== false) normal = normal.replace(ideograph, ' $& ');
  const lowercase = options['lowercase'] !== false;
  if (options['strip_accents'] ?? lowercase) normal = normal.normalize('NFD').replace(marks, '');
  if (!lowercase) return normal;
  // Character by character, like the reference: a whole word's final sigma would become another letter.
  return Array.from(normal, (character) => character.toLowerCase()).join('');
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
