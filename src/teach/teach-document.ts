import { poisson, seededRandom, seedFor } from '../random.ts';
import { ratio, round } from '../text/numbers.ts';
import type { Measured } from '../evaluate/evaluation-document.ts';
import { middle95 } from '../intervals.ts';
import { TaskTally } from '../evaluate/task-tally.ts';
import type { ProblemType } from '../protocol.ts';
import type { Learned } from './fit-head.ts';
import { minLabelRows, type TaskLabels } from './task-labels.ts';

/** The JSON that `voxpop teach --json` prints, in snake_case, since it is a file format. Shares are from 0 to 1. */
export interface TeachDocument {
  teach_version: 1;
  bundle: { name: string; version: string; sha256: string };
  /** The bundle that was taught on. */
  body: { name: string; version: string; sha256: string };
  inputs: string[];
  rows: number;
  /** Rows without a text. */
  empty: number;
  /** Rows whose text came before. */
  repeated: number;
  text_column: string;
  resamples: number;
  seed: number;
  tasks: TaughtTask[];
  /** Rows whose labels look wrong. */
  suspects: number;
}

/** Measured on rows that were left out of the fit one by one. */
export interface TaughtTask extends Measured {
  problem_type: ProblemType;
  column: string;
  /** Texts with a label. */
  labelled: number;
  labels: TaughtLabel[];
  left_out: { label: string; rows: number }[];
  /** Labels with a reliable F1. */
  reliable: number;
  /** One sentence that says whether the task can be used. */
  verdict: string;
}

export interface TaughtLabel {
  label: string;
  /** Rows that have it. */
  rows: number;
  precision: number;
  recall: number;
  f1: number;
  /** 95 % interval of F1; absent without resamples. */
  f1_interval?: [number, number];
  threshold?: number;
  reliable: boolean;
}

/** F1 from which on a label may be relied on: about what two careful readers reach on topics. */
const reliableF1 = 0.7;
/** F1 of fewer rows is too much a matter of chance. */
const reliableRows = 5;
/** Error falls about like the square root of rows; steps in which rows are asked for, and how many at most. */
const rowSteps = { least: 10, most: 200 };

/** The figures of a task that was learned. */
export function describeTask(
  task: TaskLabels,
  learned: Learned,
  { resamples, seed }: { resamples: number; seed: number },
): TaughtTask {
  const { layout } = task;
  const tally = new TaskTally(layout, true);
  for (const { row, predicted, scores } of learned.checked) {
    tally.add({ gold: task.gold[row] as number[], predicted, scores, before: undefined });
  }
  const { measured } = tally.measure({ resamples, seed: seedFor(seed, layout.name) });
  const labels = tally.labels().map((evaluation, index): TaughtLabel => {
    const { label, precision, recall, f1, support, predicted } = evaluation;
    const right = Math.round(recall * support);
    const wrong = support + predicted - 2 * right;
    const described: TaughtLabel = {
      label,
      rows: task.gold.filter((gold) => gold.includes(index)).length,
      precision,
      recall,
      f1,
      reliable: f1 >= reliableF1 && support >= reliableRows,
    };
    const interval = f1Interval(right, wrong, resamples, seedFor(seed, layout.name, label));
    if (interval !== undefined) described.f1_interval = interval;
    const threshold = learned.thresholds?.[index];
    if (threshold !== undefined) described.threshold = threshold;
    return described;
  });
  return {
    ...measured,
    problem_type: layout.problemType,
    column: task.column,
    labelled: task.places.length,
    labels,
    left_out: task.leftOut,
    reliable: labels.filter(({ reliable }) => reliable).length,
    verdict: learned.checked.length === 0 ? unmeasured(labels) : verdictOn(labels),
  };
}

/** 95 % of Poisson resamples of right and wrong rows. */
function f1Interval(
  right: number,
  wrong: number,
  resamples: number,
  seed: number,
): [number, number] | undefined {
  if (resamples === 0) return undefined;
  const random = seededRandom(seed);
  const values = Array.from({ length: resamples }, () => {
    const hits = poisson(right, random);
    return ratio(2 * hits, 2 * hits + poisson(wrong, random));
  });
  const [low, high] = middle95(values);
  return [round(low), round(high)];
}

/** Without enough labelled rows. */
function unmeasured(labels: readonly TaughtLabel[]): string {
  return `${labels.length} labels from the codeframe, quality unknown; score some rows, correct 100 of them, and add them with --with`;
}

/** For example: 12 labels; 9 reliable; refund, parking, other need more rows: about 20 each. */
function verdictOn(labels: readonly TaughtLabel[]): string {
  const weak = labels.filter(({ reliable }) => !reliable);
  const count = `${labels.length} ${labels.length === 1 ? 'label' : 'labels'}`;
  if (weak.length === 0) return `${count}; all reliable`;
  const missing = weak.map(rowsMissing).toSorted((one, other) => one - other);
  const typical = missing[missing.length >> 1] as number;
  const names = weak.map(({ label }) => label);
  const shown = names.length > 8 ? [...names.slice(0, 8), `${names.length - 8} more`] : names;
  const hopeless = typical >= rowSteps.most;
  const advice = hopeless
    ? `${shown.join(', ')} ${weak.length === 1 ? 'needs' : 'need'} many more rows, or clearer lines between labels`
    : `${shown.join(', ')} ${weak.length === 1 ? 'needs' : 'need'} more rows: about ${typical}${weak.length === 1 ? '' : ' each'}`;
  return `${count}; ${labels.length - weak.length} reliable; ${advice}`;
}

/** Rows that a label would need besides those it has, if its error went on falling with the square root of rows. */
function rowsMissing({ rows, f1 }: TaughtLabel): number {
  const error = Math.max(1 - f1, 1 - reliableF1);
  const wanted = Math.max(rows, minLabelRows) * (error / (1 - reliableF1)) ** 2;
  const steps = Math.ceil((wanted - rows) / rowSteps.least) * rowSteps.least;
  return Math.min(Math.max(steps, rowSteps.least), rowSteps.most);
}
