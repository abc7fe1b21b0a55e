import { isVisible } from './visible.ts';

/** A part of a text, as offsets in UTF-16 units; the end is behind its last one. */
export interface Span {
  start: number;
  end: number;
}

const segmenter = new Intl.Segmenter('und', { granularity: 'sentence' });

/**
 * The sentences of a text, in order, without the white space around them; none for a text that shows nothing. They
 * depend on the text alone.
 */
export function cutSentences(text: string): Span[] {
  const spans: Span[] = [];
  for (const { segment, index } of segmenter.segment(text)) {
    if (!isVisible(segment)) continue;
    const start = index + segment.length - segment.trimStart().length;
    spans.push({ start, end: index + segment.trimEnd().length });
  }
  return spans;
}

/** Code points before an offset in UTF-16 units. */
export function codePointsBefore(text: string, offset: number): number {
  let count = 0;
  for (let at = 0; at < offset; at++) {
    count++;
    if ((text.codePointAt(at) as number) > 0xffff) at++;
  }
  return count;
}
