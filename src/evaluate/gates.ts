import { UsageError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import {
  type EvaluationDocument,
  type GateResult,
  type LabelEvaluation,
  type MetricChange,
  type MetricName,
  metricNames,
} from './evaluation-document.ts';
import { shellWord } from '../text/shell-word.ts';

/** Smallest drop that counts as one; less is the last digit of a rounded figure. */
const roundingError = 2e-6;
const defaultMetric: MetricName = 'macro_f1';
/** Figures that are better when they are higher. */
const gateMetrics: readonly MetricName[] = metricNames.filter((name) => name !== 'calibration_error');
const labelFigures = ['precision', 'recall', 'f1', 'support', 'average_precision'] as const;

export interface GateOptions {
  /** Largest drop against the baseline, in points, by `task`, `task.metric`, or `*` for all tasks. */
  maxDrop: Record<string, number>;
  /** Least value, by `task`, `task.metric` or `task.label.metric`. */
  min: Record<string, number>;
  /** Let a drop pass that chance explains. */
  significant: boolean;
  /** Columns whose slices are held to `maxDrop` as well. */
  by: readonly string[];
  /** Slices with fewer rows are shown, but not held to anything. */
  minSliceRows: number;
}

/**
 * Holds an evaluation against what was asked of it.
 * @throws UsageError when a gate names something that was not measured: not to be taken for a failed gate
 */
export function runGates(
  document: EvaluationDocument,
  changes: readonly MetricChange[],
  options: GateOptions,
): GateResult[] {
  return [
    ...Object.entries(options.min).map(([path, required]) => minimumGate(document, path, required)),
    ...dropGates(document, changes, options),
  ];
}

function minimumGate(document: EvaluationDocument, path: string, required: number): GateResult {
  const { task, rows, labels, metrics } = findTask(document, path, '--min');
  const rest = path.slice(task.length + 1);
  const figure = rest === '' ? defaultMetric : rest;
  const measured = gateMetrics.includes(figure as MetricName)
    ? metrics[figure as MetricName]
    : labelFigure(labels, figure);
  if (measured === undefined) {
    const named = gateMetrics.filter((name) => name in metrics);
    const ofLabels = labels.flatMap(({ label }) => labelFigures.map((name) => `${label}.${name}`));
    const hint = didYouMean(
      figure,
      [...named, ...ofLabels],
      (near) => `--min ${shellWord(`${task}.${near}=${required}`)}`,
    );
    throw notMeasured(
      `--min ${path}`,
      `a figure of ${task} (${[...named, '<label>.f1'].join(', ')})`,
      figure,
      hint,
    );
  }
  return {
    gate: `--min ${path}=${required}`,
    task,
    metric: figure,
    required,
    measured,
    rows,
    passed: measured >= required - roundingError,
  };
}

function labelFigure(labels: readonly LabelEvaluation[], path: string): number | undefined {
  const dot = path.lastIndexOf('.');
  const figure = labelFigures.find((name) => name === path.slice(dot + 1));
  const label = labels.find((each) => each.label === path.slice(0, Math.max(dot, 0)));
  return figure === undefined ? undefined : label?.[figure];
}

function dropGates(
  document: EvaluationDocument,
  changes: readonly MetricChange[],
  { maxDrop, significant, by, minSliceRows }: GateOptions,
): GateResult[] {
  const limits = Object.entries(maxDrop).flatMap(([path, points]) =>
    (path === '*' ? document.tasks.map(({ task }) => task) : [path]).map((each) => {
      const { task } = findTask(document, each, '--max-drop');
      const metric = each.slice(task.length + 1) || defaultMetric;
      if (!gateMetrics.includes(metric as MetricName)) {
        const hint = didYouMean(
          metric,
          gateMetrics,
          (near) => `--max-drop ${shellWord(`${task}.${near}=${points}`)}`,
        );
        throw notMeasured(`--max-drop ${each}`, `one of ${gateMetrics.join(', ')}`, metric, hint);
      }
      const gate = path === '*' ? `--max-drop ${points}` : `--max-drop ${path}=${points}`;
      return { gate, task, metric, points };
    }),
  );
  return limits.flatMap(({ gate, task, metric, points }) => {
    const gated = changes.filter(
      (change) =>
        change.task === task &&
        change.metric === metric &&
        (change.by === undefined || (by.includes(change.by) && sliceRows(document, change) >= minSliceRows)),
    );
    if (!gated.some((change) => change.by === undefined)) {
      throw notMeasured(gate, `${task}.${metric} in the evaluation and in the baseline`, 'it missing in one');
    }
    return gated.map((change) => dropGate(document, change, gate, points, significant));
  });
}

function dropGate(
  document: EvaluationDocument,
  change: MetricChange,
  gate: string,
  points: number,
  significant: boolean,
): GateResult {
  const { task, by, value, metric, before, now, interval } = change;
  const required = Math.max(0, before - points / 100);
  const isShort = now < required - roundingError;
  const byChance = isShort && significant && isWithinChance(document, change, interval);
  return {
    gate,
    task,
    ...(by === undefined || value === undefined ? {} : { by, value }),
    metric,
    required,
    measured: now,
    before,
    rows: by === undefined ? findTask(document, task, gate).rows : sliceRows(document, change),
    passed: !isShort || byChance,
    ...(byChance ? { within_interval: true } : {}),
  };
}

/**
 * Whether chance explains a drop: zero lies in the interval of the difference, paired by row, or else the former
 * figure lies in the interval of the new one.
 */
function isWithinChance(
  document: EvaluationDocument,
  change: MetricChange,
  interval: MetricChange['interval'],
): boolean {
  if (interval !== undefined) return interval[1] >= 0;
  const own = findMeasured(document, change)?.intervals[change.metric];
  return own !== undefined && own[1] >= change.before;
}

function findMeasured(
  document: EvaluationDocument,
  { task, by, value }: Pick<MetricChange, 'task' | 'by' | 'value'>,
): EvaluationDocument['slices'][number] | EvaluationDocument['tasks'][number] | undefined {
  if (by === undefined) return document.tasks.find((each) => each.task === task);
  return document.slices.find((each) => each.task === task && each.by === by && each.value === value);
}

function sliceRows(document: EvaluationDocument, change: MetricChange): number {
  return findMeasured(document, change)?.rows ?? 0;
}

function findTask(
  document: EvaluationDocument,
  path: string,
  option: string,
): EvaluationDocument['tasks'][number] {
  const found = document.tasks.find(({ task }) => path === task || path.startsWith(`${task}.`));
  if (found !== undefined && found.rows > 0) return found;
  if (found !== undefined)
    throw notMeasured(option, 'a task with gold labels', `no row with any for ${path}`);
  const known = document.tasks.map(({ task }) => task);
  const [task = path, ...rest] = path.split('.');
  const hint = didYouMean(task, known, (near) => [near, ...rest].join('.'));
  throw notMeasured(option, `a task that is measured (${known.join(', ')})`, path, hint);
}

function notMeasured(option: string, expected: string, found: string, hint?: string): UsageError {
  return new UsageError('GATE_NOT_MEASURED', `Expected ${option} to name ${expected}, found ${found}`, {
    hint,
  });
}
