import type { Span } from './sentences.ts';

/** Made when it is asked for: that takes long, and most runs need none. */
let segmenter: Intl.Segmenter | undefined;
/** What carries meaning without being a word. */
const pictograph = /\p{Extended_Pictographic}/u;

/** The words of a text, emoji among them, in order. */
export function wordSpans(text: string): Span[] {
  const spans: Span[] = [];
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' });
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike === true || pictograph.test(segment)) {
      spans.push({ start: index, end: index + segment.length });
    }
  }
  return spans;
}

/** A text without some of its parts, which are in order, and without the doubled space that they leave. */
export function withoutSpans(text: string, spans: readonly Span[]): string {
  let rest = '';
  let at = 0;
  for (const { start, end } of spans) {
    rest += text.slice(at, start);
    at =
      /\s$/u.test(rest) || rest === ''
        ? end + (/^\s*/u.exec(text.slice(end, end + 8))?.[0].length ?? 0)
        : end;
  }
  return rest + text.slice(at);
}
