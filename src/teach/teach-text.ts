import { count, counted, figure } from '../text/numbers.ts';
import { printable } from '../text/printable.ts';
import { textTable } from '../text/text-table.ts';
import type { TaughtTask, TeachDocument } from './teach-document.ts';

/** Says for people what was learned: the verdict first, then the figures behind it. */
export function teachText(document: TeachDocument): string {
  const { bundle, body, rows, empty, inputs, suspects } = document;
  const title =
    `${bundle.name}, taught on ${body.name} ${body.version} with ${inputs.join(', ')}: ` +
    `${counted(rows, 'row')}, ${count(empty)} without a text`;
  const measured = document.tasks.filter((task) => task.rows > 0);
  return [
    `${printable(title)}\n`,
    `${document.tasks.map(({ task, verdict }) => printable(`${task}: ${verdict}`)).join('\n')}\n`,
    measured.length === 0
      ? ''
      : `Measured on rows that were left out${document.resamples > 0 ? ' (95 % interval)' : ''}\n${taskTable(measured)}`,
    ...measured.map(labelTable),
    suspects > 0 ? `${counted(suspects, 'label')} ${suspects === 1 ? 'looks' : 'look'} wrong\n` : '',
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function taskTable(tasks: readonly TaughtTask[]): string {
  return textTable([
    ['task', 'rows', 'labels', 'reliable', 'accuracy', '', 'macro-F1', '', 'micro-F1', ''],
    ...tasks.map(({ task, labelled, labels, reliable, metrics, intervals }) => [
      task,
      count(labelled),
      count(labels.length),
      count(reliable),
      ...(['accuracy', 'macro_f1', 'micro_f1'] as const).flatMap((name) => [
        figure(metrics[name]),
        range(intervals[name]),
      ]),
    ]),
  ]);
}

function labelTable({ task, labels }: TaughtTask): string {
  return textTable([
    [task, 'rows', 'precision', 'recall', 'F1', '', 'threshold', ''],
    ...labels.map(({ label, rows, precision, recall, f1, f1_interval, threshold, reliable }) => [
      label,
      count(rows),
      figure(precision),
      figure(recall),
      figure(f1),
      range(f1_interval),
      threshold === undefined ? '' : threshold.toFixed(2),
      reliable ? '' : 'needs more rows',
    ]),
  ]);
}

function range(interval: readonly [number, number] | undefined): string {
  return interval === undefined ? '' : `${figure(interval[0])}-${figure(interval[1])}`;
}
