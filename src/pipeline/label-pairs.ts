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

/** A task two of whose labels make a third one. */
export interface Opposites {
  is: PlacedTask;
  /** Indices among the labels of `is`. */
  both: { labels: [number, number]; label: number };
}

/** A pair of tasks that are both scored. */
export interface PairLayout extends PairNames {
  of: PlacedTask;
  is: PlacedTask;
  both: Opposites['both'] | undefined;
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
  const placed = placeTasks(tasks);
  return pairs.flatMap((pair) => {
    const of = placed.find(({ name }) => name === pair.task);
    const is = placed.find(({ name }) => name === pair.with);
    if (of === undefined || is === undefined) return [];
    for (const { name, labels } of [of, is]) requireFit(name, labels);
    return [{ task: of.name, with: is.name, of, is, both: placeBoth(is, pair, labelMap) }];
  });
}

/** Finds the tasks with labels that make a third one among those that are scored, under their new labels. */
export function layoutOpposites(
  tasks: readonly TaskLayout[],
  pairs: readonly PairedTasks[],
  labelMap: LabelMap,
): Opposites[] {
  return placeTasks(tasks).flatMap((is) => {
    const pair = pairs.find((each) => each.with === is.name && each.both !== undefined);
    const both = pair && placeBoth(is, pair, labelMap);
    // A label that was merged with one of the two says nothing of its own.
    return both === undefined || both.labels.includes(both.label) ? [] : [{ is, both }];
  });
}

function placeTasks(tasks: readonly TaskLayout[]): PlacedTask[] {
  let offset = 0;
  return tasks.map((task) => {
    const placed = { ...task, offset };
    offset += task.labels.length;
    return placed;
  });
}

function placeBoth(is: PlacedTask, { both }: PairedTasks, labelMap: LabelMap): PairLayout['both'] {
  const place = (label: string): number => is.labels.indexOf(newName(labelMap, is.name, label));
  return both && { labels: both.labels.map(place) as [number, number], label: place(both.label) };
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
 * A label that is only found in a sentence, and not in the text as a whole, is believed from this score on. Lower
 * ones were wrong more often than right on reviews of sources that no model saw.
 */
const minSentenceScore = 0.5;

/** Share of the weight that each of two opposites has at least, where they are to make a third label together. */
const minOppositeShare = 0.4;
/** How sure of an opposite a clause is that takes it, as a share of the score of the label that it had. */
const minLean = 0.5;

/** Weight of the text's own label beside that of a sentence, which can be misread by itself. */
const textShare = 0.2;

/** The predictions of a shard, and labels in a row of them. */
interface PredictionRows extends ShardPredictions {
  width: number;
}

/**
 * What is said about what in one text: for each label of the first task the label of the second one, drawn from the
 * sentences that the first label was found in, or else from that in which it was closest to being found.
 * @param text place of the text among the predictions
 * @param sentences places of its sentences; the text's own when it has only one
 */
export function pairLabels(
  pair: PairLayout,
  predictions: PredictionRows,
  text: number,
  sentences: readonly number[],
): LabelPair[] {
  const { of, is } = pair;
  const spoken = sentences.filter((place) => !isSilent(is, predictions, place));
  if (spoken.length === 0) return [];
  const { scores, assigned, width } = predictions;
  return of.labels.flatMap((label, index) => {
    const at = (place: number): number => place * width + of.offset + index;
    const found = spoken.filter((place) => assigned[at(place)] === 1);
    const isSure = found.some((place) => (scores[at(place)] as number) >= minSentenceScore);
    if (assigned[at(text)] !== 1 && !isSure) return [];
    const closest = spoken.toSorted(
      (one, other) => (scores[at(other)] as number) - (scores[at(one)] as number),
    );
    const said = weigh(text, found.length > 0 ? found : closest.slice(0, 1), at, pair, predictions);
    return said === undefined ? [] : [{ of: label, is: is.labels[said] as string }];
  });
}

/**
 * Gives clauses that have the third label the stronger one of the two that make it: what is cut off at a word of contrast
 * holds that word, which says that there are two sides, and one side only. A clause that has neither of the two, but leans
 * to the opposite of the clause that it is set against, has that one: "three weeks" is no praise where "but the quality is
 * excellent" follows.
 * @param clauses places of clauses among the predictions, by their sentences
 * @returns the predictions, or a changed copy of them
 */
export function settleClauses(
  { is, both }: Opposites,
  predictions: ShardPredictions,
  width: number,
  clauses: readonly (readonly number[])[],
): ShardPredictions {
  if (clauses.length === 0) return predictions;
  const scores = predictions.scores.slice();
  const assigned = predictions.assigned.slice();
  const ownOf = <Values extends Float32Array | Uint8Array>(values: Values, place: number): Values => {
    const from = place * width + is.offset;
    return values.subarray(from, from + is.labels.length) as Values;
  };
  const labelOf = (place: number): number => ownOf(assigned, place).indexOf(1);
  const assign = (place: number, label: number): void => {
    ownOf(assigned, place).fill(0)[label] = 1;
  };
  for (const sentence of clauses) {
    for (const place of sentence) {
      if (labelOf(place) !== both.label) continue;
      const own = ownOf(scores, place);
      shareOut(own, both);
      assign(place, indexOfMax(own));
    }
    for (const [index, place] of sentence.entries()) {
      const label = labelOf(place);
      if (label < 0 || both.labels.includes(label)) continue;
      const same = [sentence[index - 1], sentence[index + 1]]
        .map((other) => (other === undefined ? -1 : labelOf(other)))
        .find((other) => both.labels.includes(other));
      if (same === undefined) continue;
      const opposite = both.labels[0] === same ? both.labels[1] : both.labels[0];
      const own = ownOf(scores, place);
      const [lean, kept] = [own[opposite] as number, own[label] as number];
      if (lean <= (own[same] as number) || lean < kept * minLean) continue;
      own[opposite] = kept;
      own[label] = lean;
      assign(place, opposite);
    }
  }
  return { ...predictions, scores, assigned };
}

function isSilent({ offset, labels }: PlacedTask, predictions: PredictionRows, place: number): boolean {
  const flag = predictions.flags[place] as number;
  if (flag & textFlags.empty) return true;
  const at = place * predictions.width + offset;
  return (flag & textFlags.noFeedback) !== 0 && isSilenced(predictions.scores, at, labels.length);
}

/**
 * The label of the second task that has most weight in some sentences, by how sure they are about the first one. A
 * sentence that is for both opposites at once is mostly about two things: it is counted for the stronger one of them.
 * @returns undefined where no sentence got a label
 */
function weigh(
  text: number,
  sentences: readonly number[],
  at: (place: number) => number,
  { is, both }: PairLayout,
  { scores, assigned, width }: PredictionRows,
): number | undefined {
  const weights = is.labels.map(() => 0);
  const best = new Set<number>();
  let isAny = false;
  for (const place of sentences) {
    const [from, whole] = [place, text].map((row) => row * width + is.offset) as [number, number];
    const own = weights.map(
      (_, label) =>
        (1 - textShare) * (scores[from + label] as number) + textShare * (scores[whole + label] as number),
    );
    isAny ||= own.some((_, label) => assigned[from + label] === 1);
    if (both !== undefined) shareOut(own, both);
    best.add(indexOfMax(own));
    own.forEach((score, label) => {
      (weights[label] as number) += score * (scores[at(place)] as number);
    });
  }
  if (!isAny) return undefined;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const isBoth =
    both?.labels.every(
      (label) => best.has(label) && (weights[label] as number) >= minOppositeShare * total,
    ) === true;
  return isBoth ? both.label : indexOfMax(weights);
}

/** Gives the score of the third label to the two that make it, in their proportion. */
function shareOut(scores: number[] | Float32Array, { labels, label }: NonNullable<PairLayout['both']>): void {
  if (labels.includes(label)) return;
  const [one, other] = labels.map((each) => scores[each] as number) as [number, number];
  if (one + other === 0) return;
  const shared = scores[label] as number;
  scores[labels[0]] = one + (shared * one) / (one + other);
  scores[labels[1]] = other + (shared * other) / (one + other);
  scores[label] = 0;
}

function indexOfMax(values: readonly number[] | Float32Array): number {
  return values.indexOf(Math.max(...values));
}
