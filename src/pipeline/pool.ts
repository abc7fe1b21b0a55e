import { once } from 'node:events';
import type { ResourceLimits, Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { BundleError, exitCodes, PredictError, UsageError, VoxpopError } from '../errors.ts';
import type {
  Fault,
  Shard,
  ShardPredictions,
  ShardReply,
  ShardRequest,
  ShardVectors,
  WorkerAlive,
  WorkerLoaded,
  WorkerSettings,
  WorkPhase,
} from '../protocol.ts';
import { noteStuckThread } from '../threads.ts';
import { Watchdog } from './watchdog.ts';

/** Compiled beside this file. */
const workerFile = new URL('./worker.js', import.meta.url).href;

const faultClasses = { UsageError, BundleError, PredictError };

/** How long a thread that was told to end may take. */
const endingMs = 10_000;

/** How long shards in work may take after an interruption; what they hold is computed again by a resumed run. */
const graceMs = 8000;

export interface PoolOptions {
  /** Workers at most. */
  workers: number;
  /** Start all of them at once, where how fast they are is measured. */
  atOnce?: boolean | undefined;
  /** Longest time without a sign of life, of a worker that scores or loads its bundle; Infinity: any. */
  timeoutMs: number;
  /** Once aborted, shards in work have some seconds left. */
  signal?: AbortSignal | undefined;
  /** For tests of workers that die, or fall silent sooner than one loads on a busy machine. */
  overrides?: { filename?: string; resourceLimits?: ResourceLimits; loadTimeoutMs?: number };
}

/** A shard that was sent and not answered. */
interface Running {
  /** Ends the worker that it is with. */
  controller: AbortController;
  timedOut: boolean;
  fail: (reason: Error) => void;
}

/**
 * Worker threads, each with a model of its own, one shard at a time per worker. The first starts at once, each other
 * one when there is a shard for it: a short file needs one model, however many cores there are. A worker that gives no
 * sign of life for too long is ended and replaced.
 */
export class WorkerPool {
  readonly #piscina: Piscina<ShardRequest, ShardReply>;
  readonly #timeoutMs: number;
  readonly #loadTimeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #watchdog = new Watchdog<object>();
  /** By the numbers of the shards. */
  readonly #running = new Map<number, Running>();
  /** What workers do with the shards that they are at, given up or not. */
  readonly #phases = new Map<number, WorkPhase>();
  /** Threads that have not ended yet, whether they are still of use or not. */
  readonly #threads = new Set<Worker>();
  readonly #loaded = new Set<number>();
  /** Why nothing can be scored any more. */
  #broken: Error | undefined;
  #onBroken: () => void = () => {};
  #loadsTooLong = false;
  #isClosed = false;
  #shards = 0;

  constructor(
    settings: WorkerSettings,
    { workers, atOnce = false, timeoutMs, signal, overrides = {} }: PoolOptions,
  ) {
    const { loadTimeoutMs = timeoutMs, ...piscinaOverrides } = overrides;
    this.#timeoutMs = timeoutMs;
    this.#loadTimeoutMs = loadTimeoutMs;
    this.#signal = signal;
    this.#piscina = new Piscina({
      filename: workerFile,
      workerData: settings,
      minThreads: atOnce ? workers : 1,
      maxThreads: workers,
      idleTimeout: Infinity,
      concurrentTasksPerWorker: 1,
      // Nobody reads its histograms.
      recordTiming: false,
      ...piscinaOverrides,
    });
    // A worker that dies between shards is replaced, and costs nothing.
    this.#piscina.on('error', () => {});
    this.#piscina.on('message', (message: WorkerLoaded | WorkerAlive) => this.#hear(message));
    this.#piscina.on('workerDestroy', () =>
      setImmediate(() => {
        this.#watchThreads();
        this.#requireWorkers();
      }),
    );
    this.#watchThreads();
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted === true) this.#onAbort();
  }

  readonly #onAbort = (): void => {
    this.#watchdog.watch(this, graceMs, () => this.#break(this.#signal?.reason as Error));
  };

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
    if (this.#broken !== undefined) throw this.#broken;
    const id = this.#shards++;
    const running: Running = { controller: new AbortController(), timedOut: false, fail: () => {} };
    const failed = new Promise<never>((_, reject) => (running.fail = reject));
    this.#running.set(id, running);
    const replied = this.#piscina.run({ ...shard, id }, { signal: running.controller.signal });
    this.#watchThreads();
    const settle = (): void => void this.#phases.delete(id);
    replied.then(settle, settle);
    try {
      const reply = await Promise.race([replied, failed]);
      if ('fault' in reply) throw toError(reply.fault);
      return reply;
    } catch (error) {
      if (error instanceof VoxpopError || error === this.#broken) throw error;
      if (running.timedOut) {
        const message = `a worker thread gave no sign of life for ${this.#timeoutMs / 1000} s`;
        throw new PredictError('WORKER_TIMEOUT', message);
      }
      const message = `a worker thread died: ${(error as Error).message}`;
      throw new PredictError('WORKER_DIED', message, { cause: error });
    } finally {
      this.#running.delete(id);
      this.#watchdog.forget(running);
      // One may have been started in the place of one that died.
      this.#watchThreads();
    }
  }

  #hear(message: WorkerLoaded | WorkerAlive): void {
    if ('loaded' in message) {
      this.#loaded.add(message.loaded);
      const thread = this.#threadOf(message.loaded);
      if (thread !== undefined) this.#watchdog.forget(thread);
      return;
    }
    const running = this.#running.get(message.alive);
    // It may come after the reply, on another way.
    if (running === undefined && !this.#phases.has(message.alive)) return;
    this.#phases.set(message.alive, message.phase);
    // The last words of a worker that was given up.
    if (running === undefined || running.timedOut) return;
    this.#watchdog.watch(running, this.#timeoutMs, () => this.#giveUp(running, message));
  }

  /**
   * Ends the worker that a shard is with, so that the shard fails and another worker takes its place. One that runs the
   * model cannot be ended without ending the process: ONNX Runtime aborts when its thread has gone.
   */
  #giveUp(running: Running, { thread: threadId, phase }: WorkerAlive): void {
    if (phase === 'model') {
      this.#break(stuckWorker(this.#timeoutMs));
      return;
    }
    running.timedOut = true;
    const thread = this.#threadOf(threadId);
    running.controller.abort();
    if (thread !== undefined) {
      this.#watchdog.watch(thread, endingMs, () => this.#break(stuckWorker(this.#timeoutMs)));
    }
  }

  /** New threads have to load their bundle in time. */
  #watchThreads(): void {
    if (this.#isClosed) return;
    for (const thread of this.#piscina.threads) {
      if (this.#threads.has(thread)) continue;
      this.#threads.add(thread);
      if (!this.#loaded.has(thread.threadId)) {
        this.#watchdog.watch(thread, this.#loadTimeoutMs, () => {
          this.#loadsTooLong = true;
          this.#break(slowLoad(this.#loadTimeoutMs));
        });
      }
      thread.once('exit', () => {
        this.#threads.delete(thread);
        this.#watchdog.forget(thread);
      });
    }
  }

  #threadOf(threadId: number): Worker | undefined {
    return [...this.#threads].find((thread) => thread.threadId === threadId);
  }

  /** One that dies while it starts is not replaced, and without workers nothing would ever be answered. */
  #requireWorkers(): void {
    if (this.#piscina.threads.length > 0) return;
    this.#break(
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

  #break(reason: Error): void {
    this.#broken ??= reason;
    this.#onBroken();
    // Not by ending their workers, which may still be loading.
    for (const running of this.#running.values()) running.fail(this.#broken);
  }

  /** Ends the threads; to be called when no shard is in flight. */
  async close(): Promise<void> {
    // Ending a thread in which ONNX Runtime is still loading aborts the process.
    const loadMs = this.#broken === undefined ? Infinity : endingMs;
    if (!this.#loadsTooLong) await this.#within(loadMs, this.#allLoaded());
    // Nor may a thread be ended in which it runs.
    if (!this.#isLoading() && ![...this.#phases.values()].includes('model')) {
      const ends = [...this.#threads].map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
      this.#piscina.destroy().catch(() => {});
      await this.#within(endingMs, Promise.all(ends));
    }
    this.#isClosed = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    for (const _ of this.#threads) noteStuckThread();
    for (const watched of [...this.#threads, this]) this.#watchdog.forget(watched);
  }

  /** Settles, too, when it turns out that nothing can be scored any more. */
  async #allLoaded(): Promise<void> {
    const wasBroken = this.#broken;
    while (this.#isLoading() && this.#broken === wasBroken) {
      await Promise.race([
        once(this.#piscina, 'message'),
        once(this.#piscina, 'workerDestroy'),
        new Promise<void>((resolve) => (this.#onBroken = resolve)),
      ]);
    }
  }

  #isLoading(): boolean {
    return this.#piscina.threads.some((thread) => !this.#loaded.has(thread.threadId));
  }

  async #within(limitMs: number, done: Promise<unknown>): Promise<void> {
    const key = {};
    const late = new Promise<void>((resolve) => this.#watchdog.watch(key, limitMs, resolve));
    await Promise.race([done, late]);
    this.#watchdog.forget(key);
  }
}

function stuckWorker(timeoutMs: number): VoxpopError {
  return new VoxpopError(
    'WORKER_STUCK',
    exitCodes.failed,
    `Expected a worker thread to run a batch through the model within ${timeoutMs / 1000} s, found one that has not`,
    { hint: 'Is it the bundle that was meant, and is the machine at work? --timeout allows more time.' },
  );
}

function slowLoad(timeoutMs: number): VoxpopError {
  return new VoxpopError(
    'LOAD_TIMEOUT',
    exitCodes.failed,
    `Expected worker threads to load the bundle within ${timeoutMs / 1000} s, found one that has not`,
    { hint: 'Is it the bundle that was meant, and is the disk at work? --timeout allows more time.' },
  );
}

function toError({ kind, code, exitCode, message, hint }: Fault): VoxpopError {
  if (kind === 'VoxpopError') return new VoxpopError(code, exitCode, message, { hint });
  return new faultClasses[kind](code, message, { hint });
}
