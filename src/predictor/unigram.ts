import { libraryNormalizer } from './library-normalizer.ts';
import { precompiledNormalizer } from './precompiled.ts';
import type { Json, TextEncoder } from './tokenizer-json.ts';
import { rememberWords } from './word-cache.ts';

/** How much worse than the worst piece an unknown character is; sentencepiece's number. */
const unknownPenalty = 10;

/** The search tries pieces of every length at every character; real ones have a few dozen characters at most. */
const maxPieceLength = 256;

const space = '\u2581';
const whiteSpace = /\p{White_Space}+/u;

/**
 * Texts to ids as XLM-R and MiniLM do it: `Precompiled` normalizer, words split at white space or at `▁`, and the
 * most likely pieces of each word. Written here because the library approximates the normalizer and does not
 * split at `▁`.
 * @param tokenizer parsed `tokenizer.json`
 * @param special pieces that no text may produce
 * @returns nothing for a tokenizer that is not of this kind
 */
export function unigramEncoder(tokenizer: Json, special: ReadonlySet<string>): TextEncoder | undefined {
  const model = tokenizer['model'] as Json;
  const splitWords = wordSplitter(tokenizer['pre_tokenizer'] as Json | null);
  if (model['type'] !== 'Unigram' || model['byte_fallback'] === true || splitWords === undefined)
    return undefined;
  if (typeof model['unk_id'] !== 'number') return undefined;
  const normalize = normalizer(tokenizer['normalizer'] as Json | null);
  const pieces = new Pieces(model['vocab'] as [string, number][], model['unk_id'], special);
  const encodeWord = rememberWords((word) => pieces.encode(word));
  return (text) => splitWords(normalize(text)).flatMap((word) => encodeWord(word));
}

function normalizer(config: Json | null): (text: string) => string {
  if (config?.['type'] === 'Precompiled')
    return precompiledNormalizer(config['precompiled_charsmap'] as string);
  if (config?.['type'] !== 'Sequence') return libraryNormalizer(config);
  const steps = (config['normalizers'] as Json[]).map(normalizer);
  return (text) => steps.reduce((normal, step) => step(normal), text);
}

/** `WhitespaceSplit`, `Metaspace`, or a sequence of both; words come out as the model wants them, `▁` included. */
function wordSplitter(config: Json | null): ((text: string) => string[]) | undefined {
  switch (config?.['type']) {
    case 'WhitespaceSplit':
      return (text) => text.split(whiteSpace).filter((word) => word !== '');
    case 'Metaspace':
      return metaspace(config);
    case 'Sequence': {
      const steps = (config['pretokenizers'] as Json[]).map(wordSplitter);
      if (steps.some((step) => step === undefined)) return undefined;
      return (text) =>
        steps.reduce((words, step) => words.flatMap((word) => step?.(word) ?? []), [text] as string[]);
    }
    default:
      return undefined;
  }
}

function metaspace(config: Json): ((text: string) => string[]) | undefined {
  // Before there were schemes there was a switch.
  const scheme = config['prepend_scheme'] ?? (config['add_prefix_space'] === false ? 'never' : 'always');
  if ((config['replacement'] ?? space) !== space || scheme === 'first') return undefined;
  const atSpace = new RegExp(`(?=${space})`, 'u');
  return (text) => {
    const replaced = text.replaceAll(' ', space);
    if (replaced === '') return [];
    const whole = scheme === 'always' && !replaced.startsWith(space) ? space + replaced : replaced;
    return config['split'] === false ? [whole] : whole.split(atSpace);
  };
}

/** The vocabulary of a Unigram model, and the search for the most likely pieces. */
class Pieces {
  readonly #ids = new Map<string, number>();
  readonly #scores: Float64Array;
  readonly #unknown: number;
  readonly #unknownScore: number;
  /** UTF-16 units of the longest piece, by first unit. */
  readonly #longest = new Map<number, number>();

  constructor(vocab: [string, number][], unknown: number, special: ReadonlySet<string>) {
    this.#scores = Float64Array.from(vocab, ([, score]) => score);
    this.#unknown = unknown;
    this.#unknownScore =
      this.#scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty;
    vocab.forEach(([piece], id) => {
      if (piece === '' || special.has(piece) || id === unknown) return;
      if (piece.length > maxPieceLength)
        throw new Error(
          `expected pieces of at most ${maxPieceLength} characters, found one of ${piece.length}`,
        );
      this.#ids.set(piece, id);
      const first = piece.charCodeAt(0);
      this.#longest.set(first, Math.max(this.#longest.get(first) ?? 0, piece.length));
    });
  }

  /** The best path, first found among equals, from left to right; unknown characters in a row are one id. */
  encode(word: string): number[] {
    const best = new Float64Array(word.length + 1);
    const startOf = new Int32Array(word.length + 1).fill(-1);
    const idOf = new Int32Array(word.length + 1);
    const offer = (start: number, end: number, id: number, score: number): void => {
      if (startOf[end] !== -1 && score <= (best[end] as number)) return;
      best[end] = score;
      startOf[end] = start;
      idOf[end] = id;
    };
    for (let start = 0; start < word.length;) {
      const soFar = best[start] as number;
      const next = start + ((word.codePointAt(start) as number) > 0xffff ? 2 : 1);
      const last = Math.min(word.length, start + (this.#longest.get(word.charCodeAt(start)) ?? 0));
      let isKnown = false;
      for (let end = next; end <= last; end++) {
        const id = this.#ids.get(word.slice(start, end));
        if (id === undefined) continue;
        offer(start, end, id, (this.#scores[id] as number) + soFar);
        isKnown ||= end === next;
      }
      if (!isKnown) offer(start, next, this.#unknown, this.#unknownScore + soFar);
      start = next;
    }
    const ids: number[] = [];
    for (let end = word.length; end > 0; end = startOf[end] as number) {
      const id = idOf[end] as number;
      if (id !== this.#unknown || ids.at(-1) !== id) ids.push(id);
    }
    return ids.toReversed();
  }
}
