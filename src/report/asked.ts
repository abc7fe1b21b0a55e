import { alike, mostTypical, type TextVectors } from './likeness.ts';
import type { Asked, SampleText } from './report-document.ts';
import { shareOf } from './statistics.ts';

/** Texts that show what is meant. */
export const quotesPerTopic = 3;

/** Picks vectors of some of the texts that vectors were made for. */
export interface QuoteVectors {
  /** Whether they are a bundle's, or made of words. */
  by: 'vectors' | 'words';
  of: (texts: readonly SampleText[]) => TextVectors;
}

/** Average likeness down to which texts are taken to ask for the same. */
const leastAlike = { vectors: 0.4, words: 0.14 };

/** Texts grouped by what they ask for, with how many there are of each. */
export function asked(
  { texts, seen }: { texts: readonly SampleText[]; seen: number },
  feedback: number,
  vectors: QuoteVectors,
): Asked {
  const groups = alike(vectors.of(texts), texts.length, leastAlike[vectors.by]);
  return {
    ...shareOf(seen, feedback),
    grouped: texts.length,
    groups: groups.map((group) => ({
      texts: group.length,
      quotes: group.slice(0, quotesPerTopic).map((place) => texts[place] as SampleText),
    })),
  };
}

/** The texts that stand for all of them best. */
export function typicalQuotes(texts: readonly SampleText[], vectors: QuoteVectors): SampleText[] {
  const places = texts.map((_, place) => place);
  return mostTypical(vectors.of(texts), places, quotesPerTopic).map((place) => texts[place] as SampleText);
}
