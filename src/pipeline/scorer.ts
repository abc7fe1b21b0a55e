import { labelCountOf, type Shard, type WorkerSettings } from '../protocol.ts';
import type { EarlierPredictions } from './cached-predictions.ts';
import { knownFirst, type Predict } from './known-predictions.ts';
import type { MappedTasks } from './label-map.ts';
import { type PoolOptions, WorkerPool } from './pool.ts';
import { type RobustPredictions, scoreRobustly } from './robust.ts';

export interface ScorerOptions {
  settings: WorkerSettings;
  pool: PoolOptions;
  /** The tasks that are scored, and how predictions come under the labels that are written. */
  mapped: MappedTasks;
  /** Whether what is predicted of a text is the same whatever is scored beside it. */
  isPure: boolean;
  /** Predictions of earlier runs; only where predictions are pure. It is closed by who opened it. */
  earlier: EarlierPredictions | undefined;
}

/**
 * Scores shards: texts in, predictions under the labels that are written out. Texts that came up lately are not
 * sent to the workers again, nor those that a cache holds, and a text that the model cannot score costs only itself.
 */
export class Scorer {
  #pool: WorkerPool | undefined;
  readonly #newPool: () => WorkerPool;
  readonly #hasEarlier: boolean;
  readonly #labelCount: number;
  readonly #predict: Predict;

  constructor({ settings, pool, mapped, isPure, earlier }: ScorerOptions) {
    this.#newPool = () => new WorkerPool(settings, pool);
    this.#hasEarlier = earlier !== undefined;
    this.#labelCount = labelCountOf(mapped.tasks);
    const compute: Predict = (shard) => (this.#pool ??= this.#newPool()).score(shard);
    // Where neighbours have an influence, what was predicted beside others is not what would be predicted here.
    const predict = isPure ? knownFirst(compute, earlier) : compute;
    this.#predict = async (shard) => mapped.apply(await predict(shard));
  }

  /** Has a worker load the model while the first rows are read; with a cache it may turn out that none needs to. */
  start(): void {
    if (!this.#hasEarlier) this.#pool ??= this.#newPool();
  }

  /**
   * Scores a shard, and names the texts that the model cannot score.
   * @throws BundleError, UsageError; VoxpopError when no worker is left
   */
  score(shard: Shard): Promise<RobustPredictions> {
    return scoreRobustly(shard, this.#predict, this.#labelCount);
  }

  /** Ends the workers; to be called when no shard is in flight. */
  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
