import type {
  EvaluationDocument,
  GateResult,
  Measured,
  MetricName,
  SliceEvaluation,
  TaskEvaluation,
} from './evaluation-document.ts';
import { count, figure, points } from '../text/numbers.ts';
import { printable } from '../text/printable.ts';
import { textTable } from '../text/text-table.ts';

/** Wider confusion matrices do not fit a terminal; they are in the JSON. */
const widestMatrix = 8;

/** An evaluation as text for people: what failed first, then the figures from the whole to the parts. */
export function evaluationText(document: EvaluationDocument): string {
  const { bundle, rows, empty, tasks } = document;
  const title = `${bundle.name} ${bundle.version} on ${document.inputs.join(', ')}: ${count(rows)} rows, ${count(empty)} without a text`;
  return [
    `${printable(title)}\n`,
    gateSection(document.gates),
    `Tasks${document.resamples > 0 ? ' (95 % interval)' : ''}\n${taskTable(tasks)}`,
    comparisonSection(document),
    ...tasks.filter((task) => task.rows > 0).flatMap(taskSections),
    ...sliceSections(document),
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function gateSection(gates: readonly GateResult[]): string {
  if (gates.length === 0) return '';
  const failed = gates.filter(({ passed }) => !passed);
  const verdict =
    failed.length === 0
      ? `All ${gates.length} gates passed`
      : `${failed.length} of ${gates.length} gates FAILED`;
  const table = textTable([
    ['', 'gate', 'where', 'figure', 'before', 'now', 'required', 'points', 'rows'],
    ...[...failed, ...gates.filter(({ passed }) => passed)].map((gate) => [
      gate.passed ? (gate.within_interval ? 'ok (chance)' : 'ok') : 'FAILED',
      gate.gate,
      gatePlace(gate),
      `${gate.task}.${gate.metric}`,
      figure(gate.before),
      figure(gate.measured),
      figure(gate.required),
      points(gate.measured - (gate.before ?? gate.required)),
      count(gate.rows),
    ]),
  ]);
  return `${verdict}\n${table}`;
}

/** Where a gate looked: all rows, or a slice. */
export function gatePlace({ by, value }: GateResult): string {
  return by === undefined ? 'all rows' : `${by}=${value}`;
}

function taskTable(tasks: readonly Measured[]): string {
  return textTable([
    ['task', 'rows', 'accuracy', '', 'macro-F1', '', 'micro-F1', '', 'mAP', 'ECE'],
    ...tasks.map((task) => [task.task, count(task.rows), ...figures(task)]),
  ]);
}

function figures({ metrics, intervals, rows }: Measured): string[] {
  if (rows === 0) return [];
  const withInterval = (name: MetricName): string[] => {
    const interval = intervals[name];
    const range = interval === undefined ? '' : `${figure(interval[0])}-${figure(interval[1])}`;
    return [figure(metrics[name]), range];
  };
  return [
    ...withInterval('accuracy'),
    ...withInterval('macro_f1'),
    ...withInterval('micro_f1'),
    figure(metrics.mean_average_precision),
    figure(metrics.calibration_error),
  ];
}

function comparisonSection({ comparison }: EvaluationDocument): string {
  if (comparison === undefined) return '';
  const changes = comparison.changes.filter(({ by }) => by === undefined);
  const table = textTable([
    ['task', 'figure', 'before', 'now', 'points', '95 % interval'],
    ...changes.map(({ task, metric, before, now, interval }) => [
      task,
      metric,
      figure(before),
      figure(now),
      points(now - before),
      interval === undefined ? '' : `${points(interval[0])} to ${points(interval[1])}`,
    ]),
  ]);
  const flips = textTable([
    ['task', 'right to wrong', 'wrong to right'],
    ...comparison.flips.map(({ task, to_wrong, to_right }) => [task, count(to_wrong), count(to_right)]),
  ]);
  const { name, version } = comparison.bundle;
  return `Against the baseline of ${printable(`${name} ${version}`)}\n${table}\n${flips}`;
}

function taskSections(task: TaskEvaluation): string[] {
  const ranked = task.labels.some((label) => label.average_precision !== undefined);
  const labels = textTable([
    [task.task, 'precision', 'recall', 'F1', 'gold', 'predicted', ...(ranked ? ['AP'] : [])],
    ...task.labels.map((label) => [
      label.label,
      figure(label.precision),
      figure(label.recall),
      figure(label.f1),
      count(label.support),
      count(label.predicted),
      ...(ranked ? [figure(label.average_precision)] : []),
    ]),
  ]);
  return [labels, confusionSection(task)];
}

function confusionSection({ task, labels, confusion }: TaskEvaluation): string {
  if (confusion === undefined || labels.length > widestMatrix) return '';
  const names = labels.map(({ label }) => label);
  const hasNone = confusion.some((row) => (row.at(-1) ?? 0) > 0);
  const table = textTable([
    ['gold \\ predicted', ...names, ...(hasNone ? ['(no label)'] : [])],
    ...confusion.map((row, index) => [
      names[index] as string,
      ...(hasNone ? row : row.slice(0, -1)).map(count),
    ]),
  ]);
  return `${task}: rows by gold and predicted label\n${table}`;
}

function sliceSections({ slices, tasks }: EvaluationDocument): string[] {
  return [...new Set(slices.map(({ by }) => by))].map((by) => {
    const rows = tasks.flatMap(({ task }) =>
      slices.filter((slice) => slice.by === by && slice.task === task).map(sliceRow),
    );
    const head = ['task', by, 'rows', 'accuracy', '', 'macro-F1', '', 'micro-F1', '', 'mAP', 'ECE'];
    return `By ${printable(by)}\n${textTable([head, ...rows])}`;
  });
}

function sliceRow(slice: SliceEvaluation): string[] {
  return [slice.task, slice.value, count(slice.rows), ...figures(slice)];
}
