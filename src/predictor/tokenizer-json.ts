/** Parsed `tokenizer.json`, or a part of it. */
export type Json = Record<string, unknown>;

/** A text to token ids, without special tokens, in the two steps that added tokens can stand between. */
export interface TextEncoder {
  normalize(text: string): string;
  /** Ids of a text that was normalised. */
  encodeNormal(normal: string): number[];
  /** Both steps at once, which can be faster. */
  encode(text: string): number[];
}

/** The steps of a normalizer or pre-tokenizer, sequences within sequences taken apart. */
export function stepsOf(config: unknown, list: 'normalizers' | 'pretokenizers'): Json[] {
  if (config === null || config === undefined) return [];
  const step = config as Json;
  if (step['type'] !== 'Sequence') return [step];
  return (step[list] as Json[]).flatMap((inner) => stepsOf(inner, list));
}

/** An entry of `added_tokens`. */
export interface AddedToken {
  id: number;
  content: string;
  special?: boolean;
  normalized?: boolean;
  single_word?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
}
