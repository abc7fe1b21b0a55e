import type {
  EvaluationDocument,
  GateResult,
  Measured,
  MetricName,
  SliceEvaluation,
  TaskEvaluation,
} from './evaluation-document.ts';
import { count, counted, figure, points } from '../text/numbers.ts';
import { type DocumentForm, plainForm } from '../text/document-form.ts';

/** Wider confusion matrices do not fit a terminal; they are in the JSON. */
const widestMatrix = 8;

/**
 * An evaluation for people: what failed first, then the figures from the whole to the parts.
 * @param leastSliceRows - slices of fewer rows are counted and not shown
 */
export function evaluationText(
  document: EvaluationDocument,
  leastSliceRows: number,
  form: DocumentForm = plainForm,
): string {
  const { bundle, rows, empty, tasks, inputs, resamples } = document;
  const title = `${bundle.name} ${bundle.version} on ${inputs.join(', ')}: ${count(rows)} rows, ${count(empty)} without a text`;
  const details = tasks.filter((task) => task.rows > 0).flatMap((task) => taskSections(task, form));
  return [
    form.lines([title]),
    gateSection(document.gates, form),
    form.section(`Tasks${resamples > 0 ? ' (95 % interval)' : ''}`, taskTable(tasks, form)),
    comparisonSection(document, form),
    form.folded('By label', details.join('\n')),
    ...sliceSections(document, leastSliceRows, form),
  ]
    .filter((section) => section !== '')
    .join('\n');
}

function gateSection(gates: readonly GateResult[], form: DocumentForm): string {
  if (gates.length === 0) return '';
  const failed = gates.filter(({ passed }) => !passed);
  const verdict =
    failed.length === 0
      ? `All ${gates.length} gates passed`
      : `${failed.length} of ${gates.length} gates FAILED`;
  const table = form.table([
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
  return form.section(verdict, table);
}

/** Where a gate looked: all rows, or a slice. */
export function gatePlace({ by, value }: GateResult): string {
  return by === undefined ? 'all rows' : `${by}=${value}`;
}

function taskTable(tasks: readonly Measured[], form: DocumentForm): string {
  return form.table([
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

function comparisonSection({ comparison }: EvaluationDocument, form: DocumentForm): string {
  if (comparison === undefined) return '';
  const changes = comparison.changes.filter(({ by }) => by === undefined);
  const table = form.table([
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
  const flips = form.table([
    ['task', 'right to wrong', 'wrong to right'],
    ...comparison.flips.map(({ task, to_wrong, to_right }) => [task, count(to_wrong), count(to_right)]),
  ]);
  const { name, version } = comparison.bundle;
  return form.section(`Against the baseline of ${name} ${version}`, table, flips);
}

function taskSections(task: TaskEvaluation, form: DocumentForm): string[] {
  const ranked = task.labels.some((label) => label.average_precision !== undefined);
  const labels = form.table([
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
  return [labels, confusionSection(task, form)].filter((section) => section !== '');
}

function confusionSection({ task, labels, confusion }: TaskEvaluation, form: DocumentForm): string {
  if (confusion === undefined || labels.length > widestMatrix) return '';
  const names = labels.map(({ label }) => label);
  const hasNone = confusion.some((row) => (row.at(-1) ?? 0) > 0);
  const table = form.table([
    ['gold \\ predicted', ...names, ...(hasNone ? ['(no label)'] : [])],
    ...confusion.map((row, index) => [
      names[index] as string,
      ...(hasNone ? row : row.slice(0, -1)).map(count),
    ]),
  ]);
  return form.section(`${task}: rows by gold and predicted label`, table);
}

function sliceSections(
  { slices, tasks }: EvaluationDocument,
  leastRows: number,
  form: DocumentForm,
): string[] {
  return [...new Set(slices.map(({ by }) => by))].map((by) => {
    const own = slices.filter((slice) => slice.by === by);
    const rows = tasks.flatMap(({ task }) =>
      own.filter((slice) => slice.task === task && slice.rows >= leastRows).map(sliceRow),
    );
    const head = ['task', by, 'rows', 'accuracy', '', 'macro-F1', '', 'micro-F1', '', 'mAP', 'ECE'];
    return form.section(
      `By ${by}`,
      rows.length === 0 ? '' : form.table([head, ...rows]),
      ...smallSlices(own, leastRows, form),
    );
  });
}

/** Says how many slices are not shown: figures of a few rows are chance. */
function smallSlices(slices: readonly SliceEvaluation[], leastRows: number, form: DocumentForm): string[] {
  const small = new Set(slices.filter(({ rows }) => rows < leastRows).map(({ value }) => value));
  const isSmall = small.size > 0;
  return isSmall
    ? [
        form.lines([
          `${counted(small.size, 'value')} with fewer than ${count(leastRows)} rows of a task: not shown for it (--json has them)`,
        ]),
      ]
    : [];
}

function sliceRow(slice: SliceEvaluation): string[] {
  return [slice.task, slice.value, count(slice.rows), ...figures(slice)];
}
