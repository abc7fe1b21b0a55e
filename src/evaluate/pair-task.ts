import type { PairLayout } from '../pipeline/label-pairs.ts';
import { type LabelMap, newName } from '../pipeline/label-map.ts';
import { blankPredictions, type ShardPredictions, type TaskLayout } from '../protocol.ts';
import {
  joinPairs,
  type LabelPair,
  pairColumnOf,
  splitPairs,
  type TextSentences,
} from '../records/sentence-view.ts';

/** Pairs of two tasks as a task of their own: each pair of their labels is a label, `topic=sentiment`. */
export interface PairTask {
  task: TaskLayout;
  /** The label of a pair, under new names. */
  rename: (pair: string) => string;
}

/** @param labelMap new names of the labels of both tasks */
export function pairTask({ of, is, ...names }: PairLayout, labelMap: LabelMap): PairTask {
  const shown = (pair: LabelPair): string =>
    joinPairs([{ of: newName(labelMap, of.name, pair.of), is: newName(labelMap, is.name, pair.is) }]);
  const labels = of.labels.flatMap((one) => is.labels.map((other) => shown({ of: one, is: other })));
  return {
    task: {
      name: pairColumnOf(names),
      problemType: 'multi_label_classification',
      labels: [...new Set(labels)],
    },
    rename(pair) {
      const [split] = splitPairs(pair) ?? [];
      return split === undefined ? pair : shown(split);
    },
  };
}

/**
 * Predictions with those of pairs behind each row: 1 for a pair that was found, 0 for the others.
 * @param width labels in a row
 */
export function withPairs(
  predictions: ShardPredictions,
  width: number,
  pairs: readonly PairTask[],
  sentences: readonly TextSentences[],
): ShardPredictions {
  const added = pairs.reduce((sum, { task }) => sum + task.labels.length, 0);
  const all = { ...predictions, ...blankPredictions(sentences.length, width + added) };
  for (const [text, { pairs: found }] of sentences.entries()) {
    const from = text * width;
    let at = text * (width + added);
    all.flags[text] = predictions.flags[text] as number;
    all.scores.set(predictions.scores.subarray(from, from + width), at);
    all.assigned.set(predictions.assigned.subarray(from, from + width), at);
    at += width;
    for (const [index, { task, rename }] of pairs.entries()) {
      for (const pair of found[index] ?? []) {
        const place = at + task.labels.indexOf(rename(joinPairs([pair])));
        all.scores[place] = 1;
        all.assigned[place] = 1;
      }
      at += task.labels.length;
    }
  }
  return { ...all, counts: predictions.counts };
}
