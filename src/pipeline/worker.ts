import { parentPort, threadId } from 'node:worker_threads';
import { workerData } from 'piscina';
import { exitCodes, memoryShortage, VoxpopError } from '../errors.ts';
import { Predictor } from '../predictor/predictor.ts';
import type {
  Fault,
  ShardReply,
  ShardRequest,
  WorkPhase,
  WorkerAlive,
  WorkerLoaded,
  WorkerSettings,
} from '../protocol.ts';

/** Milliseconds between two signs of life. */
const aliveMs = 1000;

/**
 * The one place where streams meet the model: a worker thread holds a predictor and scores shards with it.
 * Failures go back as data, a bundle that does not load with every shard's reply.
 */
async function startWorker(settings: WorkerSettings): Promise<(shard: ShardRequest) => Promise<ShardReply>> {
  const loading = load(settings);
  await loading.catch(() => {});
  parentPort?.postMessage({ loaded: threadId } satisfies WorkerLoaded);
  return async ({ id, texts, vectors }) => {
    try {
      const tellAlive = lifeTeller(id);
      const predictor = await loading;
      if (vectors === true) return { vectors: await predictor.vectors(texts, tellAlive) };
      const startedMs = performance.now();
      const predictions = await predictor.predictShard(texts, tellAlive);
      predictions.counts.computeMs = performance.now() - startedMs;
      return { predictions };
    } catch (error) {
      return { fault: toFault(error) };
    }
  };
}

/** Labels are read of the bundle that was checked, scores come from this one: it has to be the same. */
async function load(settings: WorkerSettings): Promise<Predictor> {
  const predictor = await Predictor.load(settings.bundlePath, settings);
  const { path, sha256 } = predictor.bundle;
  const expected = settings.bundleSha256 ?? sha256;
  if (sha256 === expected) return predictor;
  throw new VoxpopError(
    'BUNDLE_CHANGED',
    exitCodes.failed,
    `${path}: expected the bundle as it was when the run began (${expected.slice(0, 12)}), found another (${sha256.slice(0, 12)})`,
    { hint: 'It was replaced meanwhile. Run the command again, with --force where rows are kept already.' },
  );
}

/** Gives a sign of life now, and when it is called later, but not more often than needed. */
function lifeTeller(id: number): (phase: WorkPhase) => void {
  let told: { phase: WorkPhase; atMs: number } | undefined;
  const tell = (phase: WorkPhase): void => {
    const atMs = performance.now();
    if (told?.phase === phase && atMs - told.atMs < aliveMs) return;
    told = { phase, atMs };
    parentPort?.postMessage({ alive: id, phase, thread: threadId } satisfies WorkerAlive);
  };
  tell('texts');
  return tell;
}

function toFault(given: unknown): Fault {
  const error = memoryShortage(given) ?? given;
  if (error instanceof VoxpopError) {
    const { code, exitCode, message, hint } = error;
    return { kind: error.name as Fault['kind'], code, exitCode, message, hint };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    kind: 'PredictError',
    code: 'WORKER_FAILED',
    exitCode: exitCodes.failed,
    message,
    hint: undefined,
  };
}

export default startWorker(workerData as WorkerSettings);
