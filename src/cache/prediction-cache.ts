import { Worker } from 'node:worker_threads';
import { OutputError, UsageError } from '../errors.ts';
import type { ShardPredictions } from '../protocol.ts';
import {
  type CacheEnd,
  type CacheReply,
  type CacheRequest,
  type CacheSettings,
  type Found,
  joinTexts,
} from './messages.ts';
import type { Notify } from './open-cache.ts';

/** Compiled beside this file. */
const threadFile = new URL('./cache-thread.js', import.meta.url);

const faultClasses = { UsageError, OutputError };

/** Memory for JavaScript objects in MB: shards come and go, and hardly anything stays. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 };

/** The caches of a run, in a thread of their own; without one when that dies. */
export class PredictionCache {
  readonly #thread: Worker;
  readonly #notify: Notify;
  /** Who waits for an answer, the first for the first. */
  readonly #waiting: ((reply: CacheReply | undefined) => void)[] = [];
  #isDead = false;

  private constructor(settings: CacheSettings, notify: Notify) {
    this.#notify = notify;
    this.#thread = new Worker(threadFile, { workerData: settings, resourceLimits });
    this.#thread.on('message', (reply: CacheReply) => this.#waiting.shift()?.(reply));
    this.#thread.on('error', (error) => this.#die(error.message));
    this.#thread.on('exit', () => this.#die('its thread ended'));
  }

  /**
   * @param notify told what there is to say about the caches, now and later
   * @throws UsageError, OutputError when a cache cannot be what was asked for
   */
  static async open(settings: CacheSettings, notify: Notify): Promise<PredictionCache> {
    const cache = new PredictionCache(settings, notify);
    const reply = await cache.#reply();
    if (reply?.kind === 'refused') {
      cache.#isDead = true;
      const { kind, code, message, hint } = reply.fault;
      throw new faultClasses[kind](code, message, { hint });
    }
    cache.#tell(reply);
    return cache;
  }

  /**
   * @param lookup which of the lookups of the settings
   * @returns undefined when there is no cache any more: nothing is found, and nothing kept
   */
  async find(texts: string[], lookup: number): Promise<Found | undefined> {
    if (this.#isDead) return undefined;
    this.#send({ kind: 'find', texts: joinTexts(texts), lookup });
    const reply = await this.#reply();
    this.#tell(reply);
    return reply?.kind === 'found' ? reply.found : undefined;
  }

  /** Keeps the predictions of texts that were not found. */
  keep(ticket: number, predictions: ShardPredictions): void {
    this.#send({ kind: 'keep', ticket, predictions });
  }

  /** Says that there will be no predictions of texts that were not found. */
  drop(ticket: number): void {
    this.#send({ kind: 'drop', ticket });
  }

  /** Writes what is not written yet, and ends the thread; to be called when nobody waits for an answer. */
  async close(): Promise<CacheEnd | undefined> {
    if (this.#isDead) return undefined;
    this.#send({ kind: 'close' });
    const reply = await this.#reply();
    this.#isDead = true;
    this.#tell(reply);
    return reply?.kind === 'closed' ? reply.end : undefined;
  }

  #send(request: CacheRequest): void {
    if (!this.#isDead) this.#thread.postMessage(request);
  }

  #reply(): Promise<CacheReply | undefined> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #tell(reply: CacheReply | undefined): void {
    if (reply === undefined || reply.kind === 'refused') return;
    for (const notice of reply.notices) this.#notify(notice);
  }

  /** What it held is on the disk, or is computed again. */
  #die(reason: string): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#notify(`the cache failed (${reason}): the run goes on without it`);
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }
}
