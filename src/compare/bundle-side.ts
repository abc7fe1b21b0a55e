import { memoryUsage } from 'node:process';
import { findBundle } from '../bundle/find-bundle.ts';
import { type BundleDescription, checkBundle } from '../bundle/load-bundle.ts';
import { type ResolvedScoringOptions, workerSettingsOf } from '../options.ts';
import type { EarlierPredictions } from '../pipeline/cached-predictions.ts';
import { knownFirst, type Predict } from '../pipeline/known-predictions.ts';
import { type PoolOptions, WorkerPool } from '../pipeline/pool.ts';
import {
  labelCountOf,
  type Shard,
  type ShardPredictions,
  type TaskLayout,
  type WorkerSettings,
} from '../protocol.ts';
import { shardRows } from '../pipeline/shard.ts';
import { selectTasks } from '../predictor/select-tasks.ts';
import type { Row } from '../records/row.ts';
import type { BundleSpeed } from './comparison-document.ts';

/** One of the two bundles and what of it is compared. */
export interface SidePlan {
  name: string;
  bundle: BundleDescription;
  tasks: TaskLayout[];
  settings: WorkerSettings;
}

/** @throws BundleError, UsageError */
export async function planSide(name: string, options: ResolvedScoringOptions): Promise<SidePlan> {
  const bundlePath = await findBundle(name);
  const bundle = await checkBundle(bundlePath);
  const known = new Set(bundle.manifest.tasks.map((task) => task.name));
  // A bundle need not have every task that the other one has.
  const tasks = options.tasks?.filter((task) => known.has(task));
  const layouts = selectTasks(bundle.manifest.tasks, { tasks });
  const settings = workerSettingsOf(bundle, { ...options, tasks, threshold: {} });
  return { name, bundle, tasks: layouts, settings };
}

/** One of the two bundles, with workers of its own. */
export class BundleSide {
  readonly name: string;
  readonly bundle: BundleDescription;
  readonly tasks: TaskLayout[];
  readonly width: number;
  /** Predictions of the last turn, a set per shard. */
  predictions: ShardPredictions[] = [];
  elapsedMs = 0;
  tokens = 0;
  memoryBytes = 0;
  readonly workers: number;
  /** Texts that a cache of earlier runs held, and those that were computed beside it. */
  readonly cached = { hits: 0, misses: 0 };
  readonly #settings: WorkerSettings;
  readonly #pooling: PoolOptions;
  #pool: WorkerPool | undefined;
  readonly #predict: Predict;

  /** @param earlier predictions of earlier runs; only where predictions are pure */
  constructor({ name, bundle, tasks, settings }: SidePlan, pool: PoolOptions, earlier?: EarlierPredictions) {
    this.name = name;
    this.bundle = bundle;
    this.tasks = tasks;
    this.width = labelCountOf(tasks);
    this.workers = pool.workers;
    this.#pooling = { ...pool, atOnce: earlier === undefined };
    this.#settings = settings;
    const compute: Predict = (shard) => this.#compute(shard);
    // Without a cache it is timed, and repeats are computed like any other text.
    this.#predict = earlier === undefined ? compute : knownFirst(compute, earlier);
  }

  #compute(shard: Shard): Promise<ShardPredictions> {
    this.#pool ??= new WorkerPool(this.#settings, this.#pooling);
    return this.#pool.score(shard);
  }

  /** Loads the model into every worker, and runs it once; not timed. */
  async warmUp(rows: readonly Row[]): Promise<void> {
    const before = memoryUsage.rss();
    const texts = rows.map((row) => row.texts[0] ?? '');
    await Promise.all(Array.from({ length: this.workers }, () => this.#compute({ texts })));
    this.memoryBytes = Math.max(0, memoryUsage.rss() - before);
  }

  async score(rows: readonly Row[]): Promise<void> {
    const startedMs = performance.now();
    const shards: Promise<ShardPredictions>[] = [];
    for (let start = 0; start < rows.length; start += shardRows) {
      const texts = rows.slice(start, start + shardRows).map((row) => row.texts[0] ?? '');
      shards.push(this.#predict({ texts }));
    }
    this.predictions = await Promise.all(shards);
    this.elapsedMs += performance.now() - startedMs;
    for (const { counts } of this.predictions) {
      this.tokens += counts.tokens;
      this.cached.hits += counts.hits;
      this.cached.misses += counts.misses;
    }
  }

  speed(rows: number, pricePerHour: number | undefined): BundleSpeed {
    const perSecond = rows / (this.elapsedMs / 1000);
    const { name, version, files } = this.bundle.manifest;
    return {
      bundle: name,
      version,
      rows_per_second: Math.round(perSecond * 10) / 10,
      tokens_per_second: Math.round(this.tokens / (this.elapsedMs / 1000)),
      elapsed_ms: Math.round(this.elapsedMs),
      workers: this.workers,
      bundle_bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      memory_bytes: this.memoryBytes,
      ...(pricePerHour === undefined
        ? {}
        : { cost_per_million_rows: Math.round((pricePerHour * 1e6 * 1e4) / (perSecond * 3600)) / 1e4 }),
    };
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
