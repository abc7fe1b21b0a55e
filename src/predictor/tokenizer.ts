import { BundleError } from '../errors.ts';
import type { Json, TextEncoder } from './tokenizer-json.ts';
import { unigramEncoder } from './unigram.ts';
import { wordPieceEncoder } from './word-piece.ts';
import { noncharacter, WordTokenizer } from './word-tokenizer.ts';

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
  readonly #encodeText: TextEncoder;
  readonly #prefix: number[];
  readonly #suffix: number[];
  readonly #maxLength: number;

  /**
   * @param tokenizer parsed `tokenizer.json`
   * @param maxLength tokens per text at most, special tokens included
   * @param where path to name in errors
   * @throws BundleError when the file is not a tokenizer, or of a kind that is not supported
   */
  constructor(tokenizer: Json, maxLength: number, where: string) {
    try {
      ({ prefix: this.#prefix, suffix: this.#suffix } = specialTokens(tokenizer['post_processor'] as Json));
      this.#encodeText = chooseEncoder(tokenizer);
      this.#encodeText('a');
    } catch (cause) {
      throw new BundleError('TOKENIZER_INVALID', `${where} cannot be used: ${(cause as Error).message}`, {
        cause,
      });
    }
    this.#maxLength = maxLength;
    if (this.#prefix.length + this.#suffix.length >= maxLength) {
      throw new BundleError(
        'TOKENIZER_INVALID',
        `${where}: expected max_length to leave room for text, found ${maxLength}`,
      );
    }
  }

  encode(text: string): Encoding {
    const maxCharacters = this.#maxLength * maxCharactersPerToken;
    const trimmed = text.trim();
    // The cut may split a surrogate pair: toWellFormed puts U+FFFD there, as it does for lone surrogates.
    const cut = (trimmed.length > maxCharacters ? trimmed.slice(0, maxCharacters) : trimmed).toWellFormed();
    const ids = this.#encodeText(cut);
    if (ids.length === 0) return { ids, truncated: false };
    const room = this.#maxLength - this.#prefix.length - this.#suffix.length;
    return {
      ids: [...this.#prefix, ...(ids.length > room ? ids.slice(0, room) : ids), ...this.#suffix],
      truncated: ids.length > room || trimmed.length > maxCharacters,
    };
  }
}

/** Own code for the kinds that the library reads otherwise than the reference does, the library for the rest. */
function chooseEncoder(tokenizer: Json): TextEncoder {
  const addedTokens = (tokenizer['added_tokens'] ?? []) as { content: string; special?: boolean }[];
  if (addedTokens.every((token) => token.special)) {
    const special = new Set(addedTokens.map((token) => token.content));
    const own = unigramEncoder(tokenizer, special) ?? wordPieceEncoder(tokenizer, special);
    if (own !== undefined) return own;
  }
  const words = new WordTokenizer(tokenizer);
  return (text) => words.encode(text.replaceAll(noncharacter, '\uFFFD'));
}

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
