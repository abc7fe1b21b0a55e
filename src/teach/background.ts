import type { Head } from '../bundle/head-file.ts';

/**
 * Mean and inverse spread of each value of the sentence vector over all texts at hand, labelled or not: what all
 * texts have in common then says nothing about any of them.
 * @param vectors float32 [texts, size]
 * @param isUsed whether a text has a vector; those of empty texts are all 0
 * @param isScaled whether all values are to have the same spread
 */
export function measureBackground(
  vectors: Float32Array,
  size: number,
  isUsed: (text: number) => boolean,
  isScaled: boolean,
): Pick<Head, 'center' | 'scale'> {
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  let texts = 0;
  for (let text = 0; text < vectors.length / size; text++) {
    if (!isUsed(text)) continue;
    texts++;
    for (let at = 0; at < size; at++) {
      const value = vectors[text * size + at] as number;
      sums[at] = (sums[at] as number) + value;
      squares[at] = (squares[at] as number) + value * value;
    }
  }
  const center = Float32Array.from(sums, (sum) => sum / texts);
  const scale = Float32Array.from(squares, (square, at) => {
    const mean = (sums[at] as number) / texts;
    const spread = Math.sqrt(Math.max(square / texts - mean * mean, 0));
    // A value that never changes tells nothing, and must not be blown up where it does.
    if (spread <= 1e-6) return 0;
    return isScaled ? 1 / spread : 1;
  });
  return { center, scale };
}
