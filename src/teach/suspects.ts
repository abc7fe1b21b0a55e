import { csvLines } from '../records/plain-table.ts';
import { openSink } from '../records/sink.ts';
import type { CheckedRow } from './left-out-rows.ts';
import type { Conflict, LabelledText } from './labelled-texts.ts';
import type { TaskLabels } from './task-labels.ts';

/** A row whose label the other rows speak against. */
export interface Suspect {
  place: LabelledText['place'];
  task: string;
  /** Label as given; empty where there was none. */
  label: string;
  suggested: string;
  /** How sure the head is, 0 to 1. */
  score: number;
  text: string;
}

/** Least score at which a head that disagrees is sure enough to be worth a look. */
const sureScore = 0.8;
/** Highest score of a given label that is worth a look. */
const unlikelyScore = 0.1;

/** Rows where the head, which had not seen them, is sure of something else; the surest first. */
export function findSuspects(
  task: TaskLabels,
  checked: readonly CheckedRow[],
  texts: readonly LabelledText[],
): Suspect[] {
  const { labels, name, problemType } = task.layout;
  const suspects = checked.flatMap(({ row, scores }): Suspect[] => {
    const { text, place } = texts[task.places[row] as number] as LabelledText;
    const gold = task.gold[row] as number[];
    if (problemType === 'single_label_classification') {
      const given = gold[0] as number;
      const best = scores.indexOf(Math.max(...scores));
      const score = scores[best] as number;
      if (best === given || score < sureScore) return [];
      return [
        { place, task: name, label: labels[given] as string, suggested: labels[best] as string, score, text },
      ];
    }
    const extra = gold.filter((label) => (scores[label] as number) < unlikelyScore);
    const missing = labels.flatMap((_, label) =>
      !gold.includes(label) && (scores[label] as number) >= sureScore ? [label] : [],
    );
    if (extra.length === 0 && missing.length === 0) return [];
    const suggested = labels.filter(
      (_, label) => missing.includes(label) || (gold.includes(label) && !extra.includes(label)),
    );
    const doubts = [
      ...extra.map((label) => 1 - (scores[label] as number)),
      ...missing.map((label) => scores[label] as number),
    ];
    return [
      {
        place,
        task: name,
        label: gold.map((label) => labels[label]).join(';'),
        suggested: suggested.join(';'),
        score: Math.max(...doubts),
        text,
      },
    ];
  });
  return suspects.toSorted(
    (one, other) => other.score - one.score || one.place.ordinal - other.place.ordinal,
  );
}

/** Texts that were labelled twice, and differently. */
export function conflictSuspects(conflicts: readonly Conflict[], names: readonly string[]): Suspect[] {
  return conflicts.map(({ text, task, place, labels, other }) => ({
    place,
    task: names[task] as string,
    label: labels.join(';'),
    suggested: other.labels.join(';'),
    score: 1,
    text,
  }));
}

const header = ['row', 'file', 'line', 'task', 'label', 'suggested', 'score', 'text'];

export async function writeSuspects(path: string, suspects: readonly Suspect[]): Promise<void> {
  const sink = await openSink(path);
  try {
    await sink.write(
      csvLines([
        header,
        ...suspects.map(({ place, task, label, suggested, score, text }) => [
          String(place.ordinal + 1),
          place.file,
          String(place.line),
          task,
          label,
          suggested,
          score.toFixed(4),
          text.toWellFormed(),
        ]),
      ]),
    );
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
