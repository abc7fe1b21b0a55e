import type { ReadProgress } from '../scoring.ts';
import { ProgressMeter, type ProgressText } from './progress-text.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';

/** Milliseconds between two lines where there is no terminal: a nightly log wants few. */
const lineMs = 60_000;

export interface ProgressBar {
  /**
   * Begins to show something; the first update does so, too.
   * @param rowsBefore rows that are done already
   */
  begin(rowsBefore?: number): void;
  update(progress: ReadProgress): void;
  /** Removes the bar; may be called twice. */
  stop(): void;
}

/**
 * Makes a progress bar on stderr when that is a terminal, and otherwise one that writes a line a minute. An
 * interruption ends it, and is answered at once. What draws is only imported for a terminal.
 * @param wanted false: nothing at all
 */
export async function createProgressBar(terminal: Terminal, wanted: boolean): Promise<ProgressBar> {
  if (!wanted) return { begin: () => {}, update: () => {}, stop: () => {} };
  const draw = terminal.stderr.isTTY ? (await import('./draw-bar.ts')).drawBar : writeLines;
  let meter: ProgressMeter | undefined;
  let remove: (() => void) | undefined;
  const stop = (): void => {
    remove?.();
    remove = undefined;
    terminal.signal.removeEventListener('abort', onAbort);
  };
  const onAbort = (): void => {
    stop();
    say(terminal, 'Stopping after the rows in work; a second Ctrl-C ends at once');
  };
  const begin = (rowsBefore = 0): ProgressMeter => {
    const begun = new ProgressMeter(rowsBefore);
    if (terminal.signal.aborted) return begun;
    remove = draw(terminal, () => begun.text());
    terminal.signal.addEventListener('abort', onAbort);
    return begun;
  };
  return {
    begin: (rowsBefore) => void (meter ??= begin(rowsBefore)),
    update: (progress) => (meter ??= begin()).update(progress),
    stop,
  };
}

/** @returns what ends the lines */
function writeLines(terminal: Terminal, text: () => ProgressText): () => void {
  const timer = setInterval(() => say(terminal, text().pieces.join(' | ')), lineMs);
  timer.unref();
  return () => clearInterval(timer);
}
