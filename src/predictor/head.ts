import type { Directions } from '../bundle/directions-file.ts';
import type { Head } from '../bundle/head-file.ts';
import { NgramFeatures } from './ngrams.ts';

/** A head ready to be applied to sentence vectors. */
export interface PreparedHead {
  head: Head;
  /** Room for the features of one text. */
  features: Float64Array;
  ngrams: NgramFeatures | undefined;
}

export function prepareHead(head: Head): PreparedHead {
  return {
    head,
    features: new Float64Array(head.center.length),
    ngrams: head.ngrams && new NgramFeatures(head.ngrams),
  };
}

/**
 * Logits of one text. Computed in float64 in a fixed order from the text and its own vector, so that they are the
 * same in every batch and on every machine that gives the same vector.
 * @param vectors float32 [batch, size]
 * @param row of the batch
 * @returns float32 [labels]
 */
export function headLogits(
  { head, features, ngrams }: PreparedHead,
  vectors: Float32Array,
  row: number,
  text: string,
): Float32Array {
  const from = row * features.length;
  if (head.directions === undefined) toFeatures(head, vectors, from, features, 0);
  else {
    lessen(head.directions, vectors, from, features, 0);
    toFeatures(head, features, 0, features, 0);
  }
  const { weight, bias } = head;
  const parts = head.ngrams?.keys.length ?? 0;
  const sparse = ngrams?.of(text);
  return bias.map((start, label) => {
    let sum = start;
    const first = label * features.length;
    for (let at = 0; at < features.length; at++) {
      sum += (weight[first + at] as number) * (features[at] as number);
    }
    if (sparse === undefined) return sum;
    const ofParts = head.ngrams?.weight as Float32Array;
    for (let at = 0; at < sparse.indices.length; at++) {
      const place = label * parts + (sparse.indices[at] as number);
      sum += (ofParts[place] as number) * (sparse.values[at] as number);
    }
    return sum;
  });
}

/**
 * Takes of a sentence vector what is not to be kept of it along some directions.
 * @param from place of the vector's first value
 * @param to place in `lessened` of the first value written
 */
export function lessen(
  { axes, kept }: Directions,
  vectors: Float32Array,
  from: number,
  lessened: Float64Array | Float32Array,
  to: number,
): void {
  const size = axes.length / kept.length;
  const rest = Float64Array.from(vectors.subarray(from, from + size));
  for (let axis = 0; axis < kept.length; axis++) {
    const first = axis * size;
    let along = 0;
    for (let at = 0; at < size; at++) {
      along += (axes[first + at] as number) * (vectors[from + at] as number);
    }
    const taken = along * (1 - (kept[axis] as number));
    for (let at = 0; at < size; at++) {
      rest[at] = (rest[at] as number) - taken * (axes[first + at] as number);
    }
  }
  lessened.set(rest, to);
}

/**
 * Turns a sentence vector into what a head sees of it: centred, scaled, and brought to length 1.
 * @param from place of the vector's first value
 * @param to place in `features` of the first value written
 */
export function toFeatures(
  { center, scale }: Pick<Head, 'center' | 'scale'>,
  vectors: Float64Array | Float32Array,
  from: number,
  features: Float64Array | Float32Array,
  to: number,
): void {
  const size = center.length;
  let squares = 0;
  for (let at = 0; at < size; at++) {
    const value = ((vectors[from + at] as number) - (center[at] as number)) * (scale[at] as number);
    features[to + at] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  if (length === 0) return;
  for (let at = 0; at < size; at++) features[to + at] = (features[to + at] as number) / length;
}
