/** Words kept at most; a million feedback texts have more, but the frequent ones come back soon. */
const maxWords = 50_000;

/** Longer words are hardly met twice. */
const maxCharacters = 40;

/** Remembers the ids of words: tokenizers that split words first give a word the same ids in every text. */
export function rememberWords(encode: (word: string) => number[]): (word: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (word) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const ids = encode(word);
    if (word.length > maxCharacters) return ids;
    if (known.size >= maxWords) known.clear();
    known.set(word, ids);
    return ids;
  };
}
