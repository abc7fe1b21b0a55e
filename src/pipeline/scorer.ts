import { labelCountOf, type Shard, type ShardPredictions, type WorkerSettings } from '../protocol.ts';
import { CachedPredictions, type EarlierPredictions } from './cached-predictions.ts';
import type { MappedTasks } from './label-map.ts';
import { type PoolOptions, WorkerPool } from './pool.ts';
import { RecentPredictions } from './recent-predictions.ts';
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
  readonly #labelCount: number;
  readonly #predict: (shard: Shard) => Promise<ShardPredictions>;

  constructor({ settings, pool, mapped, isPure, earlier }: ScorerOptions) {
    this.#newPool = () => new WorkerPool(settings, pool);
    // With a cache it may turn out that no model needs to be loaded.
    if (earlier === undefined) this.#pool = this.#newPool();
    this.#labelCount = labelCountOf(mapped.tasks);
    const compute = (shard: Shard): Promise<ShardPredictions> =>
      (this.#pool ??= this.#newPool()).score(shard);
    const cached = earlier === undefined ? undefined : new CachedPredictions(compute, earlier);
    const predict = async (shard: Shard): Promise<ShardPredictions> =>
      mapped.apply(await (cached === undefined ? compute(shard) : cached.score(shard)));
    // Where neighbours have an influence, what was predicted beside others is not what would be predicted here.
    const recent = isPure ? new RecentPredictions(predict, this.#labelCount) : undefined;
    this.#predict = recent === undefined ? predict : (shard) => recent.score(shard);
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
