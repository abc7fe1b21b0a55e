import { BundleError } from '../errors.ts';
import { onnxFields, type OnnxMessage } from './onnx-fields.ts';
import { type FoundField, readStrictly } from './protobuf-reader.ts';

/** Operator domains that ONNX Runtime's CPU build itself implements. */
export const allowedOperatorDomains: ReadonlySet<string> = new Set([
  '',
  'ai.onnx',
  'ai.onnx.ml',
  'com.microsoft',
]);

/** Operators that repeat a graph as often as a number in the model says; no text classifier needs one. */
const repeatingOperators: ReadonlySet<string> = new Set([
  'Loop',
  'Scan',
  'BeamSearch',
  'GreedySearch',
  'Sampling',
  'WhisperBeamSearch',
]);

/** Messages within messages, graphs within graphs (If); real models need some twenty. */
const maxDepth = 64;

/** Bytes 4 to 7 of ONNX Runtime's own format, which it reads in place of ONNX wherever it sees them. */
const otherFormat = 'ORTM';

/**
 * Reads an ONNX model's structure, without its weights, and refuses what could reach outside the file (tensors stored
 * in other files, operators that only a native extension could supply) or run for ever (loops, functions that call each
 * other), and what ONNX Runtime could read otherwise than this does.
 * @param where path to name in errors
 * @throws BundleError
 */
export function inspectOnnx(model: Uint8Array, where: string): void {
  const inspection = new Inspection(where);
  if (Buffer.from(model.subarray(4, 8)).toString('latin1') === otherFormat)
    throw inspection.notOnnx(new Error("it is in ONNX Runtime's own format"));
  try {
    readStrictly(model, 'Model', onnxFields, maxDepth, (found) => inspection.check(found));
  } catch (cause) {
    throw cause instanceof BundleError ? cause : inspection.notOnnx(cause as Error);
  }
  if (inspection.graphs !== 1)
    throw inspection.notOnnx(new Error(`it holds ${inspection.graphs} graphs in place of one`));
}

class Inspection {
  graphs = 0;
  readonly #where: string;

  constructor(where: string) {
    this.#where = where;
  }

  check({ message, field, isSet, bytes }: FoundField<OnnxMessage>): void {
    switch (`${message} ${field}`) {
      case 'Model 7':
        this.graphs++;
        break;
      case 'Model 25':
        throw this.#refuse(
          'ONNX_FUNCTION',
          'no functions of its own, found one',
          'Inline the functions when you save the model (onnx.inliner.inline_local_functions).',
        );
      case 'OperatorSetId 1':
      case 'Node 7':
        this.#checkDomain(Buffer.from(bytes).toString('utf8'));
        break;
      case 'Node 4':
        this.#checkOperator(Buffer.from(bytes).toString('utf8'));
        break;
      case 'Tensor 14':
        // 0 says that the tensor is in the file; every other number could come to mean another place.
        if (isSet) throw this.#externalData();
        break;
      case 'Tensor 13':
        throw this.#externalData();
    }
  }

  notOnnx(cause: Error): BundleError {
    const message = `${this.#where} is not an ONNX model that voxpop reads, or is cut off: ${cause.message}`;
    return new BundleError('ONNX_INVALID', message, { cause });
  }

  #checkDomain(domain: string): void {
    if (allowedOperatorDomains.has(domain)) return;
    const known = [...allowedOperatorDomains].filter(Boolean).join(', ');
    throw this.#refuse(
      'ONNX_FOREIGN_DOMAIN',
      `operators of ${known} only, found the domain ${JSON.stringify(domain.slice(0, 100))}`,
      'Export the model with standard ONNX operators.',
    );
  }

  #checkOperator(operator: string): void {
    if (!repeatingOperators.has(operator)) return;
    throw this.#refuse(
      'ONNX_LOOP',
      `no operator that repeats a graph, found ${operator}`,
      'Export the model without loops; a text classifier needs none.',
    );
  }

  #externalData(): BundleError {
    return this.#refuse(
      'ONNX_EXTERNAL_DATA',
      'all tensors inside the model file, found one stored as external data',
      'Save the model in one file (onnx.save_model with save_as_external_data=False).',
    );
  }

  #refuse(code: string, expectation: string, hint: string): BundleError {
    return new BundleError(code, `${this.#where}: expected ${expectation}`, { hint });
  }
}
