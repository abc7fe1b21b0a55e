import cliProgress from 'cli-progress';
import { BarTerminal } from './bar-terminal.ts';
import type { ProgressText } from './progress-text.ts';
import { aroundStops } from './signals.ts';
import type { Terminal } from './terminal.ts';

/** Characters of the bar itself, at least and at most; what is left of the line is text. */
const narrowestBar = 8;
const widestBar = 40;

/** Columns that are left free: the terminal shows `^C` behind the bar, which must not start a new line. */
const margin = 3;

/** @returns what removes the bar */
export function drawBar(terminal: Terminal, text: () => ProgressText): () => void {
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
