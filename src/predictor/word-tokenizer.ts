import { Tokenizer } from '@huggingface/tokenizers';
import { BytePairMerger } from './byte-pair-merger.ts';
import type { Json } from './tokenizer-json.ts';
import { rememberWords } from './word-cache.ts';

/** A code point that stands for no character: what a text must not hold, names of special tokens start with. */
export const noncharacter = '\uFFFE';

/** Takes the library's model out where it is not asked, which saves its memory and the time to build it. */
const noModel = { type: 'BPE', vocab: {}, merges: [] };

/**
 * Texts to token ids as the library's `Tokenizer.encode` gives them, several times as fast: what the pre-tokeniser
 * has separated is tokenised word by word, and a word seen before is looked up.
 */
export class WordTokenizer {
  readonly #tokenizer: Tokenizer;
  readonly #wordIds: ((word: string) => readonly number[]) | undefined;
  /** Id of unknown pieces where a run of them, also across words, counts as one. */
  readonly #fusedId: number | undefined;

  /** @param json parsed `tokenizer.json`; no text will produce one of its special tokens */
  constructor(json: Json) {
    const addedTokens = (json['added_tokens'] ?? []) as { content: string; special?: boolean }[];
    const special = new Set(addedTokens.filter((token) => token.special).map((token) => token.content));
    // Other added tokens are found in the whole text: then there is no going word by word.
    const byWord = addedTokens.every((token) => token.special) && json['pre_tokenizer'] !== null;
    const merger = byWord ? BytePairMerger.from(json['model'], special) : undefined;
    const plain = {
      ...json,
      added_tokens: addedTokens.filter((token) => !token.special),
      post_processor: null,
      // Only needed to turn ids back into text.
      decoder: null,
      model: merger === undefined ? withoutPieces(json['model'] as Json, special) : noModel,
    };
    this.#tokenizer = new Tokenizer(plain, {});
    if (!byWord) return;
    const { model } = this.#tokenizer;
    if (model === null) return;
    const unknownId = merger === undefined ? model.unk_token_id : merger.unknownId;
    const fuses = merger === undefined ? model.fuse_unk : (json['model'] as { fuse_unk?: boolean }).fuse_unk;
    this.#fusedId = fuses === true ? unknownId : undefined;
    this.#wordIds = rememberWords(
      merger === undefined
        ? (word) =>
            model
              .encode([word])
              .map((piece: string) => (model.tokens_to_ids.get(piece) ?? unknownId) as number)
        : (word) => merger.encode(word),
    );
  }

  encode(text: string): number[] {
    const { normalizer, pre_tokenizer: preTokenizer } = this.#tokenizer;
    if (this.#wordIds === undefined || preTokenizer === null) return this.#tokenizer.encode(text).ids;
    const normal = normalizer === null || text === '' ? text : normalizer.normalize(text);
    if (normal === '') return [];
    const ids: number[] = [];
    for (const word of preTokenizer.pre_tokenize(normal, { section_index: 0 })) {
      for (const id of this.#wordIds(word)) {
        if (id === this.#fusedId && ids.at(-1) === id) continue;
        ids.push(id);
      }
    }
    return ids;
  }
}

/** A copy of a tokenizer's model in which the entries of special tokens have names that no text holds. */
function withoutPieces(model: Json, special: ReadonlySet<string>): Json {
  const rename = (piece: string): string => (special.has(piece) ? noncharacter + piece : piece);
  const vocab = model['vocab'] as [string, number][] | Record<string, number>;
  return {
    ...model,
    vocab: Array.isArray(vocab)
      ? vocab.map(([piece, score]) => [rename(piece), score])
      : Object.fromEntries(Object.entries(vocab).map(([piece, id]) => [rename(piece), id])),
    ...(typeof model['unk_token'] === 'string' ? { unk_token: rename(model['unk_token']) } : {}),
  };
}
