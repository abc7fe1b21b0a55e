import { labelCountOf, type Shard, type ShardPredictions, type WorkerSettings } from '../protocol.ts';
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
}

/**
 * Scores shards: texts in, predictions under the labels that are written out. Texts that came up lately are not
 * sent to the workers again, and a text that the model cannot score costs only itself.
 */
export class Scorer {
  readonly #pool: WorkerPool;
  readonly #labelCount: number;
  readonly #predict: (shard: Shard) => Promise<ShardPredictions>;

  constructor({ settings, pool, mapped, isPure }: ScorerOptions) {
    this.#pool = new WorkerPool(settings, pool);
    this.#labelCount = labelCountOf(mapped.tasks);
    const predict = async (shard: Shard): Promise<ShardPredictions> =>
      mapped.apply(await this.#pool.score(shard));
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
    await this.#pool.close();
  }
}
