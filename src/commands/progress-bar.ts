import cliProgress from 'cli-progress';
import type { ReadProgress } from '../scoring.ts';
import { BarTerminal } from './bar-terminal.ts';
import { ProgressMeter, type ProgressText } from './progress-text.ts';
import { say } from './say.ts';
import { aroundStops } from './signals.ts';
import type { Terminal } from './terminal.ts';

/** Characters of the bar itself, at least and at most; what is left of the line is text. */
const narrowestBar = 8;
const widestBar = 40;

/** Columns that are left free: the terminal shows `^C` behind the bar, which must not start a new line. */
const margin = 3;

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
 * interruption ends it, and is answered at once.
 * @param wanted false: nothing at all
 */
export function createProgressBar(terminal: Terminal, wanted: boolean): ProgressBar {
  if (!wanted) return { begin: () => {}, update: () => {}, stop: () => {} };
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
    const draw = terminal.stderr.isTTY ? drawBar : writeLines;
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

/** @returns what removes the bar */
function drawBar(terminal: Terminal, text: () => ProgressText): () => void {
  const barTerminal = new BarTerminal(terminal.stderr);
  const options = {
    stream: terminal.stderr,
    terminal: barTerminal,
    clearOnComplete: true,
    hideCursor: true,
    gracefulExit: false,
    format: (bar: cliProgress.Options) => line(text(), barTerminal.getWidth() - margin, bar),
  };
  const bar = new cliProgress.SingleBar(options);
  const showCursor = (): void => void terminal.stderr.write('\r\u001b[K\u001b[?25h');
  terminal.lastActs.add(showCursor);
  bar.start(1, 0);
  const noLongerAroundStops = aroundStops(showCursor, () => barTerminal.cursor(false));
  return () => {
    noLongerAroundStops();
    terminal.lastActs.delete(showCursor);
    bar.stop();
  };
}

/** A bar and as many pieces of text as there is room for. */
function line({ share, pieces }: ProgressText, width: number, bar: cliProgress.Options): string {
  const room = share === undefined ? width : width - narrowestBar - 1;
  let shown = pieces[0] ?? '';
  for (const piece of pieces.slice(1)) {
    if (`${shown} | ${piece}`.length > room) break;
    shown += ` | ${piece}`;
  }
  if (share === undefined || room < shown.length) return shown.slice(0, width);
  const barsize = Math.min(widestBar, width - shown.length - 1);
  return `${cliProgress.Format.BarFormat(share, { ...bar, barsize })} ${shown}`;
}

/** @returns what ends the lines */
function writeLines(terminal: Terminal, text: () => ProgressText): () => void {
  const timer = setInterval(() => say(terminal, text().pieces.join(' | ')), lineMs);
  timer.unref();
  return () => clearInterval(timer);
}
