import { seedFor } from '../random.ts';
import type { SampleText } from './report-document.ts';

/** Vectors of length 1, float32 [texts, size]: the scalar product of two says how alike their texts are. */
export interface TextVectors {
  vectors: Float32Array;
  size: number;
}

/** Numbers per text of a vector that is made of its words. */
const wordVectorSize = 1024;

/**
 * Vectors by the words and the parts of words that texts share, rare ones counting more: what likeness is told by
 * where there is no bundle to give vectors.
 */
export function wordVectors(texts: readonly string[]): TextVectors {
  const parts = texts.map((text) => new Set(partsOf(text)));
  const spread = new Map<string, number>();
  for (const own of parts) for (const part of own) spread.set(part, (spread.get(part) ?? 0) + 1);
  const vectors = new Float32Array(texts.length * wordVectorSize);
  for (const [text, own] of parts.entries()) {
    for (const part of own) {
      const hash = seedFor(1, part);
      const place = text * wordVectorSize + (Math.abs(hash) % wordVectorSize);
      const weight = Math.log(1 + texts.length / (spread.get(part) as number));
      vectors[place] = (vectors[place] as number) + (hash < 0 ? -weight : weight);
    }
  }
  return normalised(vectors, wordVectorSize);
}

/** Words, and three letters at a time, which is what languages without spaces and inflected words have in common. */
function partsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.flatMap((word) => {
    const letters = Array.from(word);
    const threes = letters.slice(2).map((_, at) => letters.slice(at, at + 3).join(''));
    return [word].concat(letters.length <= 3 ? [] : threes);
  });
}

/**
 * Takes out of each vector what all of them, and those of its language, have in common: that they all are suggestions,
 * say, or in German. Texts are then alike by what they say.
 */
export function withoutLanguage({ vectors, size }: TextVectors, texts: readonly SampleText[]): TextVectors {
  const means = new Map<string, { sum: Float64Array; texts: number }>();
  const languageOf = (text: number): string => texts[text]?.language ?? '';
  for (let text = 0; text < texts.length; text++) {
    const known = means.get(languageOf(text)) ?? { sum: new Float64Array(size), texts: 0 };
    means.set(languageOf(text), known);
    known.texts++;
    for (let at = 0; at < size; at++)
      known.sum[at] = (known.sum[at] as number) + (vectors[text * size + at] as number);
  }
  const centred = vectors.slice();
  const all = new Float64Array(size);
  for (const { sum } of means.values())
    for (let at = 0; at < size; at++)
      all[at] = (all[at] as number) + (sum[at] as number) / Math.max(1, texts.length);
  for (let text = 0; text < texts.length; text++) {
    const { sum, texts: count } = means.get(languageOf(text)) as { sum: Float64Array; texts: number };
    // The mean of a few texts is what they say, not their language.
    const part = count / (count + fewTexts);
    for (let at = 0; at < size; at++) {
      const mean = part * ((sum[at] as number) / count) + (1 - part) * (all[at] as number);
      centred[text * size + at] = (centred[text * size + at] as number) - mean;
    }
  }
  return normalised(centred, size);
}

const fewTexts = 10;

export function normalised(vectors: Float32Array, size: number): TextVectors {
  for (let from = 0; from < vectors.length; from += size) {
    const own = vectors.subarray(from, from + size);
    const length = Math.hypot(...own);
    if (length > 0) own.forEach((value, at) => (own[at] = value / length));
  }
  return { vectors, size };
}

export function likeness({ vectors, size }: TextVectors, one: number, other: number): number {
  let sum = 0;
  for (let at = 0; at < size; at++) {
    sum += (vectors[one * size + at] as number) * (vectors[other * size + at] as number);
  }
  return sum;
}

/** Two texts shown side by side should not be alike as much as this. */
const sameThing = 0.85;

/** Texts in order of how much they have in common with all of them, the most typical first. */
function byTypicality(vectors: TextVectors, among: readonly number[]): number[] {
  const common = new Map(
    among.map((one) => [one, among.reduce((sum, other) => sum + likeness(vectors, one, other), 0)]),
  );
  return among.toSorted(
    (one, other) => (common.get(other) as number) - (common.get(one) as number) || one - other,
  );
}

/**
 * The texts that stand for all best, the most typical first and none that says the same as one before.
 * @param among places of the texts to choose from
 */
export function mostTypical(vectors: TextVectors, among: readonly number[], most: number): number[] {
  const chosen: number[] = [];
  for (const text of byTypicality(vectors, among)) {
    if (chosen.length === most) break;
    if (chosen.every((other) => likeness(vectors, text, other) < sameThing)) chosen.push(text);
  }
  return chosen;
}

/**
 * Groups texts that are alike: two groups become one as long as their members are, on average (average linkage). The
 * largest group comes first, and in each the most typical text.
 * @param least likeness of the groups that are still joined
 */
export function alike(vectors: TextVectors, count: number, least: number): number[][] {
  const groups: (number[] | undefined)[] = Array.from({ length: count }, (_, text) => [text]);
  const means = new Float64Array(count * count);
  for (let one = 0; one < count; one++) {
    for (let other = 0; other < one; other++) {
      means[one * count + other] = means[other * count + one] = likeness(vectors, one, other);
    }
  }
  for (;;) {
    let best: [number, number] | undefined;
    let bestMean = least;
    for (let one = 0; one < count; one++) {
      if (groups[one] === undefined) continue;
      for (let other = 0; other < one; other++) {
        if (groups[other] === undefined || (means[one * count + other] as number) < bestMean) continue;
        best = [one, other];
        bestMean = means[one * count + other] as number;
      }
    }
    if (best === undefined) break;
    const [one, other] = best;
    const [ones, others] = [groups[one] as number[], groups[other] as number[]];
    for (let third = 0; third < count; third++) {
      const mean =
        (ones.length * (means[one * count + third] as number) +
          others.length * (means[other * count + third] as number)) /
        (ones.length + others.length);
      means[other * count + third] = means[third * count + other] = mean;
    }
    groups[other] = [...others, ...ones];
    groups[one] = undefined;
  }
  return groups
    .flatMap((group) => (group === undefined ? [] : [byTypicality(vectors, group)]))
    .toSorted((one, other) => other.length - one.length || (one[0] as number) - (other[0] as number));
}
