import { z95 } from '../intervals.ts';
import { count, counted, megabytes, points } from '../text/numbers.ts';
import { listed } from '../text/name-list.ts';
import type { ComparisonDocument, TaskComparison, TaskQuality } from './comparison-document.ts';

/**
 * Five lines on two bundles: what was compared, which is better at what, by how much on the whole, at what price, and
 * how often they agree.
 */
export function verdict(document: ComparisonDocument): string[] {
  return [subject(document), ...quality(document), price(document), agreement(document.tasks)];
}

function subject({ a, b, matched }: ComparisonDocument): string {
  const name = ({ bundle, name: path }: ComparisonDocument['a']): string =>
    bundle === undefined ? path : `${bundle.name} ${bundle.version}`;
  return `a is ${name(a)}, b is ${name(b)}, on ${count(matched ?? 0)} texts`;
}

/** Whether more rows are right in one bundle alone than chance would make of it (McNemar). */
function isClear({ right_only_a: a, right_only_b: b }: TaskQuality): boolean {
  return a + b > 0 && Math.abs(a - b) / Math.sqrt(a + b) > z95;
}

function quality({ quality: tasks, degradation_percent: lost }: ComparisonDocument): [string, string] {
  if (tasks === undefined || tasks.length === 0) {
    return [
      'Better: not known, as the file has no gold labels',
      'By how much: not known (name their columns with --gold)',
    ];
  }
  const better = (side: 'a' | 'b'): string[] => {
    const wins = tasks.filter(
      (task) => isClear(task) && task.right_only_a > task.right_only_b === (side === 'a'),
    );
    const words = wins.map((task) => {
      const gain = task.accuracy_b - task.accuracy_a;
      return `${task.task} (${points(side === 'a' ? -gain : gain)} points of accuracy)`;
    });
    return words.length === 0 ? [] : [`${side} at ${listed(words)}`];
  };
  const clear = [...better('a'), ...better('b')];
  const even = tasks.filter((task) => !isClear(task)).map(({ task }) => task);
  const rest = even.length === 0 ? [] : [`neither beyond chance at ${listed(even)}`];
  const change =
    lost === undefined
      ? 'no macro-F1 to compare'
      : `from a to b macro-F1 ${lost < 0 ? 'rises' : 'falls'} by ${Math.abs(lost).toFixed(2)} % on average over ${counted(tasks.length, 'task')}`;
  return [`Better: ${[...clear, ...rest].join('; ')}`, `By how much: ${change}`];
}

function price({ speed }: ComparisonDocument): string {
  const [a, b] = speed ?? [];
  if (a === undefined || b === undefined) return 'Price: speed is not measured where a cache is used';
  const times = a.rows_per_second === 0 ? '' : ` (${(b.rows_per_second / a.rows_per_second).toFixed(2)}x)`;
  const cost =
    a.cost_per_million_rows === undefined || b.cost_per_million_rows === undefined
      ? ''
      : `; a million rows cost ${b.cost_per_million_rows.toFixed(4)} against ${a.cost_per_million_rows.toFixed(4)}`;
  return (
    `Price: b scores ${count(b.rows_per_second)} rows/s against ${count(a.rows_per_second)}${times}` +
    ` and takes ${megabytes(b.bundle_bytes)} MB against ${megabytes(a.bundle_bytes)}${cost}`
  );
}

function agreement(tasks: readonly TaskComparison[]): string {
  const known = tasks.flatMap(({ task, agreement: share }) => (share === undefined ? [] : [{ task, share }]));
  const sorted = known.toSorted((one, other) => one.share - other.share);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return 'Agreement: no text to compare';
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const highest = `the same labels for ${percent(most.share)} of texts in ${most.task}`;
  if (known.length === 1) return `Agreement: ${highest}`;
  const between = known.length > 2 ? ', the other tasks between' : '';
  return `Agreement: ${highest}, ${percent(least.share)} in ${least.task}${between}`;
}
