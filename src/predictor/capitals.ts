/** Fewer capital letters than these are an abbreviation (`OK`, `HR`), not a text in capitals. */
const fewestCapitals = 4;

/** A text has so many capital letters for one small letter at least, or is not one in capitals. */
const capitalsPerSmall = 4;

/**
 * A text written in capitals, in small letters; any other text as it is. In capitals a text breaks into pieces that hardly
 * any text of the training had. `fold_capitals` in models/training/batches.py is the same function.
 */
export function foldCapitals(text: string): string {
  if (!isInCapitals(text)) return text;
  // In lower case İ is an i and a combining dot, which no word list has.
  return text.replaceAll('İ', 'i').toLowerCase();
}

/** Looks at letters only until it is certain: at a fifth of a usual text. */
function isInCapitals(text: string): boolean {
  let capitals = 0;
  let small = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text.codePointAt(at) as number;
    if (letter > 0xffff) at++;
    const kind = caseOf(letter);
    if (kind & isCapital) capitals++;
    if (kind & isSmall) small++;
    const most = capitals + text.length - at - 1;
    if (most < fewestCapitals || small * capitalsPerSmall > most) return false;
  }
  return capitals >= fewestCapitals;
}

const isCapital = 1;
const isSmall = 2;
/** That a letter was looked up before. */
const isKnown = 4;

/** By code point, for all scripts that have capitals but a few that are no longer written. */
const known = new Uint8Array(0x10000);

/** Bits `isCapital` and `isSmall`; a letter in title case, such as ǅ, is both. */
function caseOf(letter: number): number {
  const found = known[letter] ?? 0;
  if (found !== 0) return found;
  const character = String.fromCodePoint(letter);
  const kind =
    isKnown |
    (/\p{Changes_When_Lowercased}/u.test(character) ? isCapital : 0) |
    (/\p{Changes_When_Uppercased}/u.test(character) ? isSmall : 0);
  if (letter < known.length) known[letter] = kind;
  return kind;
}
