import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns that a text takes in a terminal: wide characters, flags and other emoji two, combining marks none. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** The start of a text that takes at most so many columns, no character cut in two. */
export function cutToWidth(text: string, width: number): string {
  let cut = '';
  let taken = 0;
  for (const { segment } of graphemes.segment(text)) {
    taken += displayWidth(segment);
    if (taken > width) break;
    cut += segment;
  }
  return cut;
}
