const capital = /\p{Changes_When_Lowercased}/gu;
const small = /\p{Changes_When_Uppercased}/gu;

/** Fewer capital letters than these are an abbreviation (`OK`, `HR`), not a text in capitals. */
const fewestCapitals = 4;

/** A text has so many capital letters for one small letter at least, or is not one in capitals. */
const capitalsPerSmall = 4;

/**
 * A text written in capitals, in small letters; any other text as it is. In capitals a text breaks into pieces that hardly
 * any text of the training had. `fold_capitals` in models/training/batches.py is the same function.
 */
export function foldCapitals(text: string): string {
  const capitals = count(text, capital);
  if (capitals < fewestCapitals || count(text, small) * capitalsPerSmall > capitals) return text;
  // In lower case İ is an i and a combining dot, which no word list has.
  return text.replaceAll('İ', 'i').toLowerCase();
}

function count(text: string, letters: RegExp): number {
  return text.match(letters)?.length ?? 0;
}
