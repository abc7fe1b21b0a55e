import { count, ratio } from '../text/numbers.ts';
import { displayWidth } from '../text/display-width.ts';
import { shownName } from '../text/printable.ts';

const barWidth = 24;
const shownLabels = 12;
/** Bars of one to seven eighths of a character, so that small shares can be told apart. */
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * The label mix of a run as small bars, most frequent first.
 * @param rows scored rows, which shares are of
 */
export function labelBars(labels: Record<string, Record<string, number>>, rows: number): string[] {
  return Object.entries(labels).flatMap(([task, rowsByLabel]) => {
    const found = Object.entries(rowsByLabel)
      .filter(([, labelled]) => labelled > 0)
      .map(([label, labelled]): [string, number] => [shownName(label), labelled])
      .toSorted(([, one], [, other]) => other - one);
    const shown = found.slice(0, shownLabels);
    const width = Math.max(0, ...shown.map(([label]) => displayWidth(label)));
    const most = Math.max(1, ...shown.map(([, labelled]) => labelled));
    const lines = shown.map(([label, labelled]) => {
      const name = label + ' '.repeat(width - displayWidth(label));
      const share = ratio(100 * labelled, rows);
      return `  ${name}  ${bar(labelled / most)} ${share.toFixed(1).padStart(5)}%  ${count(labelled)}`;
    });
    if (found.length > shown.length) lines.push(`  and ${found.length - shown.length} more`);
    return [task].concat(lines);
  });
}

function bar(share: number): string {
  const parts = Math.round(share * barWidth * 8);
  return ('█'.repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? '')).padEnd(barWidth);
}
