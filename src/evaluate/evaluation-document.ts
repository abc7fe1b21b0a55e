import type { ProblemType } from '../protocol.ts';
import type { Interval } from './bootstrap.ts';

/** Names of the figures of a task; those that a task does not have are left out. */
export const metricNames = [
  'accuracy',
  'macro_f1',
  'micro_f1',
  'mean_average_precision',
  'calibration_error',
] as const;
export type MetricName = (typeof metricNames)[number];
export type Metrics = Partial<Record<MetricName, number>>;

/**
 * The JSON that `voxpop evaluate --json` prints, in snake_case, since it is a file format. Shares are from 0 to 1.
 */
export interface EvaluationDocument {
  evaluation_version: 1;
  bundle: { name: string; version: string; sha256: string };
  inputs: string[];
  rows: number;
  /** Rows without a text, which are not measured. */
  empty: number;
  resamples: number;
  seed: number;
  tasks: TaskEvaluation[];
  slices: SliceEvaluation[];
  /** The change since the baseline, when there is one. */
  comparison?: BaselineComparison;
  gates: GateResult[];
}

export interface Measured {
  task: string;
  /** Rows with a text and gold labels. */
  rows: number;
  metrics: Metrics;
  /** 95 % bootstrap intervals of the figures that follow from counts. */
  intervals: Partial<Record<MetricName, Interval>>;
}

export interface TaskEvaluation extends Measured {
  problem_type: ProblemType;
  gold_column: string;
  labels: LabelEvaluation[];
  /**
   * Single-label only: rows by gold label (down) and predicted label (across), in the order of `labels`, and
   * a last column for rows without a predicted label.
   */
  confusion?: number[][];
}

export interface LabelEvaluation {
  label: string;
  precision: number;
  recall: number;
  f1: number;
  support: number;
  predicted: number;
  /** Average precision, for labels of a multi-label task that occur in gold. */
  average_precision?: number;
}

export interface SliceEvaluation extends Measured {
  /** Name of the column, or `language` where the language is predicted. */
  by: string;
  value: string;
}

/** The measured part against the same part of the baseline. */
export interface BaselineComparison {
  bundle: { name: string; version: string; sha256: string };
  /** Rows whose text the baseline holds. */
  shared_rows: number;
  changes: MetricChange[];
  /** Rows by task that were right in the baseline and are wrong now, and the other way round. */
  flips: { task: string; to_wrong: number; to_right: number }[];
}

export interface MetricChange {
  task: string;
  /** Column of the slice; absent for the whole task. */
  by?: string;
  value?: string;
  metric: MetricName;
  before: number;
  now: number;
  /** 95 % interval of now - before, paired by row; only when the baseline holds every row. */
  interval?: Interval;
}

export interface GateResult {
  /** The gate as the user set it, for example `--min sentiment.macro_f1=0.8`. */
  gate: string;
  task: string;
  by?: string;
  value?: string;
  metric: string;
  /** Value that the figure has to reach, from 0 to 1. */
  required: number;
  measured: number;
  before?: number;
  rows: number;
  passed: boolean;
  /** True when the figure fell short by no more than chance, and that was allowed. */
  within_interval?: boolean;
}
