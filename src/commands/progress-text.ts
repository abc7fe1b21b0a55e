import { cacheWords } from '../text/cache-words.ts';
import { changeWords } from '../text/change-words.ts';
import { count } from '../text/numbers.ts';
import type { ReadProgress } from '../scoring.ts';

/** How a run goes, in pieces of text, the most wanted first; each is short. */
export interface ProgressText {
  /** From 0 to 1; undefined where nobody knows how much there is. */
  share: number | undefined;
  pieces: string[];
}

/** Measures a run from its start, or from where it goes on: rows that were there before took no time. */
export class ProgressMeter {
  readonly #startedMs = performance.now();
  readonly #rowsBefore: number;
  #latest: ReadProgress | undefined;

  constructor(rowsBefore: number) {
    this.#rowsBefore = rowsBefore;
  }

  update(progress: ReadProgress): void {
    this.#latest = { ...progress, counts: { ...progress.counts } };
  }

  text(): ProgressText {
    const seconds = (performance.now() - this.#startedMs) / 1000;
    if (this.#latest === undefined)
      return { share: undefined, pieces: [`loading the model ${duration(seconds)}`] };
    const { counts, bytesRead, totalBytes, totalRows, cache, changes } = this.#latest;
    const { rows } = counts;
    // Part of a file is known by its rows.
    const [done, total] = totalRows === undefined ? [bytesRead, totalBytes] : [rows, totalRows];
    const rate = (rows - this.#rowsBefore) / seconds;
    const told = [
      `${count(rows)} rows`,
      `${count(Math.round(rate))} rows/s`,
      ...changeWords(changes),
      ...cacheWords(cache),
    ];
    if (total === undefined) return { share: undefined, pieces: told };
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const percent = `${Math.floor(share * 100)}%`;
    if (share === 0 || rate === 0) return { share, pieces: [percent, ...told] };
    return { share, pieces: [percent, `${duration((rows / share - rows) / rate)} left`, ...told] };
  }
}

/** `1:23`, `1:02:03`. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
