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

type TensorName = keyof Head;

/** Tensors in the order in which they lie in the file. */
function shapesOf({ labels, size }: HeadShape): [TensorName, number[]][] {
  return [
    ['center', [size]],
    ['scale', [size]],
    ['weight', [labels, size]],
    ['bias', [labels]],
  ];
}

/** A head as a file in the safetensors format: the header's length, the header in JSON, the values. */
export function formatHead(head: Head): Buffer {
  const shape = { labels: head.bias.length, size: head.center.length };
  const header: Record<string, unknown> = {};
  const values: Buffer[] = [];
  let at = 0;
  for (const [name, dims] of shapesOf(shape)) {
    const bytes = float32Bytes(head[name]);
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [at, at + bytes.length] };
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
  const read = (name: TensorName, dims: readonly number[]): Float32Array => {
    const tensor = header[name] ?? {};
    const found = `${String(tensor.dtype)} ${JSON.stringify(tensor.shape)}`;
    const expected = `F32 ${JSON.stringify(dims)}`;
    if (found !== expected) throw invalid(where, `${name} to be ${expected}`, found);
    const count = dims.reduce((product, dim) => product * dim, 1);
    const [from, to] = Array.isArray(tensor.data_offsets) ? (tensor.data_offsets as unknown[]) : [];
    const isInside =
      Number.isSafeInteger(from) && (from as number) >= 0 && start + (to as number) <= file.length;
    if (!isInside || (to as number) - (from as number) !== 4 * count) {
      throw invalid(where, `${name} to have ${4 * count} bytes inside the file`, JSON.stringify([from, to]));
    }
    return readFloats(file, start + (from as number), count, `${where}: ${name}`);
  };
  return Object.fromEntries(
    shapesOf(shape).map(([name, dims]) => [name, read(name, dims)]),
  ) as unknown as Head;
}

function readFloats(file: Buffer, at: number, count: number, where: string): Float32Array {
  const values = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    const value = file.readFloatLE(at + 4 * index);
    if (!Number.isFinite(value)) throw invalid(where, 'finite numbers', String(value));
    values[index] = value;
  }
  return values;
}

function float32Bytes(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeFloatLE(value, 4 * index));
  return bytes;
}

function invalid(where: string, expected: string, found: string): BundleError {
  return new BundleError('HEAD_INVALID', `${where}: expected ${expected}, found ${found}`, {
    hint: 'The bundle is damaged or was changed; teach it again.',
  });
}
