import { labelCountOf, type ShardPredictions, type TaskLayout, textFlags } from '../protocol.ts';
import type { Rejected } from '../records/rejected.ts';
import { type Row, textNotes } from '../records/row.ts';
import { noCounts, type RowOutcome, type RunCounts } from './run-counts.ts';

/** How often each label was assigned, by task. */
export type TaskLabelCounts = Record<string, Record<string, number>>;

export interface TallyState {
  counts: RunCounts;
  labels: TaskLabelCounts;
  /** Label counts by predicted language; empty when the task `language` was not scored. */
  labelsByLanguage: Record<string, TaskLabelCounts>;
  /** Label counts of rows that are new since an earlier file; empty when none is named. */
  labelsOfNew: TaskLabelCounts;
}

/** A text with any of these says nothing. */
const silentFlags = textFlags.empty | textFlags.noFeedback;

/** Counts what comes out of a run. */
export class Tally {
  readonly state: TallyState;
  readonly #tasks: TaskLayout[];
  readonly #labelCount: number;

  /** @param state of the run that this one goes on from */
  constructor(tasks: TaskLayout[], state?: TallyState) {
    this.#tasks = tasks;
    this.#labelCount = labelCountOf(tasks);
    this.state = state ?? {
      counts: noCounts(),
      labels: noLabels(tasks),
      labelsByLanguage: {},
      labelsOfNew: {},
    };
  }

  get counts(): Readonly<RunCounts> {
    return this.state.counts;
  }

  add(rows: readonly Row[], predictions: ShardPredictions, rejected: Rejected): void {
    const { counts } = this.state;
    let text = 0;
    for (const [index, row] of rows.entries()) {
      const first = text;
      let all: number = textFlags.empty;
      let any = 0;
      let anyFeedback = false;
      for (let i = 0; i < row.texts.length; i++, text++) {
        all &= predictions.flags[text] as number;
        any |= predictions.flags[text] as number;
        anyFeedback ||= ((predictions.flags[text] as number) & silentFlags) === 0;
      }
      const notes = row.textNotes?.reduce((sum, note) => sum | note, 0) ?? 0;
      counts.rows++;
      if (rejected.has(index)) {
        counts.rejected++;
        continue;
      }
      counts[row.isHeader === true ? 'headerRows' : outcomeOf(all, anyFeedback, notes)]++;
      if (notes & textNotes.markup) counts.withMarkup++;
      if (any & textFlags.truncated) counts.truncated++;
      for (let i = first; i < text; i++) this.#addLabels(predictions.assigned, i, row.change === 'new');
    }
    counts.duplicates += predictions.counts.duplicates;
    counts.tokens += predictions.counts.tokens;
    counts.paddedTokens += predictions.counts.paddedTokens;
    counts.hits += predictions.counts.hits;
    counts.misses += predictions.counts.misses;
    counts.savedMs += predictions.counts.savedMs;
  }

  #addLabels(assigned: Uint8Array, text: number, isNew: boolean): void {
    const found: [task: string, label: string][] = [];
    let at = text * this.#labelCount;
    let language: string | undefined;
    for (const task of this.#tasks) {
      for (const label of task.labels) {
        if (assigned[at++] !== 1) continue;
        found.push([task.name, label]);
        if (task.name === 'language') language = label;
      }
    }
    addAll(this.state.labels, found);
    if (isNew) addAll(this.state.labelsOfNew, found);
    if (language !== undefined) {
      const by = this.state.labelsByLanguage;
      // Defined, not assigned: a label map may call a language `__proto__`.
      if (!Object.hasOwn(by, language)) {
        const value = noLabels(this.#tasks);
        Object.defineProperty(by, language, { value, enumerable: true, writable: true, configurable: true });
      }
      addAll(by[language] as TaskLabelCounts, found);
    }
  }
}

/**
 * @param flags - those that all texts of the row have
 * @param anyFeedback - whether one of them is neither empty nor without feedback
 * @param notes - those that any of them has
 */
function outcomeOf(flags: number, anyFeedback: boolean, notes: number): RowOutcome {
  if ((flags & textFlags.empty) === 0) return anyFeedback ? 'scored' : 'noFeedback';
  return notes & textNotes.nonAnswer ? 'nonAnswers' : 'empty';
}

function noLabels(tasks: TaskLayout[]): TaskLabelCounts {
  return Object.fromEntries(
    tasks.map((task) => [task.name, Object.fromEntries(task.labels.map((label) => [label, 0]))]),
  );
}

function addAll(counts: TaskLabelCounts, found: [task: string, label: string][]): void {
  for (const [task, label] of found) {
    const labels = (counts[task] ??= {});
    labels[label] = (labels[label] ?? 0) + 1;
  }
}
