import { findBundle } from '../bundle/find-bundle.ts';
import {
  type Bundle,
  type BundleDescription,
  describeBundle,
  loadBundle,
  releaseModel,
} from '../bundle/load-bundle.ts';
import type { BundleTask } from '../bundle/bundle-json.ts';
import { requireVectors } from '../bundle/require-vectors.ts';
import { PredictError } from '../errors.ts';
import {
  blankPredictions,
  isSilenced,
  type ShardPredictions,
  textFlags,
  type WorkPhase,
} from '../protocol.ts';
import { type Batch, cutBatches, defaultMaxBatchTokens } from './batch.ts';
import { decodeRow, type TaskDecoder } from './decode.ts';
import { headLogits, type PreparedHead, prepareHead } from './head.ts';
import { enforceRules, type RuleFinder, ruleFinder } from './rules.ts';
import { joinParts, longTextPartTokens } from './long-texts.ts';
import { selectTasks, type TaskChoice } from './select-tasks.ts';
import { ModelSession, type Outputs } from './session.ts';
import { TextTokenizer } from './tokenizer.ts';

export interface PredictorOptions extends TaskChoice {
  /** Padded tokens per batch at most. */
  maxBatchTokens?: number | undefined;
  /** One text per run, for bundles that are not `batch_invariant`; no effect on those that are. */
  deterministic?: boolean | undefined;
  /** Label texts that the bundle's gate calls no feedback as any other. */
  keepNonAnswers?: boolean | undefined;
  /** Read texts that are longer than `max_length` whole, part by part; none is `truncated` then. */
  readWhole?: boolean | undefined;
}

/** A task that is scored, and what makes its logits and labels. */
interface ScoredTask extends TaskDecoder {
  /** Its place among the bundle's tasks, which is that of its logits among the model's outputs. */
  place: number;
  /** Head of a task that was taught, whose logits are none of the model's outputs. */
  head: PreparedHead | undefined;
  findRules: RuleFinder | undefined;
}

/** The task and the label whose assignment says that a text is no feedback. */
interface Gate {
  scored: ScoredTask;
  /** Place of the label among the task's. */
  label: number;
}

/** What the gate's task says of each row, whether it is among the scored tasks or not. */
class GateRows {
  readonly #gate: Gate;
  readonly #scores: Float32Array;
  readonly #assigned: Uint8Array;
  readonly #width: number;

  constructor(gate: Gate, rows: number) {
    this.#gate = gate;
    this.#width = gate.scored.task.labels.length;
    this.#scores = new Float32Array(rows * this.#width);
    this.#assigned = new Uint8Array(rows * this.#width);
  }

  decode(text: string, outputs: Outputs, place: number, row: number): void {
    const at = place * this.#width;
    decodeText(this.#gate.scored, text, outputs, row, this.#scores, this.#assigned, at);
  }

  /** @param rows parts of one text; the first is that of the text */
  join(rows: readonly number[]): void {
    joinParts(this.#gate.scored, rows, this.#scores, this.#assigned, this.#width);
  }

  /** Whether a text is no feedback. */
  isShut(text: number): boolean {
    return this.#assigned[text * this.#width + this.#gate.label] === 1;
  }
}

/** Prediction of a single-label task; `label` is null for an empty text or below the threshold. */
export interface SingleLabelPrediction {
  label: string | null;
  /** Score of `label`, or of the best label when none was assigned; null for an empty text. */
  score: number | null;
  /** Scores of all labels, which add up to 1. */
  scores: Record<string, number>;
  /** Never there: what tells this kind of prediction from the other one. */
  labels?: undefined;
}

/** Prediction of a multi-label task. */
export interface MultiLabelPrediction {
  labels: string[];
  /** Scores of all labels, each from 0 to 1. */
  scores: Record<string, number>;
  /** Never there, nor is `score`: what tells this kind of prediction from the other one. */
  label?: undefined;
  score?: undefined;
}

/** Predictions of one text, by task name. */
export interface Prediction {
  tasks: Record<string, SingleLabelPrediction | MultiLabelPrediction>;
  empty: boolean;
  /** The bundle's gate says that the text is no feedback: the other tasks have no label and no scores. */
  noFeedback: boolean;
  /** Only the first `max_length` tokens were scored. */
  truncated: boolean;
}

/**
 * Texts to predictions in this thread, without files or streams. It blocks while it computes: in a server,
 * keep it in a worker thread.
 */
export class Predictor {
  /** Scored tasks, in bundle order. */
  readonly tasks: readonly BundleTask[];
  readonly bundle: BundleDescription;
  readonly #session: ModelSession;
  readonly #tokenizer: TextTokenizer;
  readonly #scored: ScoredTask[];
  readonly #labelCount: number;
  readonly #maxBatchTokens: number;
  readonly #gate: Gate | undefined;
  readonly #readsWhole: boolean;

  private constructor(bundle: Bundle, session: ModelSession, options: PredictorOptions) {
    this.bundle = describeBundle(bundle);
    this.tasks = selectTasks(bundle.manifest.tasks, options);
    this.#session = session;
    this.#tokenizer = TextTokenizer.ofBundle(bundle);
    const prepare = (task: BundleTask, offset: number): ScoredTask => {
      const threshold = options.thresholds?.[task.name];
      const thresholds =
        threshold === undefined
          ? (task.thresholds ?? task.labels.map(() => 0))
          : task.labels.map(() => threshold);
      const head = bundle.heads.get(task.name);
      return {
        task,
        offset,
        thresholds,
        place: bundle.manifest.tasks.indexOf(task),
        head: head && prepareHead(head),
        findRules: ruleFinder(task.rules, task.labels),
      };
    };
    let offset = 0;
    this.#scored = this.tasks.map((task) => {
      const scored = prepare(task, offset);
      offset += task.labels.length;
      return scored;
    });
    this.#labelCount = offset;
    const { gate, tasks } = bundle.manifest;
    const gated = tasks.find(({ name }) => name === gate?.task);
    if (gate !== undefined && gated !== undefined && options.keepNonAnswers !== true) {
      this.#gate = { scored: prepare(gated, 0), label: gated.labels.indexOf(gate.label) };
    }
    this.#readsWhole = options.readWhole ?? false;
    const rowByRow = options.deterministic === true && !bundle.manifest.batchInvariant;
    this.#maxBatchTokens = rowByRow ? 1 : (options.maxBatchTokens ?? defaultMaxBatchTokens);
  }

  /**
   * Loads the bundle in a directory, and a session and a tokenizer for it.
   * @throws BundleError, UsageError
   */
  static async load(bundlePath: string, options: PredictorOptions = {}): Promise<Predictor> {
    const bundle = await loadBundle(bundlePath);
    const predictor = await Predictor.fromBundle(bundle, options);
    releaseModel(bundle);
    return predictor;
  }

  /**
   * Makes a predictor of a bundle that was loaded.
   * @throws BundleError, UsageError
   */
  static async fromBundle(bundle: Bundle, options: PredictorOptions = {}): Promise<Predictor> {
    const predictor = new Predictor(bundle, await ModelSession.create(bundle), options);
    await predictor.#session.requireId(predictor.#tokenizer.highestId);
    return predictor;
  }

  /**
   * Predicts labels and scores for texts.
   * @throws PredictError
   */
  async predict(texts: string[]): Promise<Prediction[]> {
    const { scores, assigned, flags } = await this.predictShard(texts);
    return texts.map((_, text) => {
      const empty = ((flags[text] as number) & textFlags.empty) !== 0;
      const prediction: Prediction = {
        tasks: {},
        empty,
        noFeedback: ((flags[text] as number) & textFlags.noFeedback) !== 0,
        truncated: ((flags[text] as number) & textFlags.truncated) !== 0,
      };
      for (const { task, offset: first } of this.#scored) {
        const at = text * this.#labelCount + first;
        const silenced = prediction.noFeedback && isSilenced(scores, at, task.labels.length);
        prediction.tasks[task.name] = toPrediction(task, empty || silenced, scores, assigned, at);
      }
      return prediction;
    });
  }

  /**
   * The sentence vectors of texts, float32 [size] each, for bundles that declare them; undefined for an empty text.
   * @param onStep called before each text and each batch, as a sign that it goes on
   * @throws BundleError when the bundle has none
   * @throws PredictError
   */
  async vectors(
    texts: readonly string[],
    onStep: (phase: WorkPhase) => void = () => {},
  ): Promise<(Float32Array | undefined)[]> {
    const { maxLength } = this.bundle.manifest;
    const { size } = requireVectors(this.bundle);
    const ids = texts.map((text) => {
      onStep('texts');
      return this.#tokenizer.encode(text).ids;
    });
    const lengths = ids.map((text) => text.length);
    const found: (Float32Array | undefined)[] = texts.map(() => undefined);
    for (const batch of cutBatches(lengths, maxLength, this.#maxBatchTokens)) {
      onStep('model');
      const rows = await this.#run(batch, ids, (some, sequence) => this.#session.runVectors(some, sequence));
      batch.texts.forEach((text, row) => {
        found[text] = rows.slice(row * size, (row + 1) * size);
      });
    }
    return found;
  }

  /**
   * Predicts as `predict` does, in the compact form that crosses threads.
   * Equal texts are computed once; the rest is batched by length.
   * @param onStep called before each text and each batch, as a sign that it goes on
   * @throws PredictError
   */
  async predictShard(
    texts: readonly string[],
    onStep: (phase: WorkPhase) => void = () => {},
  ): Promise<ShardPredictions> {
    const firstOf = new Map<string, number>();
    const duplicateOf = new Map<number, number>();
    /** Token ids by row, and behind the texts the further parts of long ones. */
    const ids: number[][] = texts.map(() => []);
    const owners = texts.map((_, text) => text);
    const truncatedTexts: number[] = [];
    /** Rows of the parts of long texts. */
    const longTexts = new Map<number, number[]>();
    texts.forEach((text, index) => {
      const first = firstOf.get(text);
      if (first !== undefined) {
        duplicateOf.set(index, first);
        return;
      }
      firstOf.set(text, index);
      onStep('texts');
      const { parts, truncated } = this.#encode(text);
      const [start = [], ...more] = parts;
      ids[index] = start;
      if (more.length > 0) longTexts.set(index, [index, ...more.map((part) => ids.push(part) - 1)]);
      for (let count = 0; count < more.length; count++) owners.push(index);
      if (truncated) truncatedTexts.push(index);
    });

    const labelCount = this.#labelCount;
    const lengths = ids.map((row) => row.length);
    const { scores, assigned, flags, counts } = blankPredictions(ids.length, labelCount);
    counts.tokens = sumOf(lengths);
    for (const text of truncatedTexts) flags[text] = textFlags.truncated;
    for (const text of firstOf.values()) if (lengths[text] === 0) flags[text] = textFlags.empty;
    const gate = this.#gate && new GateRows(this.#gate, ids.length);
    const hasHeads = [...this.#scored, this.#gate?.scored].some((scored) => scored?.head !== undefined);
    for (const batch of cutBatches(lengths, this.bundle.manifest.maxLength, this.#maxBatchTokens)) {
      onStep('model');
      const outputs = await this.#run(batch, ids, (some, sequence) =>
        this.#session.run(some, sequence, hasHeads),
      );
      counts.batches++;
      counts.paddedTokens += batch.texts.length * batch.sequence;
      const decode = (scored: ScoredTask, place: number, row: number): void => {
        const owner = owners[place] as number;
        const text = texts[owner] as string;
        const at = place * labelCount + scored.offset;
        if (!decodeText(scored, text, outputs, row, scores, assigned, at)) {
          throw new PredictError(
            'SCORE_NOT_FINITE',
            `the model gave ${scored.task.name} logits that are not finite for text ${owner + 1} of ${texts.length}`,
          );
        }
        enforceRules(scored.findRules?.(text) ?? [], scored, scores, assigned, at);
      };
      for (const scored of this.#scored) batch.texts.forEach((place, row) => decode(scored, place, row));
      batch.texts.forEach((place, row) =>
        gate?.decode(texts[owners[place] as number] as string, outputs, place, row),
      );
    }

    for (const rows of longTexts.values()) {
      for (const scored of this.#scored) joinParts(scored, rows, scores, assigned, labelCount);
      gate?.join(rows);
    }
    texts.forEach((_, text) => {
      if (gate?.isShut(text) === true) this.#silence(text, { scores, assigned, flags });
    });
    for (const [index, first] of duplicateOf) {
      flags[index] = flags[first] as number;
      if (flags[index] & textFlags.empty) continue;
      counts.duplicates++;
      scores.copyWithin(index * labelCount, first * labelCount, (first + 1) * labelCount);
      assigned.copyWithin(index * labelCount, first * labelCount, (first + 1) * labelCount);
    }
    if (longTexts.size === 0) return { scores, assigned, flags, counts };
    const size = texts.length * labelCount;
    return {
      scores: scores.slice(0, size),
      assigned: assigned.slice(0, size),
      flags: flags.slice(0, texts.length),
      counts,
    };
  }

  #encode(text: string): { parts: number[][]; truncated: boolean } {
    const { ids, truncated } = this.#tokenizer.encode(text);
    if (!truncated || !this.#readsWhole) return { parts: [ids], truncated };
    return { parts: this.#tokenizer.encodeParts(text, longTextPartTokens), truncated: false };
  }

  /** Takes the labels of the other tasks from a text that is no feedback. */
  #silence(
    text: number,
    { scores, assigned, flags }: Pick<ShardPredictions, 'scores' | 'assigned' | 'flags'>,
  ): void {
    flags[text] = (flags[text] as number) | textFlags.noFeedback;
    for (const { task, offset } of this.#scored) {
      if (task === this.#gate?.scored.task) continue;
      const at = text * this.#labelCount + offset;
      scores.fill(0, at, at + task.labels.length);
      assigned.fill(0, at, at + task.labels.length);
    }
  }

  async #run<Result>(
    { texts, sequence }: Batch,
    ids: readonly number[][],
    run: (ids: number[][], sequence: number) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await run(
        texts.map((text) => ids[text] as number[]),
        sequence,
      );
    } catch (cause) {
      throw new PredictError(
        'MODEL_FAILED',
        `the model failed on a batch of ${texts.length} texts of ${sequence} tokens: ${(cause as Error).message}`,
        { cause },
      );
    }
  }
}

/**
 * Loads a bundle for use in this thread.
 * @param model name of a bundle that comes with voxpop, or path of a bundle; the default bundle when absent
 * @throws BundleError, UsageError
 */
export async function loadPredictor(model?: string, options: PredictorOptions = {}): Promise<Predictor> {
  return Predictor.load(await findBundle(model), options);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** Decodes the logits of one row of a batch, whichever they come from; see `decodeRow`. */
function decodeText(
  scored: ScoredTask,
  text: string,
  { logits, vectors }: Outputs,
  row: number,
  scores: Float32Array,
  assigned: Uint8Array,
  at: number,
): boolean {
  const { head, place } = scored;
  return head === undefined
    ? decodeRow(scored, logits[place] as Float32Array, row, scores, assigned, at)
    : decodeRow(scored, headLogits(head, vectors as Float32Array, row, text), 0, scores, assigned, at);
}

function toPrediction(
  task: BundleTask,
  empty: boolean,
  allScores: Float32Array,
  allAssigned: Uint8Array,
  at: number,
): SingleLabelPrediction | MultiLabelPrediction {
  const values = empty ? [] : [...allScores.subarray(at, at + task.labels.length)];
  const scores = Object.fromEntries(values.map((score, label) => [task.labels[label], score]));
  const labels = task.labels.filter((_, label) => allAssigned[at + label] === 1);
  if (task.problemType === 'multi_label_classification') return { labels, scores };
  return { label: labels[0] ?? null, score: empty ? null : Math.max(...values), scores };
}
