/** Character by character, like the reference: a whole word's final sigma would become another letter. */
export function lowercase(text: string): string {
  const lower = text.toLowerCase();
  return text.includes('Σ') ? Array.from(text, (character) => character.toLowerCase()).join('') : lower;
}
