import { countNgrams, type NgramTable } from '../predictor/ngrams.ts';

/** Parts of words that are kept at most, and weights of them in a head: what these take in the bundle. */
const most = { parts: 30_000, weights: 2_000_000 };

/** The parts of words that some texts hold, the most frequent ones, and how rare each is. */
export function makeNgramTable(texts: readonly string[], labels: number): NgramTable {
  const counts = new Map<number, number>();
  for (const text of texts) {
    for (const key of countNgrams(text).keys()) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const kept = Math.min(most.parts, Math.floor(most.weights / labels));
  const parts = [...counts]
    .toSorted(([one, often], [other, otherOften]) => otherOften - often || one - other)
    .slice(0, kept);
  const idfOf = (count: number): number => Math.log((1 + texts.length) / (1 + count)) + 1;
  return {
    keys: Uint32Array.from(parts, ([key]) => key),
    idf: Float32Array.from(parts, ([, count]) => idfOf(count)),
    // As of what stands in one text: that much a part is known to be rare.
    unknownIdf: Math.fround(idfOf(1)),
  };
}
