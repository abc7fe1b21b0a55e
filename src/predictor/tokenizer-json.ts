/** Parsed `tokenizer.json`, or a part of it. */
export type Json = Record<string, unknown>;

/** A text to token ids, without special tokens. */
export type TextEncoder = (text: string) => number[];
