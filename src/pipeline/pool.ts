import { once } from 'node:events';
import type { ResourceLimits } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { BundleError, exitCodes, PredictError, UsageError, VoxpopError } from '../errors.ts';
import type {
  Fault,
  Shard,
  ShardPredictions,
  ShardReply,
  ShardVectors,
  WorkerLoaded,
  WorkerSettings,
} from '../protocol.ts';

/** Compiled beside this file. */
const workerFile = new URL('./worker.js', import.meta.url).href;

const faultClasses = { UsageError, BundleError, PredictError };

/** A fixed number of worker threads, each with a model of its own, one shard at a time per worker. */
export class WorkerPool {
  readonly #piscina: Piscina<Shard, ShardReply>;
  readonly #broken = new AbortController();
  readonly #loaded = new Set<number>();

  /** @param overrides for tests of workers that die */
  constructor(
    settings: WorkerSettings,
    workers: number,
    overrides: { filename?: string; resourceLimits?: ResourceLimits } = {},
  ) {
    this.#piscina = new Piscina({
      filename: workerFile,
      workerData: settings,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
      ...overrides,
    });
    // A worker that dies between shards is replaced, and costs nothing.
    this.#piscina.on('error', () => {});
    this.#piscina.on('message', ({ loaded }: WorkerLoaded) => this.#loaded.add(loaded));
    // One that dies while it starts is not replaced, and without workers nothing would ever be answered.
    this.#piscina.on('workerDestroy', () => setImmediate(() => this.#requireWorkers()));
  }

  #requireWorkers(): void {
    if (this.#piscina.threads.length > 0) return;
    this.#broken.abort(
      new VoxpopError(
        'NO_WORKERS',
        exitCodes.failed,
        'Expected worker threads, but all of them died as they started',
        {
          hint: 'Look at the memory that is free, and try fewer workers: `--workers 1`.',
        },
      ),
    );
  }

  /**
   * Scores a shard in the next worker that is free.
   * @throws BundleError; PredictError when this shard's worker failed; VoxpopError when no worker is left
   */
  async score(shard: Shard): Promise<ShardPredictions> {
    const reply = await this.#run(shard);
    return (reply as { predictions: ShardPredictions }).predictions;
  }

  /**
   * Sentence vectors in place of predictions.
   * @throws as `score`
   */
  async vectors(texts: string[]): Promise<ShardVectors> {
    const reply = await this.#run({ texts, vectors: true });
    return (reply as { vectors: ShardVectors }).vectors;
  }

  async #run(shard: Shard): Promise<Exclude<ShardReply, { fault: Fault }>> {
    const reply = await this.#piscina.run(shard, { signal: this.#broken.signal }).catch((cause: Error) => {
      if (this.#broken.signal.aborted) throw this.#broken.signal.reason;
      throw new PredictError('WORKER_DIED', `a worker thread died: ${cause.message}`, { cause });
    });
    if ('fault' in reply) throw toError(reply.fault);
    return reply;
  }

  /** Ends the threads; to be called when no shard is in flight. */
  async close(): Promise<void> {
    // Ending a thread in which ONNX Runtime is still loading aborts the process.
    while (this.#piscina.threads.some((thread) => !this.#loaded.has(thread.threadId))) {
      await Promise.race([once(this.#piscina, 'message'), once(this.#piscina, 'workerDestroy')]);
    }
    await this.#piscina.destroy();
  }
}

function toError({ kind, code, message, hint }: Fault): VoxpopError {
  return new faultClasses[kind](code, message, { hint });
}
