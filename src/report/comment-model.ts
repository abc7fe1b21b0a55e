import { findBundle } from '../bundle/find-bundle.ts';
import { type BundleDescription, checkBundle } from '../bundle/load-bundle.ts';
import { explainTexts } from '../pipeline/explain-texts.ts';
import { WorkerPool } from '../pipeline/pool.ts';
import { normalised, type TextVectors } from './likeness.ts';

/** Texts that a worker gets in one message. */
const textsPerCall = 32;
const maxBatchTokens = 512;

/** Places of a text, in UTF-16 units, from and to. */
export type TextMark = [from: number, to: number];

/** The bundle that a file was scored with, asked about the comments that a report shows. */
export class CommentModel {
  readonly #bundle: BundleDescription;
  readonly #tasks: BundleDescription['manifest']['tasks'];
  readonly #pool: WorkerPool;
  readonly #signal: AbortSignal | undefined;

  private constructor(bundle: BundleDescription, tasks: readonly string[], signal: AbortSignal | undefined) {
    this.#bundle = bundle;
    this.#tasks = bundle.manifest.tasks.filter(({ name }) => tasks.includes(name));
    this.#signal = signal;
    const settings = {
      bundlePath: bundle.path,
      bundleSha256: bundle.sha256,
      tasks: this.#tasks.map(({ name }) => name),
      thresholds: {},
      maxBatchTokens,
      // Which comments are shown must not depend on the ones beside them.
      deterministic: !bundle.manifest.batchInvariant,
      keepNonAnswers: false,
      readWhole: false,
    };
    this.#pool = new WorkerPool(settings, { workers: 1, timeoutMs: Infinity, signal });
  }

  /**
   * Opens a bundle; close it afterwards.
   * @param tasks - whose labels are to be explained
   * @throws BundleError
   */
  static async open(
    model: string,
    tasks: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<CommentModel> {
    return new CommentModel(await checkBundle(await findBundle(model)), tasks, signal);
  }

  /**
   * Sentence vectors of texts; undefined where the bundle gives none.
   * @throws BundleError, PredictError; the signal's reason
   */
  async vectors(texts: readonly string[]): Promise<TextVectors | undefined> {
    const about = this.#bundle.manifest.vectors;
    if (about === undefined) return undefined;
    const vectors = new Float32Array(texts.length * about.size);
    for (let from = 0; from < texts.length; from += textsPerCall) {
      this.#signal?.throwIfAborted();
      const found = await this.#pool.vectors(texts.slice(from, from + textsPerCall));
      found.forEach((vector, at) => {
        if (vector !== undefined) vectors.set(vector, (from + at) * about.size);
      });
    }
    return normalised(vectors, about.size);
  }

  /**
   * The words that carried one label of each text; none where the bundle gives another label now.
   * @throws BundleError, PredictError; the signal's reason
   */
  async marks(wanted: readonly { text: string; task: string; label: string }[]): Promise<TextMark[][]> {
    const thresholds = this.#tasks.flatMap(({ labels, thresholds: own }) =>
      labels.map((_, label) => own?.[label] ?? 0),
    );
    const marks: TextMark[][] = [];
    for (const { text, task, label } of wanted) {
      this.#signal?.throwIfAborted();
      const predictions = await this.#pool.score({ texts: [text] });
      const [explained = []] = await explainTexts([text], predictions, {
        tasks: this.#tasks,
        thresholds,
        predict: (texts) => this.#pool.score({ texts }),
      });
      const found = explained.find((each) => each.task === task && each.label === label);
      marks.push((found?.parts ?? []).map(({ start, end }): TextMark => [start, end]));
    }
    return marks;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
