import { memoryUsage } from 'node:process';
import { findBundle } from '../bundle/find-bundle.ts';
import { type BundleDescription, checkBundle } from '../bundle/load-bundle.ts';
import type { ResolvedScoringOptions } from '../options.ts';
import { WorkerPool } from '../pipeline/pool.ts';
import { labelCountOf, type ShardPredictions, type TaskLayout } from '../protocol.ts';
import { shardRows } from '../pipeline/shard.ts';
import { selectTasks } from '../predictor/predictor.ts';
import type { Row } from '../records/row.ts';
import type { BundleSpeed } from './comparison-document.ts';

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
  readonly #pool: WorkerPool;

  private constructor(
    name: string,
    bundle: BundleDescription,
    tasks: TaskLayout[],
    pool: WorkerPool,
    workers: number,
  ) {
    this.name = name;
    this.bundle = bundle;
    this.tasks = tasks;
    this.width = labelCountOf(tasks);
    this.workers = workers;
    this.#pool = pool;
  }

  static async open(name: string, options: ResolvedScoringOptions): Promise<BundleSide> {
    const bundlePath = await findBundle(name);
    const bundle = await checkBundle(bundlePath);
    const known = new Set(bundle.manifest.tasks.map((task) => task.name));
    // A bundle need not have every task that the other one has.
    const tasks = options.tasks?.filter((task) => known.has(task));
    const layouts = selectTasks(bundle.manifest.tasks, { tasks });
    const settings = {
      bundlePath,
      bundleSha256: bundle.sha256,
      tasks,
      thresholds: {},
      maxBatchTokens: options.batchTokens,
      deterministic: options.deterministic,
      keepNonAnswers: options.keepNonAnswers ?? false,
    };
    return new BundleSide(name, bundle, layouts, new WorkerPool(settings, options), options.workers);
  }

  /** Loads the model into every worker, and runs it once; not timed. */
  async warmUp(rows: readonly Row[]): Promise<void> {
    const before = memoryUsage.rss();
    const texts = rows.map((row) => row.texts[0] ?? '');
    await Promise.all(Array.from({ length: this.workers }, () => this.#pool.score({ texts })));
    this.memoryBytes = Math.max(0, memoryUsage.rss() - before);
  }

  async score(rows: readonly Row[]): Promise<void> {
    const startedMs = performance.now();
    const shards: Promise<ShardPredictions>[] = [];
    for (let start = 0; start < rows.length; start += shardRows) {
      const texts = rows.slice(start, start + shardRows).map((row) => row.texts[0] ?? '');
      shards.push(this.#pool.score({ texts }));
    }
    this.predictions = await Promise.all(shards);
    this.elapsedMs += performance.now() - startedMs;
    for (const { counts } of this.predictions) this.tokens += counts.tokens;
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
    await this.#pool.close();
  }
}
