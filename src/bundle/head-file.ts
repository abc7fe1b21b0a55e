import { type Directions, directionTensors, readDirections } from './directions-file.ts';
import { formatTensors, type Tensor, TensorFile } from './tensor-file.ts';

/**
 * The head of a task that was taught: logits of a sentence vector `v` are `weight * x + bias`, where
 * `x` is `(v - center) * scale`, brought to length 1.
 */
export interface Head {
  /** What `v` is less of, before all else; undefined for nothing. */
  directions: Directions | undefined;
  /** float32 [size] */
  center: Float32Array;
  /** float32 [size] */
  scale: Float32Array;
  /** float32 [labels, size] */
  weight: Float32Array;
  /** float32 [labels] */
  bias: Float32Array;
  /** What the parts of words in a text add to its logits, where they were learned from. */
  ngrams: HeadNgrams | undefined;
}

export interface HeadNgrams {
  /** Hashes of parts of words, uint32 [parts]. */
  keys: Uint32Array;
  /** How rare each is, float32 [parts]. */
  idf: Float32Array;
  /** How rare a part is that is none of these; undefined in heads that pass over such parts. */
  unknownIdf: number | undefined;
  /** float32 [labels, parts] */
  weight: Float32Array;
}

export interface HeadShape {
  labels: number;
  /** Numbers in a sentence vector. */
  size: number;
}

/** No honest head has more. */
const maxParts = 1_000_000;

/** Tensors by their name in the file. */
const names = {
  keys: 'ngram_keys',
  idf: 'ngram_idf',
  unknownIdf: 'ngram_unknown_idf',
  weight: 'ngram_weight',
} as const;

function tensorsOf({ directions, center, scale, weight, bias, ngrams }: Head): Tensor[] {
  const [size, labels] = [center.length, bias.length];
  return [
    { name: 'center', dims: [size], values: center },
    { name: 'scale', dims: [size], values: scale },
    { name: 'weight', dims: [labels, size], values: weight },
    { name: 'bias', dims: [labels], values: bias },
    ...(directions === undefined ? [] : directionTensors(directions)),
    ...(ngrams === undefined ? [] : ngramTensors(ngrams, labels)),
  ];
}

function ngramTensors({ keys, idf, unknownIdf, weight }: HeadNgrams, labels: number): Tensor[] {
  return [
    { name: names.keys, dims: [keys.length], values: keys },
    { name: names.idf, dims: [keys.length], values: idf },
    ...(unknownIdf === undefined
      ? []
      : [{ name: names.unknownIdf, dims: [1], values: Float32Array.of(unknownIdf) }]),
    { name: names.weight, dims: [labels, keys.length], values: weight },
  ];
}

/** A head as a file in the safetensors format. */
export function formatHead(head: Head): Buffer {
  return formatTensors(tensorsOf(head));
}

/**
 * Reads a head out of a safetensors file.
 * @param where path to name in errors
 * @throws BundleError when a tensor is missing, has another shape, or holds values that are not finite
 */
export function parseHead(bytes: Uint8Array, { labels, size }: HeadShape, where: string): Head {
  const file = new TensorFile(bytes, where);
  const parts = file.lengthOf(names.keys, maxParts);
  return {
    directions: readDirections(file, size),
    center: file.floats('center', size),
    scale: file.floats('scale', size),
    weight: file.floats('weight', labels, size),
    bias: file.floats('bias', labels),
    ngrams: parts === undefined ? undefined : readNgrams(file, labels, parts),
  };
}

function readNgrams(file: TensorFile, labels: number, parts: number): HeadNgrams {
  const hasUnknown = file.lengthOf(names.unknownIdf, 1) !== undefined;
  return {
    keys: file.integers(names.keys, parts),
    idf: file.floats(names.idf, parts),
    unknownIdf: hasUnknown ? file.floats(names.unknownIdf, 1)[0] : undefined,
    weight: file.floats(names.weight, labels, parts),
  };
}
