import { contrastWords } from './contrast-words.ts';
import { isVisible } from './visible.ts';

/** A part of a text, as offsets in UTF-16 units; the end is behind its last one. */
export interface Span {
  start: number;
  end: number;
}

/** A sentence, or a clause of one. */
export interface SentencePart extends Span {
  /** Whether it was cut off from the rest of its sentence. */
  isClause: boolean;
  /** Whether a word of contrast sets it against the clause before it, in the same sentence. */
  isContrast: boolean;
}

/** Adds a part to the clauses of its sentence, as places among whatever texts the caller counts; whole sentences are none. */
export function addClause(sentences: number[][], part: SentencePart, place: number): void {
  if (!part.isClause) return;
  const last = sentences.at(-1);
  if (part.isContrast && last !== undefined) last.push(place);
  else sentences.push([place]);
}

/** Cuts a text into its parts. */
export type SentenceCutter = (text: string) => SentencePart[];

/** Scripts of one language, among those that have contrast words; the others are told by their common words. */
const languageOfScript: readonly [language: string, script: RegExp][] = [
  ['ar', /\p{Script=Arabic}/u],
  ['hi', /\p{Script=Devanagari}/u],
  ['th', /\p{Script=Thai}/u],
  ['ko', /\p{Script=Hangul}/u],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['zh', /\p{Script=Han}/u],
  ['ru', /\p{Script=Cyrillic}/u],
];
/** Scripts that put no space between words: a word can begin anywhere. */
const unspaced = new Set(['ja', 'th', 'zh', 'ko']);

/** What parts the clauses of a sentence in one language. */
interface ClauseRules {
  cuts: RegExp;
  opening: RegExp | undefined;
  unless: RegExp | undefined;
  denial: RegExp;
  common: ReadonlySet<string>;
}

/**
 * A cutter of texts into sentences, and of sentences into clauses where a word says that another matter follows, in
 * these languages as far as they are known. A short answer stays with its question, and a denial with what it denies.
 * Parts come in order and without the white space around them; a text that shows nothing has none. They depend on the
 * text alone.
 */
export function sentenceCutter(languages: readonly string[]): SentenceCutter {
  const segmenter = new Intl.Segmenter('und', { granularity: 'sentence' });
  const words = new Intl.Segmenter('und', { granularity: 'word' });
  const rules = new Map(
    languages
      .filter((language) => Object.hasOwn(contrastWords, language))
      .map((language) => [language, clauseRules(language)]),
  );
  return (text) => {
    const language = languageOf(text, rules);
    const clauses = language === undefined ? undefined : rules.get(language);
    const parts: SentencePart[] = [];
    for (const { segment, index } of eachSentence(segmenter, text)) {
      const spans = cutClauses(segment, clauses);
      let isContrast = false;
      for (const { start, end } of spans) {
        const own = visibleSpan(text, index + start, index + end);
        if (own === undefined) continue;
        const before = parts.at(-1);
        if (
          before !== undefined &&
          spans.length === 1 &&
          belongsTo(before, own, text, clauses?.denial, words)
        )
          before.end = own.end;
        else parts.push({ ...own, isClause: spans.length > 1, isContrast });
        isContrast = true;
      }
    }
    return parts;
  };
}

/** Words of an answer, at most, that is read with its question. */
const maxAnswerWords = 4;
/** UTF-16 units that such an answer, or a denial, has at most. */
const maxShortUnits = 64;

/** Whether a sentence says something only along with the one before it. */
function belongsTo(
  before: Span,
  own: Span,
  text: string,
  denial: RegExp | undefined,
  words: Intl.Segmenter,
): boolean {
  if (own.end - own.start > maxShortUnits) return false;
  const sentence = text.slice(own.start, own.end);
  if (denial?.test(sentence) === true) return true;
  if (!asks(text.slice(before.start, before.end)) || asks(sentence)) return false;
  const spoken = [...words.segment(sentence)].filter(({ isWordLike }) => isWordLike === true);
  return spoken.length <= maxAnswerWords;
}

/** A question mark that a full stop follows is mostly an emoji that was lost on the way. */
function asks(sentence: string): boolean {
  return /[?？؟][!！\p{Pe}\p{Pf}"'\s]*$/u.test(sentence.slice(-searchedUnits));
}

/**
 * UTF-16 units that are looked at together: each sentence costs the segmenter as much as the whole that it is part of,
 * and a text may have megabytes.
 */
const blockUnits = 2000;

/** Sentences as the segmenter tells them, block by block; the last one of a block begins the next block. */
function* eachSentence(
  segmenter: Intl.Segmenter,
  text: string,
): Generator<{ segment: string; index: number }> {
  let from = 0;
  let size = blockUnits;
  while (from < text.length) {
    const found = [...segmenter.segment(text.slice(from, from + size))];
    const isEnd = from + size >= text.length;
    const last = found.at(-1);
    if (!isEnd && (last === undefined || found.length === 1)) {
      size *= 2;
      continue;
    }
    for (const { segment, index } of isEnd ? found : found.slice(0, -1))
      yield { segment, index: from + index };
    if (isEnd || last === undefined) return;
    from += last.index;
    size = blockUnits;
  }
}

function clauseRules(language: string): ClauseRules {
  const {
    before,
    after = [],
    opening,
    unless,
    denials,
    common = '',
  } = contrastWords[language] as (typeof contrastWords)[string];
  const isWhole = !unspaced.has(language);
  const [open, close] = isWhole ? ['(?<![\\p{L}\\p{M}])', '(?![\\p{L}\\p{M}])'] : ['', ''];
  const begin = `(?=${open}(?:${before.join('|')})${close})`;
  const ends = after.map((word) => `(?<=${word})(?![、,，])${isWhole ? close : ''}`);
  return {
    cuts: new RegExp([begin, ...ends].join('|'), 'giu'),
    opening: opening && new RegExp(`^[^\\p{L}]*(?:${opening.join('|')})${close}`, 'iu'),
    unless: unless === undefined ? undefined : new RegExp(unless, 'iu'),
    denial: new RegExp(`^\\P{L}*(?:${denials.join('|').replaceAll(' ', '\\P{L}+')})[^\\p{L}\\p{M}]*$`, 'iu'),
    common: new Set(common.split(' ').filter(Boolean)),
  };
}

/** The language whose contrast words hold for a text: by its script, or by its common words. */
function languageOf(text: string, rules: ReadonlyMap<string, ClauseRules>): string | undefined {
  for (const [language, script] of languageOfScript) if (script.test(text)) return language;
  let best: string | undefined;
  let most = 0;
  const words = text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  for (const [language, { common, cuts }] of rules) {
    if (common.size === 0) continue;
    const isContrast = text.search(cuts) !== -1;
    const votes = words.reduce((sum, word) => sum + (common.has(word) ? 2 : 0), isContrast ? 1 : 0);
    if (votes > most) [best, most] = [language, votes];
  }
  return best;
}

/** Letters that a clause has at least: less says nothing by itself. */
const minClauseLetters = 4;
/** UTF-16 units in which they are looked for: a text of megabytes may be one sentence. */
const searchedUnits = 64;

function cutClauses(sentence: string, rules: ClauseRules | undefined): Span[] {
  const whole = { start: 0, end: sentence.length };
  if (rules === undefined || rules.unless?.test(sentence) === true || rules.denial.test(sentence))
    return [whole];
  const places = [...sentence.matchAll(rules.cuts)].map(({ index }) => index);
  const comma = /[,،、，]/u.exec(sentence)?.index;
  if (comma !== undefined && rules.opening?.test(sentence) === true) places.push(comma + 1);
  const spans: Span[] = [];
  let start = 0;
  for (const place of places.toSorted((one, other) => one - other)) {
    const [left, right] = [Math.max(start, place - searchedUnits), place + searchedUnits];
    if (!isClause(sentence.slice(left, place)) || !isClause(sentence.slice(place, right))) continue;
    spans.push({ start, end: place });
    start = place;
  }
  return [...spans, { start, end: sentence.length }];
}

function isClause(part: string): boolean {
  return (part.match(/\p{L}/gu)?.length ?? 0) >= minClauseLetters;
}

/** A part without the white space around it; undefined where it shows nothing. */
function visibleSpan(text: string, from: number, to: number): Span | undefined {
  const part = text.slice(from, to);
  if (!isVisible(part)) return undefined;
  const start = from + part.length - part.trimStart().length;
  return { start, end: from + part.trimEnd().length };
}

/**
 * Counts the code points before offsets in UTF-16 units; offsets are asked for in ascending order, so that a text is
 * gone through once.
 */
export function codePointCounter(text: string): (offset: number) => number {
  let at = 0;
  let count = 0;
  return (offset) => {
    for (; at < offset; at++) {
      count++;
      if ((text.codePointAt(at) as number) > 0xffff) at++;
    }
    return count;
  };
}
