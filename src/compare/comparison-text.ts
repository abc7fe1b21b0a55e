import type { ComparisonDocument, LabelComparison, TaskComparison } from './comparison-document.ts';
import { count, counted, figure, megabytes, points } from '../text/numbers.ts';
import { type DocumentForm, plainForm } from '../text/document-form.ts';
import { excerpt } from '../text/excerpt.ts';
import { verdict } from './verdict.ts';

const shownLabels = 20;

/** Texts of a language that is shown; fewer tell little. */
const leastTexts = 20;

/**
 * A comparison for people. Of two bundles it begins with a verdict of five lines.
 * @param withDetails - whether the figures behind the verdict follow
 */
export function comparisonText(
  document: ComparisonDocument,
  withDetails: boolean,
  form: DocumentForm = plainForm,
): string {
  const sections = [
    ...(isOfBundles(document) ? [form.lines(verdict(document))] : []),
    gateSection(document, form),
    ...(isOfBundles(document) && !withDetails ? [] : [details(document, form)]),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

/** Whether two bundles scored one file; scored files tell no speed, nor what a cache held. */
function isOfBundles({ speed, a }: ComparisonDocument): boolean {
  return speed !== undefined || a.cache !== undefined;
}

function details(document: ComparisonDocument, form: DocumentForm): string {
  const { a, b, matched, only_a: onlyA, only_b: onlyB } = document;
  const title = [
    `a: ${sideText(a)}`,
    `b: ${sideText(b)}`,
    ...(matched === undefined ? ['label mixes only, rows not matched'] : [`${count(matched)} texts matched`]),
    ...(onlyA || onlyB ? [`${count(onlyA ?? 0)} rows only in a, ${count(onlyB ?? 0)} only in b`] : []),
  ];
  const byTask = document.tasks
    .flatMap((task) => taskSections(task, form))
    .filter((section) => section !== '');
  return [
    form.lines(title),
    speedSection(document, form),
    qualitySection(document, form),
    overview(document.tasks, form),
    form.folded('By task', byTask.join('\n')),
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

function gateSection({ gates }: ComparisonDocument, form: DocumentForm): string {
  if (gates.length === 0) return '';
  const failed = gates.filter(({ passed }) => !passed).length;
  const table = form.table([
    ['', 'gate', 'task', 'measured', 'limit'],
    ...gates.map((gate) => [
      gate.passed ? 'ok' : 'FAILED',
      gate.gate,
      gate.task,
      figure(gate.measured),
      figure(gate.limit),
    ]),
  ]);
  const outcome =
    failed === 0 ? `All ${gates.length} gates passed` : `${failed} of ${gates.length} gates FAILED`;
  return form.section(outcome, table);
}

function speedSection({ speed }: ComparisonDocument, form: DocumentForm): string {
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
  return form.section(
    `Speed, with ${a.workers} workers each, in turns`,
    form.table([
      ['', 'a', 'b', 'b / a'],
      line('rows/s', a.rows_per_second, b.rows_per_second, count),
      line('tokens/s', a.tokens_per_second, b.tokens_per_second, count),
      line('bundle MB', a.bundle_bytes, b.bundle_bytes, megabytes),
      // Without a ratio: what loads second finds memory that the first one left.
      ['MB that the process grew by at load', megabytes(a.memory_bytes), megabytes(b.memory_bytes), ''],
      ...(cost[0] === undefined || cost[1] === undefined
        ? []
        : [line('cost per million rows', cost[0], cost[1], (value) => value.toFixed(4))]),
    ]),
  );
}

function qualitySection(
  { quality, degradation_percent: degradation }: ComparisonDocument,
  form: DocumentForm,
): string {
  if (quality === undefined) return '';
  const table = form.table([
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
      : form.lines([`Average task degradation from a to b: ${degradation.toFixed(2)} % of macro-F1`]);
  return form.section('Quality on gold labels', table, summary);
}

function overview(tasks: readonly TaskComparison[], form: DocumentForm): string {
  return form.table([
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

function taskSections(task: TaskComparison, form: DocumentForm): string[] {
  const hasBoth = task.labels.some(({ both }) => both !== undefined);
  const labels = form.table([
    [task.task, 'a', 'b', ...(hasBoth ? ['both'] : []), 'share a', 'share b', 'points'],
    ...task.labels.slice(0, shownLabels).map(labelRow),
  ]);
  return [labels, flipSection(task, form), languageSection(task, form)];
}

function labelRow({ label, a, b, both, share_a: shareA, share_b: shareB }: LabelComparison): string[] {
  const counts = [a, b, ...(both === undefined ? [] : [both])].map(count);
  return [label, ...counts, figure(shareA), figure(shareB), points(shareB - shareA)];
}

function flipSection({ task, flips }: TaskComparison, form: DocumentForm): string {
  if (flips === undefined || flips.length === 0) return '';
  const table = form.table([
    [`${task} flips`, 'texts', 'for example'],
    ...flips.map(({ flip, rows, examples }) => [
      flip,
      count(rows),
      examples[0] === undefined ? '' : `row ${examples[0].row}: ${onOneLine(examples[0].text)}`,
    ]),
  ]);
  return table;
}

function languageSection({ task, languages }: TaskComparison, form: DocumentForm): string {
  if (languages === undefined) return '';
  const isSmall = ({ rows }: (typeof languages)[number]): boolean => rows !== undefined && rows < leastTexts;
  const shown = languages.filter((each) => !isSmall(each));
  const small = languages.length - shown.length;
  const table = form.table([
    [`${task} by language`, 'texts', 'agreement', 'PSI', 'Jensen-Shannon'],
    ...shown.map((each) => [
      each.language,
      each.rows === undefined ? '' : count(each.rows),
      figure(each.agreement),
      figure(each.psi),
      figure(each.jensen_shannon),
    ]),
  ]);
  const rest =
    small === 0
      ? ''
      : form.lines([
          `${counted(small, 'language')} with fewer than ${leastTexts} texts: not shown (--json has them)`,
        ]);
  return [shown.length === 0 ? '' : table, rest]
    .filter((part) => part !== '')
    .join(shown.length === 0 ? '' : '\n');
}

function onOneLine(text: string): string {
  return excerpt(text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim(), 60);
}
