import type { Drift } from '../scored/drift.ts';

/** The JSON that `voxpop compare --json` prints, in snake_case, since it is a file format. Shares are from 0 to 1. */
export interface ComparisonDocument {
  comparison_version: 1;
  a: ComparedSide;
  b: ComparedSide;
  /** Texts that both sides labelled, row by row; undefined when only label mixes are compared. */
  matched?: number;
  /** Rows that only one side has; with `--key` only. */
  only_a?: number;
  only_b?: number;
  tasks: TaskComparison[];
  /** Speed of each bundle, where two bundles are compared without a cache. */
  speed?: BundleSpeed[];
  quality?: TaskQuality[];
  /** Mean over tasks of how much lower macro-F1 is in b than in a, in percent of a's. */
  degradation_percent?: number;
  gates: ComparisonGate[];
}

export interface ComparedSide {
  /** Path of a file, or name of a bundle. */
  name: string;
  rows?: number;
  bundle?: { name: string; version: string };
  /** Texts that a cache of earlier runs held, and texts that were computed; with `--cache` only. */
  cache?: { hits: number; misses: number };
}

export interface TaskComparison {
  task: string;
  /** Texts that were compared; undefined without matched rows, as is everything but `labels` and `drift`. */
  rows?: number;
  /** Share of texts with the very same labels. */
  agreement?: number;
  labels: LabelComparison[];
  drift: Drift;
  flips?: LabelFlip[];
  score_shift?: ScoreShift;
  languages?: LanguageComparison[];
}

export interface LabelComparison {
  label: string;
  a: number;
  b: number;
  /** Texts that have the label on both sides. */
  both?: number;
  share_a: number;
  share_b: number;
}

export interface LabelFlip {
  /** `negative -> positive`; for a multi-label task `+ joy` or `- joy`. */
  flip: string;
  rows: number;
  examples: FlipExample[];
}

export interface FlipExample {
  row: number;
  text: string;
  a: string;
  b: string;
}

/** By how much the scores of labels that both sides assigned differ, b - a. */
export interface ScoreShift {
  scores: number;
  mean: number;
  mean_absolute: number;
  largest: number;
}

export interface LanguageComparison extends Drift {
  language: string;
  rows?: number;
  agreement?: number;
}

export interface BundleSpeed {
  bundle: string;
  version: string;
  rows_per_second: number;
  tokens_per_second: number;
  elapsed_ms: number;
  workers: number;
  bundle_bytes: number;
  /**
   * How much the process grew when this bundle was loaded into all workers and had scored its first shard. The
   * second bundle finds memory that the first one left: the two do not compare.
   */
  memory_bytes: number;
  /** Cost at `--price-per-hour` on one machine such as this. */
  cost_per_million_rows?: number;
}

export interface TaskQuality {
  task: string;
  rows: number;
  macro_f1_a: number;
  macro_f1_b: number;
  accuracy_a: number;
  accuracy_b: number;
  /** Rows that one bundle labels right and the other one does not. */
  right_only_a: number;
  right_only_b: number;
}

export interface ComparisonGate {
  gate: string;
  task: string;
  limit: number;
  measured: number;
  passed: boolean;
}
