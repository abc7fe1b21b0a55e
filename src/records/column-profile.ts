import { isNonAnswer } from '../text/non-answers.ts';
import { isVisible } from '../text/visible.ts';

/** What the first rows show about a column. */
export interface ColumnProfile {
  /** How it is named with `--text`. */
  reference: string;
  /** Its number, from 1; undefined for what lies inside of a JSON record. */
  number: number | undefined;
  /** Text of the question that it holds answers to; absent where the file does not say. */
  question?: string | undefined;
  /** Rows that were looked at. */
  rows: number;
  /** The first different values, as they stand. */
  examples: string[];
  /** Share of the rows with a value, from 0 to 1. */
  filled: number;
  /** Of the values, in characters. */
  meanLength: number;
  /** `text` looks like comments, `other` like numbers, dates, ids or addresses; `words` may be either. */
  kind: 'text' | 'words' | 'other' | 'empty';
  /** How much it looks like comments, to tell between several; 0 where it does not at all. */
  likeness: number;
}

const shownExamples = 3;
/** Words of a comment, on average; fewer are names, places or choices from a list. */
const fewestWords = 2.5;
/** Of all values, how many are different; the same few again and again are choices. */
const fewestDistinct = 0.3;
const otherShare = 0.8;

/** @param values - of the first rows, '' where there is none */
export function profileColumn(
  { reference, number, question }: Pick<ColumnProfile, 'reference' | 'number' | 'question'>,
  values: readonly string[],
): ColumnProfile {
  const present = values.filter(isVisible);
  const distinct = [...new Set(present)];
  const telling = present.filter((value) => !isNonAnswer(value));
  const share = (test: (value: string) => boolean): number => present.filter(test).length / present.length;
  const mean = (measure: (value: string) => number): number =>
    telling.reduce((sum, value) => sum + measure(value), 0) / Math.max(1, telling.length);
  const profile = {
    reference,
    number,
    question,
    rows: values.length,
    examples: distinct.slice(0, shownExamples),
    filled: values.length === 0 ? 0 : present.length / values.length,
    meanLength: present.reduce((sum, value) => sum + value.length, 0) / Math.max(1, present.length),
  };
  if (present.length === 0) return { ...profile, kind: 'empty', likeness: 0 };
  const isChoice =
    distinct.length > 1 && distinct.every((value) => /^(?:true|false|yes|no|y|n)$/iu.test(value.trim()));
  if (isChoice || share(isOther) >= otherShare) return { ...profile, kind: 'other', likeness: 0 };
  const words = mean(countWords);
  const variety = distinct.length / present.length;
  const isVaried = variety >= fewestDistinct || present.length < 5;
  const isText = words >= fewestWords && mean(letterShare) >= 0.5 && isVaried;
  if (isText) return { ...profile, kind: 'text', likeness: words * variety };
  // Short comments are better than none.
  return { ...profile, kind: 'words', likeness: words >= 2 && isVaried ? 0.1 * variety : 0 };
}

/** Numbers, dates and times, addresses of pages and mail; blanks around them taken off. */
export function isQuantity(text: string): boolean {
  return (
    /^[-+(]?[\p{Sc}\s]*\d[\d.,'\s:/%()-]*\p{Sc}?$/u.test(text) ||
    /^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[T\s].*\d$/u.test(text) ||
    /^(?:https?:\/\/|www\.)\S+$/iu.test(text) ||
    /^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(text)
  );
}

/** Quantities, ids, JSON: no words that somebody wrote. */
function isOther(value: string): boolean {
  const text = value.trim();
  return isQuantity(text) || /^(?=\S*\d)[\w.:#/-]+$/u.test(text) || /^[[{]/u.test(text);
}

/** Scripts that set no blanks between words have some two characters in each. */
function countWords(text: string): number {
  const unspaced =
    text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0;
  return text.split(/\s+/u).filter((word) => /\p{L}/u.test(word)).length + unspaced / 2;
}

function letterShare(text: string): number {
  const bare = text.replaceAll(/\s/gu, '');
  return bare === '' ? 0 : (bare.match(/[\p{L}\p{M}]/gu)?.length ?? 0) / bare.length;
}
