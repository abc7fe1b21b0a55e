import * as ort from 'onnxruntime-node';
import { join } from 'node:path';
import { bundleFiles } from '../bundle/bundle-files.ts';
import { type Bundle, type BundleDescription, describeBundle } from '../bundle/load-bundle.ts';
import { BundleError } from '../errors.ts';

ort.env.logLevel = 'fatal';

/** Inputs that a model may ask for; each int64 or int32 [batch, sequence]. */
const knownInputs = ['input_ids', 'attention_mask', 'token_type_ids'];

/** Outputs of the model for one batch. */
export interface Outputs {
  /** Per task of the bundle, float32 [batch, labels]; undefined for a task with a head of its own. */
  logits: (Float32Array | undefined)[];
  /** Sentence vectors, float32 [batch, size], where asked for. */
  vectors: Float32Array | undefined;
}

/** An ONNX output that the bundle declares, float32 [batch, width]. */
interface DeclaredOutput {
  name: string;
  width: number;
  /** Use of the output, as errors name it. */
  of: string;
  /** Numbers in a row, as errors name them. */
  unit: string;
}

/** One ONNX session of a bundle's model, run on one core. */
export class ModelSession {
  readonly #session: ort.InferenceSession;
  readonly #modelPath: string;
  readonly #padTokenId: number;
  /** Per task of the bundle. */
  readonly #logits: (DeclaredOutput | undefined)[];
  readonly #vectors: DeclaredOutput | undefined;
  readonly #integerTypes: Map<string, 'int32' | 'int64'>;

  private constructor(session: ort.InferenceSession, bundle: BundleDescription) {
    this.#session = session;
    // Not the bundle itself: its bytes are of no use once the session has its own.
    this.#modelPath = modelPath(bundle);
    this.#padTokenId = bundle.manifest.padTokenId;
    const { tasks, vectors } = bundle.manifest;
    this.#logits = tasks.map((task) =>
      task.output === undefined
        ? undefined
        : {
            name: task.output,
            width: task.labels.length,
            of: `the task ${task.name}`,
            unit: 'one logit per label',
          },
    );
    this.#vectors = vectors && {
      name: vectors.output,
      width: vectors.size,
      of: 'the vectors',
      unit: 'the size of vectors in bundle.json',
    };
    this.#integerTypes = inputTypes(session, bundle);
    for (const output of this.#declared()) requireOutput(session, output, this.#modelPath);
  }

  /**
   * Creates the session and runs it once, so that a model which does not fit its bundle fails here.
   * Creating and releasing sessions leaks in ONNX Runtime: create one and keep it.
   * @throws BundleError
   */
  static async create(bundle: Bundle): Promise<ModelSession> {
    let session: ort.InferenceSession;
    try {
      session = await ort.InferenceSession.create(bundle.model, {
        executionProviders: ['cpu'],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        // It plans memory for each shape of input and keeps the plans; there are some hundred shapes.
        enableMemPattern: false,
        // What goes wrong is thrown as well; its own lines, with escapes, would stand beside it on stderr.
        logSeverityLevel: 4,
      });
    } catch (cause) {
      throw new BundleError(
        'ONNX_INVALID',
        `${modelPath(bundle)} cannot be loaded: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
    const model = new ModelSession(session, describeBundle(bundle));
    await model.#runOnce();
    return model;
  }

  /**
   * @param ids token ids of each text, none longer than `sequence`
   * @param withVectors only for bundles that declare sentence vectors
   */
  async run(ids: readonly (readonly number[])[], sequence: number, withVectors = false): Promise<Outputs> {
    const vectors = withVectors ? this.#vectors : undefined;
    const outputs = await this.#fetch(ids, sequence, [...this.#logits, vectors]);
    const dataOf = (output: DeclaredOutput | undefined): Float32Array | undefined =>
      output && (outputs[output.name]?.data as Float32Array);
    return { logits: this.#logits.map(dataOf), vectors: dataOf(vectors) };
  }

  /**
   * The sentence vectors of a batch, float32 [batch, size], for bundles that declare them.
   * @param ids token ids of each text, none longer than `sequence`
   */
  async runVectors(ids: readonly (readonly number[])[], sequence: number): Promise<Float32Array> {
    if (this.#vectors === undefined) throw new Error(`${this.#modelPath} has no vectors`);
    const outputs = await this.#fetch(ids, sequence, [this.#vectors]);
    return outputs[this.#vectors.name]?.data as Float32Array;
  }

  #declared(): DeclaredOutput[] {
    return [...this.#logits, this.#vectors].filter((output) => output !== undefined);
  }

  /** Runs the model for the outputs wanted: others are not copied out of it. */
  #fetch(
    ids: readonly (readonly number[])[],
    sequence: number,
    wanted: readonly (DeclaredOutput | undefined)[],
  ): Promise<ort.InferenceSession.OnnxValueMapType> {
    const names = new Set(wanted.flatMap((output) => output?.name ?? []));
    return this.#session.run(this.#feeds(ids, sequence), [...names]);
  }

  #feeds(ids: readonly (readonly number[])[], sequence: number): Record<string, ort.Tensor> {
    const dims = [ids.length, sequence];
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, type] of this.#integerTypes) {
      // An int64 below 2^31 is, on every little-endian machine, its int32 and a zero.
      const width = type === 'int64' ? 2 : 1;
      const values = new Int32Array(ids.length * sequence * width);
      if (name === 'input_ids' && this.#padTokenId !== 0) {
        for (let at = 0; at < values.length; at += width) values[at] = this.#padTokenId;
      }
      // Padding is 0 in the other inputs, and so is every token type.
      if (name !== 'token_type_ids') {
        ids.forEach((text, row) => {
          const first = row * sequence * width;
          const mask = name === 'attention_mask';
          for (let at = 0; at < text.length; at++) {
            values[first + at * width] = mask ? 1 : (text[at] as number);
          }
        });
      }
      feeds[name] =
        type === 'int64'
          ? new ort.Tensor('int64', new BigInt64Array(values.buffer), dims)
          : new ort.Tensor('int32', values, dims);
    }
    return feeds;
  }

  /**
   * Runs the model on one id more, the highest that the tokenizer gives: rows with it would fail where the model's table
   * of pieces ends before.
   * @throws BundleError
   */
  async requireId(id: number): Promise<void> {
    try {
      await this.#fetch([[id, id]], 2, this.#declared());
    } catch (cause) {
      throw new BundleError(
        'TOKENIZER_TOO_LARGE',
        `${this.#modelPath} fails on the token id ${id}, which ${bundleFiles.tokenizer} gives: ${(cause as Error).message}`,
        {
          cause,
          hint: 'The tokenizer has more pieces than the model; a bundle needs the two that belong together.',
        },
      );
    }
  }

  async #runOnce(): Promise<void> {
    const where = this.#modelPath;
    let outputs: ort.InferenceSession.OnnxValueMapType;
    try {
      outputs = await this.#fetch([[0], [0]], 2, this.#declared());
    } catch (cause) {
      throw new BundleError(
        'ONNX_RUN_FAILED',
        `${where} failed on a first run: ${(cause as Error).message}`,
        { cause },
      );
    }
    for (const output of this.#declared()) {
      const { type, dims } = outputs[output.name] as ort.Tensor;
      const fits = type === 'float32' && dims.length === 2 && dims[0] === 2 && dims[1] === output.width;
      if (!fits) throw widthError(where, output, `${type} [${dims.join(', ')}]`);
    }
  }
}

function inputTypes(
  session: ort.InferenceSession,
  bundle: BundleDescription,
): Map<string, 'int32' | 'int64'> {
  const types = new Map<string, 'int32' | 'int64'>();
  for (const input of session.inputMetadata) {
    const type = input.isTensor ? input.type : 'no tensor';
    if (!knownInputs.includes(input.name) || (type !== 'int32' && type !== 'int64')) {
      throw new BundleError(
        'ONNX_INPUT_UNKNOWN',
        `${modelPath(bundle)}: expected inputs among ${knownInputs.join(', ')} (int64 or int32), ` +
          `found ${input.name} (${type})`,
      );
    }
    types.set(input.name, type);
  }
  if (types.has('input_ids')) return types;
  throw new BundleError(
    'ONNX_INPUT_UNKNOWN',
    `${modelPath(bundle)}: expected an input input_ids, found none`,
  );
}

function requireOutput(session: ort.InferenceSession, output: DeclaredOutput, where: string): void {
  const found = session.outputMetadata.find((value) => value.name === output.name);
  if (found === undefined) {
    throw new BundleError(
      'ONNX_OUTPUT_MISSING',
      `${where}: expected an output ${output.name} for ${output.of}, found ${session.outputNames.join(', ')}`,
    );
  }
  const width = found.isTensor ? found.shape.at(-1) : undefined;
  if (typeof width === 'number' && width !== output.width)
    throw widthError(where, output, `[batch, ${width}]`);
}

function widthError(where: string, { name, width, unit }: DeclaredOutput, found: string): BundleError {
  return new BundleError(
    'ONNX_LABEL_COUNT',
    `${where}: expected the output ${name} to be float32 [batch, ${width}], ${unit}, found ${found}`,
  );
}

function modelPath(bundle: BundleDescription): string {
  return join(bundle.path, bundleFiles.model);
}
