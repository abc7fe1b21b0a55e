import { parentPort, threadId } from 'node:worker_threads';
import { workerData } from 'piscina';
import { VoxpopError } from '../errors.ts';
import { Predictor } from '../predictor/predictor.ts';
import type { Fault, Shard, ShardReply, WorkerLoaded, WorkerSettings } from '../protocol.ts';

/**
 * The one place where streams meet the model: a worker thread holds a predictor and scores shards with it.
 * Failures go back as data, a bundle that does not load with every shard's reply.
 */
async function startWorker(settings: WorkerSettings): Promise<(shard: Shard) => Promise<ShardReply>> {
  const loading = Predictor.load(settings.bundlePath, settings);
  await loading.catch(() => {});
  parentPort?.postMessage({ loaded: threadId } satisfies WorkerLoaded);
  return async ({ texts, vectors }) => {
    try {
      const predictor = await loading;
      if (vectors === true) return { vectors: await predictor.vectors(texts) };
      return { predictions: await predictor.predictShard(texts) };
    } catch (error) {
      return { fault: toFault(error) };
    }
  };
}

function toFault(error: unknown): Fault {
  if (error instanceof VoxpopError) {
    return { kind: error.name as Fault['kind'], code: error.code, message: error.message, hint: error.hint };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'PredictError', code: 'WORKER_FAILED', message, hint: undefined };
}

export default startWorker(workerData as WorkerSettings);
