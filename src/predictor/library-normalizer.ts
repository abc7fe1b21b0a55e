import { Tokenizer } from '@huggingface/tokenizers';
import type { Json } from './tokenizer-json.ts';

/** A normalizer of `tokenizer.json` as the library does it; the text as it is when there is none. */
export function libraryNormalizer(config: Json | null | undefined): (text: string) => string {
  if (config === null || config === undefined) return (text) => text;
  const { normalizer } = new Tokenizer(
    {
      normalizer: config,
      pre_tokenizer: null,
      model: { type: 'WordPiece', vocab: { a: 0 }, unk_token: 'a' },
      post_processor: null,
      decoder: null,
      added_tokens: [],
    },
    {},
  );
  if (normalizer === null) throw new Error(`the normalizer ${String(config['type'])} is not supported`);
  return (text) => normalizer.normalize(text);
}
