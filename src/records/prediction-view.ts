import { isSilenced, labelCountOf, type ShardPredictions, type TaskLayout, textFlags } from '../protocol.ts';

/** How much of the scores goes into the output: nothing, those of the assigned labels, or those of all labels. */
export const scoresShown = ['none', 'top', 'all'] as const;
export type ScoresShown = (typeof scoresShown)[number];

export interface LabelScore {
  label: string;
  /** Rounded and written out. */
  score: string;
}

/** The prediction of one text for one task. */
export interface TaskPrediction {
  /** Assigned labels in label order; one for a single-label task. */
  assigned: LabelScore[];
  /** Every label, in label order. */
  all: LabelScore[];
}

/** The predictions of one text, in bundle order. */
export interface TextPrediction {
  isEmpty: boolean;
  isTruncated: boolean;
  tasks: TaskPrediction[];
}

/** Reads the text at `index` out of a shard's arrays. */
export function predictionAt(
  tasks: TaskLayout[],
  predictions: ShardPredictions,
  index: number,
): TextPrediction {
  const width = labelCountOf(tasks);
  const flags = predictions.flags[index] ?? 0;
  let at = index * width;
  return {
    isEmpty: (flags & textFlags.empty) !== 0,
    isTruncated: (flags & textFlags.truncated) !== 0,
    tasks: tasks.map(({ labels }) => {
      if (flags & textFlags.noFeedback && isSilenced(predictions.scores, at, labels.length)) {
        at += labels.length;
        return { assigned: [], all: [] };
      }
      const assigned: LabelScore[] = [];
      const all = labels.map((label) => {
        const entry = { label, score: formatScore(predictions.scores[at] ?? Number.NaN) };
        if (predictions.assigned[at] === 1) assigned.push(entry);
        at++;
        return entry;
      });
      return { assigned, all };
    }),
  };
}

/** All that {@link formatScore} gives out for scores from 0 to 1, so that no row makes strings of its own. */
export const writtenScores = Array.from({ length: 1e4 + 1 }, (_, rounded) => String(rounded / 1e4));

/** The place of a score among {@link writtenScores}; undefined where it is not from 0 to 1. */
export function scorePlace(score: number): number | undefined {
  const place = Math.round(score * 1e4);
  return place >= 0 && place <= 1e4 ? place : undefined;
}

/** A score with at most 4 decimals, as JavaScript and JSON write it: `0.97`, `1`, `0`. */
export function formatScore(score: number): string {
  const rounded = Math.round(score * 1e4);
  return writtenScores[rounded] ?? String(rounded / 1e4);
}
