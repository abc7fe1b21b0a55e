import { BundleError } from '../errors.ts';

/** Headers of real files are far smaller than this limit in bytes. */
const maxHeaderBytes = 65_536;
/** Width of the header's length in front of it. */
const lengthBytes = 8;

export interface Tensor {
  name: string;
  dims: number[];
  values: Float32Array | Uint32Array;
}

type TensorHeader = Record<string, { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null>;

/** Tensors as a file in the safetensors format: the header's length, the header in JSON, the values. */
export function formatTensors(tensors: readonly Tensor[]): Buffer {
  const header: Record<string, unknown> = {};
  const values: Buffer[] = [];
  let at = 0;
  for (const { name, dims, values: ofTensor } of tensors) {
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

/** Reads tensors by name out of a safetensors file, each of the type and shape that is expected of it. */
export class TensorFile {
  readonly #file: Buffer;
  readonly #start: number;
  readonly #header: TensorHeader;
  readonly #where: string;

  /**
   * @param where path to name in errors
   * @throws BundleError for a file in another format
   */
  constructor(bytes: Uint8Array, where: string) {
    this.#file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
    const headerBytes = this.#file.length < lengthBytes ? 0 : Number(this.#file.readBigUInt64LE());
    this.#start = lengthBytes + headerBytes;
    if (headerBytes === 0 || headerBytes > maxHeaderBytes || this.#start > this.#file.length) {
      throw this.#invalid('a file in the safetensors format', 'none');
    }
    try {
      this.#header = JSON.parse(this.#file.toString('utf8', lengthBytes, this.#start)) as TensorHeader;
    } catch (cause) {
      throw this.#invalid('a header in JSON', (cause as Error).message);
    }
  }

  /**
   * Length of a tensor's first dimension; undefined where there is no such tensor.
   * @throws BundleError when it is no number up to `most`
   */
  lengthOf(name: string, most: number): number | undefined {
    const shape = this.#header[name]?.shape;
    if (!Array.isArray(shape)) return undefined;
    const [length] = shape as unknown[];
    if (Number.isSafeInteger(length) && (length as number) >= 0 && (length as number) <= most)
      return length as number;
    throw this.#invalid(`${name} to have up to ${most} values`, JSON.stringify(length));
  }

  /** @throws BundleError for a tensor of another type or shape, or with values that are not finite */
  floats(name: string, ...dims: number[]): Float32Array {
    const view = this.#read(name, dims, 'F32');
    return Float32Array.from({ length: view.byteLength / 4 }, (_, at) => {
      const value = view.getFloat32(4 * at, true);
      if (!Number.isFinite(value)) throw invalid(`${this.#where}: ${name}`, 'finite numbers', String(value));
      return value;
    });
  }

  /** @throws BundleError for a tensor of another type or shape */
  integers(name: string, ...dims: number[]): Uint32Array {
    const view = this.#read(name, dims, 'U32');
    return Uint32Array.from({ length: view.byteLength / 4 }, (_, at) => view.getUint32(4 * at, true));
  }

  #read(name: string, dims: readonly number[], dtype: 'F32' | 'U32'): DataView {
    const tensor = this.#header[name] ?? {};
    const found = `${String(tensor.dtype)} ${JSON.stringify(tensor.shape)}`;
    const expected = `${dtype} ${JSON.stringify(dims)}`;
    if (found !== expected) throw this.#invalid(`${name} to be ${expected}`, found);
    const bytesOf = 4 * dims.reduce((product, dim) => product * dim, 1);
    const [from, to] = Array.isArray(tensor.data_offsets) ? (tensor.data_offsets as unknown[]) : [];
    const isInside =
      Number.isSafeInteger(from) &&
      (from as number) >= 0 &&
      this.#start + (to as number) <= this.#file.length;
    if (!isInside || (to as number) - (from as number) !== bytesOf) {
      throw this.#invalid(`${name} to have ${bytesOf} bytes inside the file`, JSON.stringify([from, to]));
    }
    return new DataView(this.#file.buffer, this.#file.byteOffset + this.#start + (from as number), bytesOf);
  }

  #invalid(expected: string, found: string): BundleError {
    return invalid(this.#where, expected, found);
  }
}

function invalid(where: string, expected: string, found: string): BundleError {
  return new BundleError('HEAD_INVALID', `${where}: expected ${expected}, found ${found}`, {
    hint: 'The bundle is damaged or was changed; get it, or teach it, again.',
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
