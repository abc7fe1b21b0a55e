import { UsageError } from '../errors.ts';
import { isSilenced, type ShardPredictions, type TaskLayout, textFlags } from '../protocol.ts';
import type { LabelPair, PairNames } from '../records/sentence-view.ts';
import { type LabelMap, newName } from './label-map.ts';

/** Two tasks whose labels belong together, as a bundle tells it. */
export interface PairedTasks {
  /** A multi-label task. */
  task: string;
  /** A single-label task. */
  with: string;
  /** What two of its labels make together. */
  both: { labels: [string, string]; label: string } | undefined;
}

/** A task among all that are scored. */
interface PlacedTask extends TaskLayout {
  /** Where its labels start among those of all tasks. */
  offset: number;
}

/** A pair of tasks that are both scored. */
export interface PairLayout extends PairNames {
  of: PlacedTask;
  is: PlacedTask;
  /** Indices among the labels of `is`. */
  both: { labels: [number, number]; label: number } | undefined;
}

/**
 * Finds the pairs among the tasks that are scored, under their new labels.
 * @throws UsageError for new labels that would not fit into a cell of pairs
 */
export function layoutPairs(
  tasks: readonly TaskLayout[],
  pairs: readonly PairedTasks[],
  labelMap: LabelMap,
): PairLayout[] {
  let offset = 0;
  const placed = tasks.map((task) => {
    const one = { ...task, offset };
    offset += task.labels.length;
    return one;
  });
  return pairs.flatMap((pair) => {
    const of = placed.find(({ name }) => name === pair.task);
    const is = placed.find(({ name }) => name === pair.with);
    if (of === undefined || is === undefined) return [];
    for (const { name, labels } of [of, is]) requireFit(name, labels);
    const place = (label: string): number => is.labels.indexOf(newName(labelMap, is.name, label));
    const both = pair.both && {
      labels: pair.both.labels.map(place) as [number, number],
      label: place(pair.both.label),
    };
    return [{ task: of.name, with: is.name, of, is, both }];
  });
}

function requireFit(task: string, labels: readonly string[]): void {
  const unfit = labels.find((label) => label.includes('='));
  if (unfit === undefined) return;
  throw new UsageError(
    'LABEL_UNFIT',
    `Expected labels of ${task} without =, which stands between the labels of a pair, found ${unfit}`,
    { hint: 'Give it another name in --label-map.' },
  );
}

/**
 * What is said about what in one text: for each label of the first task the label of the second one, drawn from the
 * sentences that the label was found in.
 * @param text place of the text among the predictions
 * @param sentences places of its sentences
 */
export function pairLabels(
  { of, is, both }: PairLayout,
  predictions: ShardPredictions,
  width: number,
  text: number,
  sentences: readonly number[],
): LabelPair[] {
  const found: LabelPair[] = [];
  const places = sentences.length > 0 ? sentences : [text];
  const spoken = places.filter((place) => !isSilent(is, predictions, width, place));
  for (let label = 0; label < of.labels.length; label++) {
    const isOf = (place: number): boolean => predictions.assigned[place * width + of.offset + label] === 1;
    const about = spoken.filter(isOf);
    if (about.length === 0 && !isOf(text)) continue;
    const best = weigh(about.length > 0 ? about : spoken, label, { of, is, both }, predictions, width);
    if (best !== undefined) found.push({ of: of.labels[label] as string, is: is.labels[best] as string });
  }
  return found;
}

function isSilent(
  { offset, labels }: PlacedTask,
  { scores, flags }: ShardPredictions,
  width: number,
  place: number,
): boolean {
  const flag = flags[place] as number;
  if (flag & textFlags.empty) return true;
  return (flag & textFlags.noFeedback) !== 0 && isSilenced(scores, place * width + offset, labels.length);
}

/** The label of the second task that has most weight in some sentences. */
function weigh(
  places: readonly number[],
  label: number,
  { of, is, both }: Pick<PairLayout, 'of' | 'is' | 'both'>,
  { scores, assigned }: ShardPredictions,
  width: number,
): number | undefined {
  const weights = is.labels.map(() => 0);
  const seen = new Set<number>();
  for (const place of places) {
    const weight = scores[place * width + of.offset + label] as number;
    for (let other = 0; other < weights.length; other++) {
      const at = place * width + is.offset + other;
      (weights[other] as number) += weight * (scores[at] as number);
      if (assigned[at] === 1) seen.add(other);
    }
  }
  if (seen.size === 0) return undefined;
  if (both !== undefined && both.labels.every((each) => seen.has(each))) return both.label;
  return weights.indexOf(Math.max(...weights));
}
