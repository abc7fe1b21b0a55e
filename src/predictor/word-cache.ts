/** Words whose ids are kept, in each of two generations. */
const generationWords = 20_000;

/** Longest word that is kept; longer ones are rare and do not come again. */
const maxCharacters = 64;

/** Characters from which on V8 makes a part of a string a view of the whole, where it copies shorter ones. */
const slicedLength = 13;

/**
 * Remembers the ids of words: tokenizers that split words first give a word the same ids in every text. A word for
 * which `encode` has no ids is asked for again.
 */
export function rememberWords<Ids extends readonly number[] | undefined>(
  encode: (word: string) => Ids,
): (word: string) => Ids | readonly number[] {
  const words = new WordCache();
  return (word) => {
    const known = words.get(word);
    if (known !== undefined) return known;
    const ids = encode(word);
    if (ids !== undefined && word.length <= maxCharacters) words.set(word, ids);
    return ids;
  };
}

/**
 * Token ids of the words seen lately. Two generations instead of a list by last use: a hit in the young one, which
 * is nearly every hit, costs one look-up and moves nothing.
 */
export class WordCache {
  #young = new Map<string, readonly number[]>();
  #old = new Map<string, readonly number[]>();

  get(word: string): readonly number[] | undefined {
    const ids = this.#young.get(word);
    if (ids !== undefined) return ids;
    const kept = this.#old.get(word);
    if (kept !== undefined) this.#add(word, kept);
    return kept;
  }

  set(word: string, ids: readonly number[]): void {
    // A copy: a longer word cut out of a text would keep the whole text in memory.
    this.#add(word.length < slicedLength ? word : Buffer.from(word).toString(), ids);
  }

  #add(word: string, ids: readonly number[]): void {
    if (this.#young.size >= generationWords) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(word, ids);
  }
}
