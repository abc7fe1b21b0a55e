import type { ComparisonDocument, LabelComparison, TaskComparison } from './comparison-document.ts';
import { count, figure, megabytes, points } from '../text/numbers.ts';
import { printable } from '../text/printable.ts';
import { textTable } from '../text/text-table.ts';
import { excerpt } from '../text/excerpt.ts';

const shownLabels = 20;

/** A comparison as text for people. */
export function comparisonText(document: ComparisonDocument): string {
  const { a, b, matched, only_a: onlyA, only_b: onlyB } = document;
  const title = [
    `a: ${sideText(a)}`,
    `b: ${sideText(b)}`,
    ...(matched === undefined ? ['label mixes only, rows not matched'] : [`${count(matched)} texts matched`]),
    ...(onlyA || onlyB ? [`${count(onlyA ?? 0)} rows only in a, ${count(onlyB ?? 0)} only in b`] : []),
  ];
  return [
    `${title.map((line) => printable(line)).join('\n')}\n`,
    gateSection(document),
    speedSection(document),
    qualitySection(document),
    overview(document.tasks),
    ...document.tasks.flatMap(taskSections),
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function sideText({ name, rows, bundle, cache }: ComparisonDocument['a']): string {
  const label = bundle === undefined ? '' : ` (${bundle.name} ${bundle.version})`;
  const found =
    cache === undefined ? '' : `, ${count(cache.hits)} texts from the cache, ${count(cache.misses)} computed`;
  return `${name}${label}${rows === undefined ? '' : `, ${count(rows)} rows`}${found}`;
}

function gateSection({ gates }: ComparisonDocument): string {
  if (gates.length === 0) return '';
  const failed = gates.filter(({ passed }) => !passed).length;
  const table = textTable([
    ['', 'gate', 'task', 'measured', 'limit'],
    ...gates.map((gate) => [
      gate.passed ? 'ok' : 'FAILED',
      gate.gate,
      gate.task,
      figure(gate.measured),
      figure(gate.limit),
    ]),
  ]);
  const verdict =
    failed === 0 ? `All ${gates.length} gates passed` : `${failed} of ${gates.length} gates FAILED`;
  return `${verdict}\n${table}`;
}

function speedSection({ speed }: ComparisonDocument): string {
  const [a, b] = speed ?? [];
  if (a === undefined || b === undefined) return '';
  const times = (one: number, other: number): string => (one === 0 ? '' : `${(other / one).toFixed(2)}x`);
  const line = (name: string, one: number, other: number, show: (value: number) => string): string[] => [
    name,
    show(one),
    show(other),
    times(one, other),
  ];
  const cost = [a, b].map((side) => side.cost_per_million_rows);
  return `Speed, with ${a.workers} workers each, in turns\n${textTable([
    ['', 'a', 'b', 'b / a'],
    line('rows/s', a.rows_per_second, b.rows_per_second, count),
    line('tokens/s', a.tokens_per_second, b.tokens_per_second, count),
    line('bundle MB', a.bundle_bytes, b.bundle_bytes, megabytes),
    // Without a ratio: what loads second finds memory that the first one left.
    ['MB that the process grew by at load', megabytes(a.memory_bytes), megabytes(b.memory_bytes), ''],
    ...(cost[0] === undefined || cost[1] === undefined
      ? []
      : [line('cost per million rows', cost[0], cost[1], (value) => value.toFixed(4))]),
  ])}`;
}

function qualitySection({ quality, degradation_percent: degradation }: ComparisonDocument): string {
  if (quality === undefined) return '';
  const table = textTable([
    ['task', 'rows', 'macro-F1 a', 'macro-F1 b', 'points', 'accuracy a', 'accuracy b', 'points'],
    ...quality.map((task) => [
      task.task,
      count(task.rows),
      figure(task.macro_f1_a),
      figure(task.macro_f1_b),
      points(task.macro_f1_b - task.macro_f1_a),
      figure(task.accuracy_a),
      figure(task.accuracy_b),
      points(task.accuracy_b - task.accuracy_a),
    ]),
  ]);
  const summary =
    degradation === undefined
      ? ''
      : `Average task degradation from a to b: ${degradation.toFixed(2)} % of macro-F1\n`;
  return `Quality on gold labels\n${table}${summary}`;
}

function overview(tasks: readonly TaskComparison[]): string {
  return textTable([
    ['task', 'texts', 'agreement', 'PSI', 'Jensen-Shannon', 'mean |score shift|', 'largest'],
    ...tasks.map((task) => [
      task.task,
      task.rows === undefined ? '' : count(task.rows),
      figure(task.agreement),
      figure(task.drift.psi),
      figure(task.drift.jensen_shannon),
      task.score_shift?.mean_absolute.toFixed(4) ?? '',
      task.score_shift?.largest.toFixed(4) ?? '',
    ]),
  ]);
}

function taskSections(task: TaskComparison): string[] {
  const hasBoth = task.labels.some(({ both }) => both !== undefined);
  const labels = textTable([
    [task.task, 'a', 'b', ...(hasBoth ? ['both'] : []), 'share a', 'share b', 'points'],
    ...task.labels.slice(0, shownLabels).map(labelRow),
  ]);
  return [labels, flipSection(task), languageSection(task)];
}

function labelRow({ label, a, b, both, share_a: shareA, share_b: shareB }: LabelComparison): string[] {
  const counts = [a, b, ...(both === undefined ? [] : [both])].map(count);
  return [label, ...counts, figure(shareA), figure(shareB), points(shareB - shareA)];
}

function flipSection({ task, flips }: TaskComparison): string {
  if (flips === undefined || flips.length === 0) return '';
  const table = textTable([
    [`${task} flips`, 'texts', 'for example'],
    ...flips.map(({ flip, rows, examples }) => [
      flip,
      count(rows),
      examples[0] === undefined ? '' : `row ${examples[0].row}: ${onOneLine(examples[0].text)}`,
    ]),
  ]);
  return table;
}

function languageSection({ task, languages }: TaskComparison): string {
  if (languages === undefined) return '';
  return textTable([
    [`${task} by language`, 'texts', 'agreement', 'PSI', 'Jensen-Shannon'],
    ...languages.map((each) => [
      each.language,
      each.rows === undefined ? '' : count(each.rows),
      figure(each.agreement),
      figure(each.psi),
      figure(each.jensen_shannon),
    ]),
  ]);
}

function onOneLine(text: string): string {
  return excerpt(text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim(), 60);
}
