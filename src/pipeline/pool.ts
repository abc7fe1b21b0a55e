import { Piscina } from 'piscina';
import { BundleError, PredictError, UsageError, type VoxpopError } from '../errors.ts';
import type { Fault, Shard, ShardPredictions, ShardReply, WorkerSettings } from './protocol.ts';

/** Compiled beside this file. */
const workerFile = new URL('./worker.js', import.meta.url).href;

const faultClasses = { UsageError, BundleError, PredictError };

/** A fixed number of worker threads, each with a model of its own, one shard at a time per worker. */
export class WorkerPool {
  readonly #piscina: Piscina<Shard, ShardReply>;
  readonly #broken = new AbortController();

  constructor(settings: WorkerSettings, workers: number) {
    this.#piscina = new Piscina({
      filename: workerFile,
      workerData: settings,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
    });
    // A worker that dies outside a shard reports here; without it, waiting shards would wait for ever.
    this.#piscina.on('error', (error: Error) => this.#broken.abort(error));
  }

  /** @throws BundleError, PredictError */
  async score(shard: Shard): Promise<ShardPredictions> {
    const reply = await this.#piscina.run(shard, { signal: this.#broken.signal }).catch((error: Error) => {
      const cause = (this.#broken.signal.reason as Error | undefined) ?? error;
      throw new PredictError('WORKER_DIED', `a worker thread died: ${cause.message}`, { cause });
    });
    if ('fault' in reply) throw toError(reply.fault);
    return reply.predictions;
  }

  /** Ends the threads, at once; shards in flight are lost. */
  async close(): Promise<void> {
    await this.#piscina.destroy();
  }
}

function toError({ kind, code, message, hint }: Fault): VoxpopError {
  return new faultClasses[kind](code, message, { hint });
}
