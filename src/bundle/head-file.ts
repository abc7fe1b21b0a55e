import { BundleError } from '../errors.ts';

/**
 * The head of a task that was taught: logits of a sentence vector `v` are `weight * x + bias`, where
 * `x` is `(v - center) * scale`, brought to length 1.
 */
export interface Head {
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
  /** float32 [labels, parts] */
  weight: Float32Array;
}

export interface HeadShape {
  labels: number;
  /** Numbers in a sentence vector. */
  size: number;
}

/** Headers of real files are far smaller than this limit in bytes. */
const maxHeaderBytes = 65_536;
/** Width of the header's length in front of it. */
const lengthBytes = 8;

/** No honest head has more. */
const maxParts = 1_000_000;

/** Tensors by their name in the file. */
const names = {
  keys: 'ngram_keys',
  idf: 'ngram_idf',
  weight: 'ngram_weight',
} as const;

interface Tensor {
  name: string;
  dims: number[];
  values: Float32Array | Uint32Array;
}

function tensorsOf({ center, scale, weight, bias, ngrams }: Head): Tensor[] {
  const [size, labels] = [center.length, bias.length];
  const parts = ngrams?.keys.length ?? 0;
  return [
    { name: 'center', dims: [size], values: center },
    { name: 'scale', dims: [size], values: scale },
    { name: 'weight', dims: [labels, size], values: weight },
    { name: 'bias', dims: [labels], values: bias },
    ...(ngrams === undefined
      ? []
      : [
          { name: names.keys, dims: [parts], values: ngrams.keys },
          { name: names.idf, dims: [parts], values: ngrams.idf },
          { name: names.weight, dims: [labels, parts], values: ngrams.weight },
        ]),
  ];
}

/** A head as a file in the safetensors format: the header's length, the header in JSON, the values. */
export function formatHead(head: Head): Buffer {
  const header: Record<string, unknown> = {};
  const values: Buffer[] = [];
  let at = 0;
  for (const { name, dims, values: ofTensor } of tensorsOf(head)) {
    const bytes = littleEndian(ofTensor);
    const dtype = ofTensor instanceof Uint32Array ? 'U32' : 'F32';
    header[name] = { dtype, shape: dims, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
    values.push(bytes);
  }
  const json = JSON.stringify(header);
  // Aligned, so that readers may map the values.
  const padded = Buffer.from(json.padEnd(Math.ceil(json.length / lengthBytes) * lengthBytes));
  const length = Buffer.alloc(lengthBytes);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...values]);
}

/**
 * Reads a head out of a safetensors file.
 * @param where path to name in errors
 * @throws BundleError when a tensor is missing, has another shape, or holds values that are not finite
 */
export function parseHead(bytes: Uint8Array, shape: HeadShape, where: string): Head {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = file.length < lengthBytes ? 0 : Number(file.readBigUInt64LE());
  const start = lengthBytes + headerBytes;
  if (headerBytes === 0 || headerBytes > maxHeaderBytes || start > file.length) {
    throw invalid(where, 'a file in the safetensors format', 'none');
  }
  let header: Record<string, { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null>;
  try {
    header = JSON.parse(file.toString('utf8', lengthBytes, start)) as typeof header;
  } catch (cause) {
    throw invalid(where, 'a header in JSON', (cause as Error).message);
  }
  const read = (name: string, dims: readonly number[], dtype: 'F32' | 'U32'): DataView => {
    const tensor = header[name] ?? {};
    const found = `${String(tensor.dtype)} ${JSON.stringify(tensor.shape)}`;
    const expected = `${dtype} ${JSON.stringify(dims)}`;
    if (found !== expected) throw invalid(where, `${name} to be ${expected}`, found);
    const bytesOf = 4 * dims.reduce((product, dim) => product * dim, 1);
    const [from, to] = Array.isArray(tensor.data_offsets) ? (tensor.data_offsets as unknown[]) : [];
    const isInside =
      Number.isSafeInteger(from) && (from as number) >= 0 && start + (to as number) <= file.length;
    if (!isInside || (to as number) - (from as number) !== bytesOf) {
      throw invalid(where, `${name} to have ${bytesOf} bytes inside the file`, JSON.stringify([from, to]));
    }
    return new DataView(file.buffer, file.byteOffset + start + (from as number), bytesOf);
  };
  const floats = (name: string, ...dims: number[]): Float32Array =>
    finite(read(name, dims, 'F32'), `${where}: ${name}`);
  const { labels, size } = shape;
  const count = partsOf(header[names.keys]?.shape, where);
  return {
    center: floats('center', size),
    scale: floats('scale', size),
    weight: floats('weight', labels, size),
    bias: floats('bias', labels),
    ngrams:
      count === undefined
        ? undefined
        : {
            keys: integers(read(names.keys, [count], 'U32')),
            idf: floats(names.idf, count),
            weight: floats(names.weight, labels, count),
          },
  };
}

/** How many parts of words a head has weights for; undefined for a head without. */
function partsOf(found: unknown, where: string): number | undefined {
  if (!Array.isArray(found)) return undefined;
  const [parts] = found as unknown[];
  if (Number.isSafeInteger(parts) && (parts as number) >= 0 && (parts as number) <= maxParts)
    return parts as number;
  throw invalid(where, `${names.keys} to have up to ${maxParts} values`, JSON.stringify(parts));
}

function integers(view: DataView): Uint32Array {
  return Uint32Array.from({ length: view.byteLength / 4 }, (_, at) => view.getUint32(4 * at, true));
}

function finite(view: DataView, where: string): Float32Array {
  return Float32Array.from({ length: view.byteLength / 4 }, (_, at) => {
    const value = view.getFloat32(4 * at, true);
    if (!Number.isFinite(value)) throw invalid(where, 'finite numbers', String(value));
    return value;
  });
}

function littleEndian(values: Float32Array | Uint32Array): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    if (values instanceof Uint32Array) bytes.writeUInt32LE(value, 4 * index);
    else bytes.writeFloatLE(value, 4 * index);
  });
  return bytes;
}

function invalid(where: string, expected: string, found: string): BundleError {
  return new BundleError('HEAD_INVALID', `${where}: expected ${expected}, found ${found}`, {
    hint: 'The bundle is damaged or was changed; teach it again.',
  });
}
