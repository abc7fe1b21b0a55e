import type { PlacedText } from '../text/markup.ts';
import { codePointCounter, type Span } from '../text/sentences.ts';

/**
 * Finds spans of a text, one behind the other, in the cell that it comes from: start and end in code points.
 * @param placed where the text's characters are in the cell, if it is not the whole of it
 */
export function placeInCell(text: string, placed: PlacedText | undefined): (span: Span) => [number, number] {
  const count = codePointCounter(placed?.cell ?? text);
  return ({ start, end }) =>
    placed === undefined
      ? [count(start), count(end)]
      : [count(placed.starts[start] as number), count(placed.ends[end - 1] as number)];
}
