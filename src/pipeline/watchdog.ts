/** Milliseconds between two looks at the clock. */
const periodMs = 250;

interface Watched {
  silentMs: number;
  limitMs: number;
  onSilent: () => void;
}

/**
 * Tells when something gives no sign of life for too long. Time in which this process did not run itself (stopped,
 * or a machine that sleeps) does not count, as nothing else ran then either.
 */
export class Watchdog<Key extends object> {
  readonly #watched = new Map<Key, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #lastMs = 0;

  /** Watches from now on; a sign of life is to watch anew. */
  watch(key: Key, limitMs: number, onSilent: () => void): void {
    this.#watched.set(key, { silentMs: 0, limitMs, onSilent });
    if (this.#timer !== undefined) return;
    this.#lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.pass(Math.min(nowMs - this.#lastMs, 4 * periodMs));
      this.#lastMs = nowMs;
    }, periodMs);
  }

  forget(key: Key): void {
    this.#watched.delete(key);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Lets time pass. */
  pass(elapsedMs: number): void {
    for (const [key, watched] of this.#watched) {
      watched.silentMs += elapsedMs;
      if (watched.silentMs <= watched.limitMs) continue;
      this.forget(key);
      watched.onSilent();
    }
  }
}
