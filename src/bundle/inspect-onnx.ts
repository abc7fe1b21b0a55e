import { PbfReader } from 'pbf';
import { BundleError } from '../errors.ts';

/** Operator domains that ONNX Runtime's CPU build itself implements. */
export const allowedOperatorDomains: ReadonlySet<string> = new Set([
  '',
  'ai.onnx',
  'ai.onnx.ml',
  'com.microsoft',
]);

/** Graphs within graphs (If, Loop); real models need two or three levels. */
const maxDepth = 32;

/**
 * Reads an ONNX model's structure, without its weights, and refuses what could reach outside the file:
 * tensors stored in other files, and operators that only a native extension could supply.
 * Field numbers are those of onnx.proto3 (ONNX IR version 10 and before).
 * @param where path to name in errors
 * @throws BundleError
 */
export function inspectOnnx(model: Uint8Array, where: string): void {
  const walk = new Walk(where);
  try {
    new PbfReader(model).readFields(walk.model, undefined);
  } catch (cause) {
    if (cause instanceof BundleError) throw cause;
    throw notOnnx(where, cause);
  }
  if (!walk.hasGraph) throw notOnnx(where);
}

function notOnnx(where: string, cause?: unknown): BundleError {
  return new BundleError('ONNX_INVALID', `${where} is not an ONNX model, or is cut off`, { cause });
}

type Field = (tag: number, result: undefined, pbf: PbfReader) => void;

class Walk {
  hasGraph = false;
  readonly #where: string;
  #depth = 0;

  constructor(where: string) {
    this.#where = where;
  }

  readonly model: Field = (tag, _, pbf) => {
    if (tag === 7) {
      this.hasGraph = true;
      this.#enter(pbf, this.#graph);
    } else if (tag === 8) this.#enter(pbf, this.#opsetImport);
    else if (tag === 20) this.#enter(pbf, this.#trainingInfo);
    else if (tag === 25) this.#enter(pbf, this.#function);
  };

  readonly #graph: Field = (tag, _, pbf) => {
    if (tag === 1) this.#enter(pbf, this.#node);
    else if (tag === 5) this.#enter(pbf, this.#tensor);
    else if (tag === 15) this.#enter(pbf, this.#sparseTensor);
  };

  readonly #trainingInfo: Field = (tag, _, pbf) => {
    if (tag === 1 || tag === 2) this.#enter(pbf, this.#graph);
  };

  readonly #function: Field = (tag, _, pbf) => {
    if (tag === 7) this.#enter(pbf, this.#node);
    else if (tag === 9) this.#enter(pbf, this.#opsetImport);
    else if (tag === 10) this.#checkDomain(pbf.readString());
    else if (tag === 11) this.#enter(pbf, this.#attribute);
  };

  readonly #opsetImport: Field = (tag, _, pbf) => {
    if (tag === 1) this.#checkDomain(pbf.readString());
  };

  readonly #node: Field = (tag, _, pbf) => {
    if (tag === 5) this.#enter(pbf, this.#attribute);
    else if (tag === 7) this.#checkDomain(pbf.readString());
  };

  readonly #attribute: Field = (tag, _, pbf) => {
    if (tag === 5 || tag === 10) this.#enter(pbf, this.#tensor);
    else if (tag === 6 || tag === 11) this.#enter(pbf, this.#graph);
    else if (tag === 22 || tag === 23) this.#enter(pbf, this.#sparseTensor);
  };

  readonly #sparseTensor: Field = (tag, _, pbf) => {
    if (tag === 1 || tag === 2) this.#enter(pbf, this.#tensor);
  };

  readonly #tensor: Field = (tag, _, pbf) => {
    const external = tag === 13 || (tag === 14 && pbf.readVarint() === 1);
    if (!external) return;
    throw new BundleError(
      'ONNX_EXTERNAL_DATA',
      `${this.#where}: expected all tensors inside the model file, found one stored as external data`,
      { hint: 'Save the model in one file (onnx.save_model with save_as_external_data=False).' },
    );
  };

  #checkDomain(domain: string): void {
    if (allowedOperatorDomains.has(domain)) return;
    throw new BundleError(
      'ONNX_FOREIGN_DOMAIN',
      `${this.#where}: expected operators of ${[...allowedOperatorDomains].filter(Boolean).join(', ')} only, ` +
        `found the domain ${JSON.stringify(domain)}`,
      { hint: 'Export the model with standard ONNX operators.' },
    );
  }

  #enter(pbf: PbfReader, field: Field): void {
    if (++this.#depth > maxDepth) throw new Error('nested too deeply');
    pbf.readMessage(field, undefined);
    this.#depth--;
  }
}
