import cliProgress from 'cli-progress';
import { count } from '../text/numbers.ts';
import type { Terminal } from './terminal.ts';
import type { ReadProgress } from '../scoring.ts';

export interface ProgressBar {
  update(progress: ReadProgress): void;
  /** Removes the bar; may be called twice. */
  stop(): void;
}

/** Makes a progress bar on stderr when that is a terminal, and otherwise one that shows nothing. */
export function createProgressBar(terminal: Terminal, wanted: boolean): ProgressBar {
  if (!wanted || !terminal.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const startedMs = performance.now();
  let bar: cliProgress.SingleBar | undefined;
  return {
    update({ counts, bytesRead, totalBytes, totalRows }) {
      // Part of a file is known by its rows.
      const [done, total] = totalRows === undefined ? [bytesRead, totalBytes] : [counts.rows, totalRows];
      const seconds = (performance.now() - startedMs) / 1000;
      const payload = {
        rows: count(counts.rows),
        rate: count(Math.round(counts.rows / seconds)),
        left: total === undefined || done === 0 ? '' : duration((total / done - 1) * seconds),
      };
      if (bar === undefined) {
        bar = new cliProgress.SingleBar({
          stream: terminal.stderr,
          clearOnComplete: true,
          hideCursor: true,
          linewrap: true,
          gracefulExit: false,
          format: (options, params, { rows, rate, left }: typeof payload) =>
            total === undefined
              ? `${rows} rows, ${rate} rows/s`
              : `${cliProgress.Format.BarFormat(params.progress, options)} ${Math.floor(params.progress * 100)}% | ${rows} rows | ${rate} rows/s | ${left} left`,
        });
        bar.start(total ?? 0, done, payload);
      }
      bar.update(done, payload);
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
