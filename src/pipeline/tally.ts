import { getOrInsert } from '../collections.ts';
import { languageTask } from '../label-facts.ts';
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

/** By label, in the order of all labels. */
type LabelCounts = Float64Array;

/** A text with any of these says nothing. */
const silentFlags = textFlags.empty | textFlags.noFeedback;

/** Counts what comes out of a run. */
export class Tally {
  readonly counts: RunCounts;
  readonly #tasks: TaskLayout[];
  readonly #labelCount: number;
  /** Languages, and the place of the first of them among all labels. */
  readonly #languages: { first: number; labels: string[] };
  /** How often each label was assigned, in the order of all labels. */
  readonly #labels: LabelCounts;
  readonly #labelsByLanguage = new Map<string, LabelCounts>();
  readonly #labelsOfNew: LabelCounts;

  /** @param state of the run that this one goes on from */
  constructor(tasks: TaskLayout[], state?: TallyState) {
    this.#tasks = tasks;
    this.#labelCount = labelCountOf(tasks);
    const place = tasks.findIndex(({ name }) => name === languageTask);
    const first = labelCountOf(tasks.slice(0, Math.max(0, place)));
    this.#languages = { first, labels: tasks[place]?.labels ?? [] };
    this.counts = state === undefined ? noCounts() : { ...state.counts };
    this.#labels = this.#fromTable(state?.labels);
    this.#labelsOfNew = this.#fromTable(state?.labelsOfNew);
    for (const [language, labels] of Object.entries(state?.labelsByLanguage ?? {})) {
      this.#labelsByLanguage.set(language, this.#fromTable(labels));
    }
  }

  /** As checkpoints and manifests hold it. */
  get state(): TallyState {
    return {
      counts: { ...this.counts },
      labels: this.#toTable(this.#labels),
      // An object of entries: a label map may call a language `__proto__`.
      labelsByLanguage: Object.fromEntries(
        [...this.#labelsByLanguage].map(([language, labels]) => [language, this.#toTable(labels)]),
      ),
      labelsOfNew: withoutZeros(this.#toTable(this.#labelsOfNew)),
    };
  }

  add(rows: readonly Row[], predictions: ShardPredictions, rejected: Rejected): void {
    const { counts } = this;
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

  /** Runs for every text, on the one thread that also reads and writes. */
  #addLabels(assigned: Uint8Array, text: number, isNew: boolean): void {
    const start = text * this.#labelCount;
    const ofLanguage = this.#ofLanguage(assigned, start);
    for (let label = 0; label < this.#labelCount; label++) {
      if (assigned[start + label] !== 1) continue;
      this.#labels[label]!++;
      if (isNew) this.#labelsOfNew[label]!++;
      if (ofLanguage !== undefined) ofLanguage[label]!++;
    }
  }

  /** What is counted of texts in the language of this one; undefined when it has none. */
  #ofLanguage(assigned: Uint8Array, start: number): LabelCounts | undefined {
    const { first, labels } = this.#languages;
    const language = labels.findLast((_, label) => assigned[start + first + label] === 1);
    return language === undefined
      ? undefined
      : getOrInsert(this.#labelsByLanguage, language, () => new Float64Array(this.#labelCount));
  }

  #toTable(counts: LabelCounts): TaskLabelCounts {
    let at = 0;
    const ofTask = ({ labels }: TaskLayout): Record<string, number> =>
      Object.fromEntries(labels.map((label) => [label, counts[at++] as number]));
    return Object.fromEntries(this.#tasks.map((task) => [task.name, ofTask(task)]));
  }

  #fromTable(table: TaskLabelCounts = {}): LabelCounts {
    const counts = this.#tasks.flatMap(({ name, labels }) => {
      const ofTask = Object.hasOwn(table, name) ? table[name] : undefined;
      return labels.map((label) =>
        ofTask !== undefined && Object.hasOwn(ofTask, label) ? (ofTask[label] as number) : 0,
      );
    });
    return Float64Array.from(counts);
  }
}

function withoutZeros(table: TaskLabelCounts): TaskLabelCounts {
  const counted = Object.entries(table).map(
    ([task, labels]) => [task, Object.entries(labels).filter(([, count]) => count > 0)] as const,
  );
  return Object.fromEntries(
    counted.flatMap(([task, labels]) => (labels.length === 0 ? [] : [[task, Object.fromEntries(labels)]])),
  );
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
