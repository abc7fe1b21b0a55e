/** Makes the vocabulary of the fixture bundle, and what each piece votes for. */
import { characters, concepts, emoji, fragments } from './fixture-lexicon.ts';
import { fixtureTasks } from './fixture-tasks.ts';

export const specialTokens = ['<pad>', '<unk>', '<s>', '</s>'];

/** All labels of all tasks side by side: the columns of the votes. */
export const allLabels = fixtureTasks.flatMap((task) => task.labels);

/** Votes of a word for its labels, and of a character for its language. Small integers: their sums are exact. */
const strength = { word: 36, language: 30, shortWord: 12, character: 6 };

export interface Piece {
  /** As in the vocabulary; continuations begin with `##`. */
  text: string;
  /** One small integer per label of `allLabels`. */
  votes: Int8Array;
}

/** Votes by label, by word, character or letter group. */
type Votes = Map<string, Map<string, number>>;

/** The vocabulary in order of ids; the same on every call. */
export function makePieces(): Piece[] {
  const words = wordVotes();
  const pieces: Piece[] = specialTokens.map((text) => ({ text, votes: new Int8Array(allLabels.length) }));
  const known = new Set(specialTokens);
  const push = (text: string, votes: Int8Array): void => {
    if (known.has(text)) return;
    known.add(text);
    pieces.push({ text, votes });
  };
  for (const [word, votes] of words) {
    const row = toRow(votes, word);
    push(word, row);
    if (unspaced.test(word)) push(`##${word}`, row);
  }
  for (const [sign, votes] of signVotes(words.keys())) {
    // Few kinds of noise, so that most characters share their row of votes.
    const row = toRow(votes, `sign ${(sign.codePointAt(0) ?? 0) % 8}`);
    push(sign, row);
    push(`##${sign}`, row);
  }
  return pieces;
}

function wordVotes(): Votes {
  const words: Votes = new Map();
  for (const { labels, words: byLanguage } of concepts) {
    for (const [language, list] of Object.entries(byLanguage)) {
      for (const word of normalise(list).split(' ')) {
        // WordPiece also finds a word at the beginning of a longer one: short ones say little.
        const isShort = word.length < 4 && /^[a-z]+$/.test(word);
        add(words, word, [language], isShort ? strength.shortWord : strength.language);
        add(words, word, labels.split(' ').filter(Boolean), strength.word);
      }
    }
  }
  return words;
}

/** Votes of what is left when no word matches: letter groups, emoji, and every character of the lexicon. */
function signVotes(words: Iterable<string>): Votes {
  const signs: Votes = new Map();
  for (const { languages, text } of characters) {
    for (const sign of normalise(text)) add(signs, sign, languages, strength.character);
  }
  for (const fragment of normalise(fragments).split(' ')) add(signs, fragment, [], 0);
  for (const [labels, text] of Object.entries(emoji)) {
    for (const sign of text) add(signs, sign, labels.split(' '), strength.word);
  }
  for (const word of words) {
    for (const sign of word) add(signs, sign, scriptLanguages(sign), strength.character);
  }
  return signs;
}

/** Scripts whose words stand inside runs of text without spaces, or carry endings. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

/** What a character says of the language, by its script. */
function scriptLanguages(sign: string): string[] {
  if (/\p{Script=Han}/u.test(sign)) return ['zh'];
  return /\p{Script=Hangul}/u.test(sign) ? ['ko'] : [];
}

function add(to: Votes, text: string, labels: readonly string[], vote: number): void {
  const votes = to.get(text) ?? new Map<string, number>();
  to.set(text, votes);
  for (const label of labels) votes.set(label, Math.max(votes.get(label) ?? 0, vote));
}

function toRow(votes: Map<string, number>, seed: string): Int8Array {
  for (const label of votes.keys()) {
    if (!allLabels.includes(label)) throw new Error(`Expected a label of the fixture tasks, got ${label}`);
  }
  const hash = fnv1a(Buffer.from(seed));
  return Int8Array.from(allLabels, (label, index) => (votes.get(label) ?? 0) + noise(hash, index));
}

/** Mostly 0, else -1 or 1: lets scores differ between texts that hold the same words of the lexicon. */
function noise(hash: number, index: number): number {
  return [-1, 1][(fnv1a([index], hash) >>> 8) & 7] ?? 0;
}

function fnv1a(bytes: Iterable<number>, start = 0x811c9dc5): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** The normalisation that the fixture tokenizer states. */
function normalise(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** `tokenizer.json`, Hugging Face format: NFKC, lower case, WordPiece, `<s> text </s>`. */
export function makeTokenizer(pieces: Piece[]): object {
  const [pad, unk, start, end] = specialTokens as [string, string, string, string];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [pad, unk, start, end].map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Lowercase' }] },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special(start), sequence('A'), special(end)],
      pair: [special(start), sequence('A'), special(end), sequence('B'), special(end)],
      special_tokens: Object.fromEntries(
        [start, end].map((id) => [id, { id, ids: [specialTokens.indexOf(id)], tokens: [id] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unk,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces.map(({ text }, id) => [text, id])),
    },
  };
}

/** Parts of a `TemplateProcessing` template. */
function special(id: string): object {
  return { SpecialToken: { id, type_id: 0 } };
}

function sequence(id: string): object {
  return { Sequence: { id, type_id: 0 } };
}
