import type { BundleRow } from './measure-table.ts';

/** What the paper reports; the mark to beat. */
const paper = [
  'The paper, over its own full-size models: **15.61x** at **2.60 %** average degradation, **3.29x** at **1.71 %**, and an ' +
    'estimated **44 %** saved by one multi-task model in place of one per task.',
];

export interface TableFacts {
  /** CPU, cores, rows and file, versions: what a reader needs to judge the figures. */
  measuredOn: string;
  baseline: string;
  teacher: string;
  workers: number;
  /** Of one core, in any currency. */
  pricePerCoreHour: number;
}

/** The table as Markdown; figures that were not measured are dashes. */
export function tableText(rows: readonly BundleRow[], facts: TableFacts): string {
  const tasks = [...new Set(rows.flatMap(({ quality }) => (quality ?? []).map(({ task }) => task)))];
  const header = [
    'bundle',
    'parameters',
    'MB',
    'rows/s, 1 core',
    `rows/s, ${facts.workers} workers`,
    'speed-up',
    ...tasks.map((task) => `${task} F1`),
    'degradation',
    'cost of 10^6 rows',
    'one model for all tasks saves',
  ];
  const body = rows.map((row) => [
    row.name,
    `${(row.parameters / 1e6).toFixed(1)} M`,
    (row.bytes / 1e6).toFixed(1),
    row.rowsPerSecond[0].toFixed(1),
    row.rowsPerSecond[1].toFixed(1),
    `${row.speedUp[0].toFixed(2)}x`,
    ...tasks.map((task) => macroF1(row, task)),
    row.degradationPercent === undefined ? '-' : `${row.degradationPercent.toFixed(2)} %`,
    ((facts.pricePerCoreHour * 1e6) / (row.rowsPerSecond[0] * 3600)).toFixed(2),
    row.multiTaskSaving === undefined ? '-' : `${(row.multiTaskSaving * 100).toFixed(0)} %`,
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'));
  return [
    [line(header), line(rule), ...body.map(line)].join('\n'),
    ...paper,
    `Speed-up: on one core, over ${facts.baseline}, which scored the same rows in turns. F1: macro-F1 on all rows. Degradation: mean ` +
      `over the tasks of the loss of macro-F1 against ${facts.teacher}, in percent of its own; negative where a bundle is better. ` +
      `Cost: one core at ${facts.pricePerCoreHour} an hour. Saving: one run with all heads, against one run per task with a bundle of ` +
      'the same body and that head alone. Dashes: weights are random, or there is nothing to measure against.',
    `Measured on ${facts.measuredOn}.`,
  ].join('\n\n');
}

function macroF1({ quality }: BundleRow, task: string): string {
  const found = quality?.find((each) => each.task === task);
  return found === undefined ? '-' : found.macroF1.toFixed(3);
}
