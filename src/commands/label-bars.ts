import type { TaskLayout } from '../protocol.ts';
import { count, ratio } from '../text/numbers.ts';
import { displayWidth } from '../text/display-width.ts';
import { shownName } from '../text/printable.ts';

const barWidth = 24;
const shownLabels = 12;
/** Bars of one to seven eighths of a character, so that small shares can be told apart. */
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** What the labels of a run were counted in. */
export interface CountedRows {
  tasks: readonly TaskLayout[];
  /** Rows with feedback. */
  scored: number;
  /** Texts that a row has. */
  textsPerRow: number;
}

/** The label mix of a run as small bars, most frequent first. */
export function labelBars(labels: Record<string, Record<string, number>>, counted: CountedRows): string[] {
  return Object.entries(labels).flatMap(([task, rowsByLabel]) => {
    const whole = textsOf(task, labels, counted);
    const found = Object.entries(rowsByLabel)
      .filter(([, labelled]) => labelled > 0)
      .map(([label, labelled]): [string, number] => [shownName(label), labelled])
      .toSorted(([, one], [, other]) => other - one);
    const shown = found.slice(0, shownLabels);
    const width = Math.max(0, ...shown.map(([label]) => displayWidth(label)));
    const most = Math.max(1, ...shown.map(([, labelled]) => labelled));
    const lines = shown.map(([label, labelled]) => {
      const name = label + ' '.repeat(width - displayWidth(label));
      const share = ratio(100 * labelled, whole);
      return `  ${name}  ${bar(labelled / most)} ${share.toFixed(1).padStart(5)}%  ${count(labelled)}`;
    });
    if (found.length > shown.length) lines.push(`  and ${found.length - shown.length} more`);
    return [task].concat(lines);
  });
}

/**
 * Texts that could have a label of a task. The task that tells feedback from none labels more of them than the others, and
 * rows of several texts have more texts than there are rows.
 */
function textsOf(
  task: string,
  labels: Record<string, Record<string, number>>,
  { tasks, scored, textsPerRow }: CountedRows,
): number {
  const isSingle = ({ problemType }: TaskLayout): boolean => problemType === 'single_label_classification';
  const labelled = (name: string): number =>
    Object.values(labels[name] ?? {}).reduce((sum, each) => sum + each, 0);
  if (tasks.some((each) => each.name === task && isSingle(each))) return Math.max(scored, labelled(task));
  if (textsPerRow === 1) return scored;
  const others = tasks.filter(isSingle).map(({ name }) => labelled(name));
  return Math.max(scored, others.length === 0 ? 0 : Math.min(...others));
}

function bar(share: number): string {
  const parts = Math.round(share * barWidth * 8);
  return ('█'.repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? '')).padEnd(barWidth);
}
