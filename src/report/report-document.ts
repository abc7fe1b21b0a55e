/**
 * The JSON that `voxpop report --format json` prints, in snake_case, since it is a file format. Shares are from 0 to
 * 1.
 */
export interface ReportDocument {
  report_version: 1;
  title: string;
  source: ReportSource;
  rows: number;
  /** Texts with labels; rows can have several texts. */
  texts: number;
  empty: number;
  /** The label that the report looks for first, of the task that it is by. */
  focus: { task: string; label: string };
  tasks: TaskMix[];
  /** Every two tasks against each other. */
  crosses: TaskCross[];
  /** Labels of the task `of`, by how likely the focus label is beside them. */
  hotspots: { of: string; labels: Hotspot[] } | undefined;
  time: TimeSeries | undefined;
  /** Figures by language and by the values of columns. */
  breakdowns: Breakdown[];
  samples: SampleCell[];
  uncertain: UncertainTexts[];
  seed: number;
  notices: string[];
}

export interface ReportSource {
  path: string;
  text_columns: string[];
  bundle?: { name: string; version: string };
  voxpop?: string;
  inputs?: string[];
  started_at?: string;
  elapsed_ms?: number;
}

export interface TaskMix {
  task: string;
  multi_label: boolean;
  /** Most frequent first; a text of a multi-label task counts for each of its labels. */
  labels: { label: string; texts: number; share: number; mean_score?: number }[];
  /** Texts without any label of the task. */
  no_label: number;
}

export interface TaskCross {
  rows_task: string;
  columns_task: string;
  rows: string[];
  columns: string[];
  /** Texts of each row's label, whatever the other task says. */
  texts: number[];
  /** Texts that have both labels, [rows][columns]. */
  counts: number[][];
}

export interface Hotspot {
  label: string;
  texts: number;
  /** Texts among these that have the focus label. */
  focused: number;
  share: number;
  /** Lower end of the 95 % interval of the share (Wilson), which ranks: a few texts prove little. */
  share_low: number;
}

export interface TimeSeries {
  column: string;
  unit: 'day' | 'week' | 'month' | 'year';
  /** Texts whose date could not be read. */
  undated: number;
  buckets: { start: string; texts: number; labels: Record<string, number> }[];
}

export interface Breakdown {
  by: string;
  /** Whether it is the model that says so. */
  predicted: boolean;
  values: { value: string; texts: number; tasks: Record<string, Record<string, number>> }[];
}

export interface SampleCell {
  focus_label: string;
  task: string;
  label: string;
  /** Texts that the sample stands for. */
  texts: number;
  samples: SampleText[];
}

export interface SampleText {
  /** Number of the row in the file, from 1. */
  row: number;
  column?: string;
  text: string;
  /** Whether only its start is shown. */
  cut: boolean;
  language?: string;
  labels: Record<string, { label: string; score?: number }[]>;
}

export interface UncertainTexts {
  task: string;
  samples: SampleText[];
}
