import { labelSeparator } from './output-names.ts';

/** Two tasks whose labels belong together. */
export interface PairNames {
  task: string;
  with: string;
}

/** A label of the first task of a pair, and what is said about it. */
export interface LabelPair {
  of: string;
  is: string;
}

/** A sentence of a text. */
export interface ScoredSentence {
  /** As it was scored. */
  text: string;
  /** Where it starts and ends in its cell, in code points; the end is behind its last one. */
  start: number;
  end: number;
  /** Place of its prediction among those of the shard. */
  place: number;
}

/** What is known of a text's sentences. */
export interface TextSentences {
  sentences: ScoredSentence[];
  /** By pair of tasks. */
  pairs: LabelPair[][];
}

/** Stands between the labels of a pair. */
const pairSeparator = '=';

/** Column, or key, with the pairs of two tasks. */
export function pairColumnOf({ task, with: other }: PairNames): string {
  return `${task}_${other}`;
}

/** The cell that holds these pairs. */
export function joinPairs(pairs: readonly LabelPair[]): string {
  return pairs.map(({ of, is }) => of + pairSeparator + is).join(labelSeparator);
}

/** The pairs that a cell holds; undefined when it holds something else. */
export function splitPairs(cell: string): LabelPair[] | undefined {
  if (cell === '') return [];
  const pairs: LabelPair[] = [];
  for (const part of cell.split(labelSeparator)) {
    const [of, is, ...more] = part.split(pairSeparator);
    if (!of || !is || more.length > 0) return undefined;
    pairs.push({ of, is });
  }
  return pairs;
}
