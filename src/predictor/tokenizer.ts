import { join } from 'node:path';
import { bundleFiles } from '../bundle/bundle-files.ts';
import type { Bundle } from '../bundle/load-bundle.ts';
import { BundleError } from '../errors.ts';
import { isVisible } from '../text/visible.ts';
import { encodeWithAddedTokens } from './added-tokens.ts';
import { bytePairEncoder } from './byte-pair.ts';
import { foldCapitals } from './capitals.ts';
import type { Json } from './tokenizer-json.ts';
import { addedTokensOf, requireSupportedShape } from './tokenizer-shape.ts';
import { unigramEncoder } from './unigram.ts';
import { wordPieceEncoder } from './word-piece.ts';

/**
 * Characters looked at per token of `max_length`. A text is cut there before it is tokenised, so that one of
 * many megabytes costs no more than a long comment; no language comes near this many characters per token.
 */
const maxCharactersPerToken = 64;

export interface Encoding {
  /** Token ids, special tokens included; empty when the text holds no token. */
  ids: number[];
  /** Whether tokens were cut off to fit `max_length`. */
  truncated: boolean;
}

/**
 * Texts to token ids, as the bundle's `tokenizer.json` says, with two differences from the reference:
 * special tokens written in a text (`</s>`, `[SEP]`) are plain text, and texts are cut to `max_length`.
 */
export class TextTokenizer {
  /** Highest id that a text can have: the model's table needs a row for it. */
  readonly highestId: number;
  readonly #encodeText: (text: string) => number[];
  readonly #prefix: number[];
  readonly #suffix: number[];
  readonly #maxLength: number;
  readonly #foldsCapitals: boolean;

  /**
   * @param tokenizer parsed `tokenizer.json`
   * @param maxLength tokens per text at most, special tokens included
   * @param where path to name in errors
   * @param foldsCapitals whether a text in capitals is read in small letters
   * @throws BundleError when the file is not a tokenizer, or of a kind that is not supported
   */
  constructor(tokenizer: Json, maxLength: number, where: string, foldsCapitals = false) {
    try {
      ({ prefix: this.#prefix, suffix: this.#suffix } = specialTokens(tokenizer['post_processor'] as Json));
      const type = requireSupportedShape(tokenizer);
      const addedTokens = addedTokensOf(tokenizer);
      const special = new Set(addedTokens.filter((token) => token.special).map(({ content }) => content));
      const others = addedTokens.filter((token) => !token.special);
      this.#encodeText = encodeWithAddedTokens(encoders[type](tokenizer, special), others);
      this.highestId = highestId(tokenizer, special, [...this.#prefix, ...this.#suffix]);
      this.#encodeText('a');
    } catch (cause) {
      throw new BundleError('TOKENIZER_INVALID', `${where} cannot be used: ${(cause as Error).message}`, {
        cause,
      });
    }
    this.#maxLength = maxLength;
    this.#foldsCapitals = foldsCapitals;
    if (this.#prefix.length + this.#suffix.length >= maxLength) {
      throw new BundleError(
        'TOKENIZER_INVALID',
        `${where}: expected max_length to leave room for text, found ${maxLength}`,
      );
    }
  }

  /** @throws BundleError when the bundle's `tokenizer.json` is of a kind that is not supported */
  static ofBundle({ path, tokenizer, manifest }: Bundle): TextTokenizer {
    const where = join(path, bundleFiles.tokenizer);
    return new TextTokenizer(tokenizer, manifest.maxLength, where, manifest.foldCapitals);
  }

  encode(text: string): Encoding {
    if (!isVisible(text)) return { ids: [], truncated: false };
    const trimmed = text.trim();
    const ids = this.#encodePart(trimmed.slice(0, this.#maxCharacters));
    if (ids.length === 0) return { ids, truncated: false };
    return {
      ids: this.#framed(ids.slice(0, this.#room)),
      truncated: ids.length > this.#room || trimmed.length > this.#maxCharacters,
    };
  }

  /**
   * The whole of a text as parts of about one length, each with the special tokens.
   * @param tokens of a part at most, the special ones not counted
   */
  encodeParts(text: string, tokens: number): number[][] {
    const trimmed = text.trim();
    const longest = Math.min(tokens, this.#room);
    const parts: number[][] = [];
    for (let from = 0; from < trimmed.length; from += this.#maxCharacters) {
      const ids = this.#encodePart(trimmed.slice(from, from + this.#maxCharacters));
      const size = Math.ceil(ids.length / Math.ceil(ids.length / longest));
      for (let at = 0; at < ids.length; at += size) parts.push(this.#framed(ids.slice(at, at + size)));
    }
    return parts;
  }

  #encodePart(text: string): number[] {
    // A cut may split a surrogate pair: toWellFormed puts U+FFFD there, as it does for lone surrogates.
    const part = text.toWellFormed();
    return this.#encodeText(this.#foldsCapitals ? foldCapitals(part) : part);
  }

  /** Tokens of a text that fit beside the special ones. */
  get #room(): number {
    return this.#maxLength - this.#prefix.length - this.#suffix.length;
  }

  get #maxCharacters(): number {
    return this.#maxLength * maxCharactersPerToken;
  }

  #framed(ids: readonly number[]): number[] {
    return [...this.#prefix, ...ids, ...this.#suffix];
  }
}

/** Made by the type of a tokenizer's model. */
const encoders = { Unigram: unigramEncoder, WordPiece: wordPieceEncoder, BPE: bytePairEncoder };

type TemplatePiece = { SpecialToken?: { id: string }; Sequence?: unknown };

/** Ids that the post-processor puts before and after a single text. */
function specialTokens(processor: Json | null | undefined): { prefix: number[]; suffix: number[] } {
  const none = { prefix: [], suffix: [] };
  switch (processor?.['type']) {
    case undefined:
    case 'ByteLevel':
      return none;
    case 'Sequence':
      return (processor['processors'] as Json[])
        .map(specialTokens)
        .reduce(
          (all, one) => ({ prefix: [...all.prefix, ...one.prefix], suffix: [...one.suffix, ...all.suffix] }),
          none,
        );
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const id = (key: 'cls' | 'sep'): number => (processor[key] as [string, number])[1];
      return { prefix: [id('cls')], suffix: [id('sep')] };
    }
    case 'TemplateProcessing': {
      const pieces = processor['single'] as TemplatePiece[];
      const known = processor['special_tokens'] as Record<string, { ids: number[] }>;
      const at = pieces.findIndex((piece) => piece.Sequence !== undefined);
      const ids = (some: TemplatePiece[]): number[] =>
        some.flatMap((piece) => known[piece.SpecialToken?.id ?? '']?.ids ?? []);
      return { prefix: ids(pieces.slice(0, at)), suffix: ids(pieces.slice(at + 1)) };
    }
    default:
      throw new Error(`the post-processor ${String(processor?.['type'])} is not supported`);
  }
}

/** The highest id of a piece that a text may produce. */
function highestId(tokenizer: Json, special: ReadonlySet<string>, frame: readonly number[]): number {
  const model = tokenizer['model'] as Json & { vocab: [string, number][] | Record<string, number> };
  const { vocab } = model;
  let highest = Math.max(0, ...frame);
  for (const token of addedTokensOf(tokenizer)) if (!token.special) highest = Math.max(highest, token.id);
  const consider = (piece: string, id: number): void => {
    if (id > highest && (!special.has(piece) || piece === model['unk_token'])) highest = id;
  };
  if (Array.isArray(vocab)) {
    vocab.forEach(([piece], id) => consider(piece, id));
    return Math.max(highest, model['unk_id'] as number);
  }
  for (const piece in vocab) consider(piece, vocab[piece] as number);
  return highest;
}
