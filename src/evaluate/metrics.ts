import type { ProblemType } from '../protocol.ts';
import { ratio } from '../text/numbers.ts';
import { type Outcome, sameLabels } from './outcomes.ts';

/**
 * Conventions, those of scikit-learn with `zero_division=0` and `labels=` the labels that occur in gold:
 * a ratio without cases is 0; a macro average is over the labels that occur in gold, so that a slice is not
 * judged by labels that it has no case of; accuracy of a multi-label task is that of whole label sets.
 */
export interface CountMetrics {
  accuracy: number;
  macro_f1: number;
  /** Multi-label only; for a single-label task it would be the accuracy again. */
  micro_f1?: number;
}

/** How often each label is right, predicted and expected; indices are those of the task's labels. */
export interface OutcomeCounts {
  rows: number;
  /** Rows whose labels are all right and complete. */
  exact: number;
  truePositives: Float64Array;
  predicted: Float64Array;
  gold: Float64Array;
}

/**
 * Counts how often each label was right, predicted and expected.
 * @param labelCount labels of the task; one more index may occur, for labels that only a baseline has
 * @param side which labels to hold against gold
 * @param weights rows per outcome, in place of its count
 */
export function countLabels(
  outcomes: readonly Outcome[],
  labelCount: number,
  side: 'predicted' | 'before' = 'predicted',
  weights?: Float64Array,
): OutcomeCounts {
  const counts: OutcomeCounts = {
    rows: 0,
    exact: 0,
    truePositives: new Float64Array(labelCount + 1),
    predicted: new Float64Array(labelCount + 1),
    gold: new Float64Array(labelCount + 1),
  };
  const { truePositives, predicted, gold } = counts;
  for (let index = 0; index < outcomes.length; index++) {
    const outcome = outcomes[index] as Outcome;
    const weight = weights === undefined ? outcome.count : (weights[index] as number);
    if (weight === 0) continue;
    const labels = outcome[side] ?? [];
    counts.rows += weight;
    if (sameLabels(outcome.gold, labels)) counts.exact += weight;
    for (const label of outcome.gold) gold[label] = (gold[label] as number) + weight;
    for (const label of labels) {
      predicted[label] = (predicted[label] as number) + weight;
      if (outcome.gold.includes(label)) truePositives[label] = (truePositives[label] as number) + weight;
    }
  }
  return counts;
}

/** The figures that follow from counts alone; all 0 without rows. */
export function countMetrics(counts: OutcomeCounts, type: ProblemType): CountMetrics {
  let occurring = 0;
  let sum = 0;
  let truePositives = 0;
  let others = 0;
  for (let label = 0; label < counts.gold.length; label++) {
    const { f1 } = labelMetrics(counts, label);
    const support = counts.gold[label] as number;
    if (support > 0) {
      occurring++;
      sum += f1;
    }
    truePositives += counts.truePositives[label] as number;
    others += support + (counts.predicted[label] as number);
  }
  return {
    accuracy: ratio(counts.exact, counts.rows),
    macro_f1: ratio(sum, occurring),
    ...(type === 'multi_label_classification' ? { micro_f1: ratio(2 * truePositives, others) } : {}),
  };
}

export interface LabelMetrics {
  precision: number;
  recall: number;
  f1: number;
  /** Rows that have the label in gold. */
  support: number;
  /** Rows that it was predicted for. */
  predicted: number;
}

export function labelMetrics(counts: OutcomeCounts, label: number): LabelMetrics {
  const [right, predicted, support] = [counts.truePositives, counts.predicted, counts.gold].map(
    (values) => values[label] as number,
  ) as [number, number, number];
  return {
    precision: ratio(right, predicted),
    recall: ratio(right, support),
    f1: ratio(2 * right, predicted + support),
    support,
    predicted,
  };
}

/**
 * Rows by gold label (down) and predicted label (across) of a single-label task; the last column counts rows
 * without a predicted label, which only a threshold makes.
 */
export function confusionMatrix(outcomes: readonly Outcome[], labelCount: number): number[][] {
  const matrix = Array.from({ length: labelCount }, () => Array.from({ length: labelCount + 1 }, () => 0));
  for (const { gold, predicted, count } of outcomes) {
    const row = matrix[gold[0] as number] as number[];
    const column = predicted[0] ?? labelCount;
    row[column] = (row[column] as number) + count;
  }
  return matrix;
}
