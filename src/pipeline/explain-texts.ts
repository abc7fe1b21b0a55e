import { type ShardPredictions, type TaskLayout, textFlags } from '../protocol.ts';
import type { Span } from '../text/sentences.ts';
import type { CarryingPart, ExplainedLabel } from '../records/explained-label.ts';
import { withoutSpans, wordSpans } from '../text/words.ts';

export interface ExplainOptions {
  /** The tasks that are scored, under the labels that are written. */
  tasks: readonly TaskLayout[];
  /** From which score on a label is assigned, for the labels of all tasks side by side. */
  thresholds: readonly number[];
  /** Predictions of texts, in their order. */
  predict: (texts: string[]) => Promise<ShardPredictions>;
}

/** Variants of a text in the first round, and in the second one, where the first one left out more than words. */
const rounds = { words: 18, phrases: 10, refined: 8 } as const;
/** Share of a text's words that is marked at most: a label that everything carries is carried by no word. */
const maxMarkedShare = 0.4;
/** How far below its threshold a label is to fall without the marked words, by the sum of their weights. */
const safety = 1.2;

/**
 * Finds the words that carried the labels of texts, by leaving out words and phrases and looking at what the model says
 * then. Of a short text every word is left out; of a long one phrases, and then parts of those that carried most. It
 * costs up to 18 predictions per text.
 * @param predictions of the texts
 * @returns the explained labels of each text; none for a text without labels
 */
export async function explainTexts(
  texts: readonly string[],
  predictions: ShardPredictions,
  options: ExplainOptions,
): Promise<ExplainedLabel[][]> {
  const explained = texts.map((text, index) => new ExplainedText(text, index, predictions, options));
  for (const next of ['first', 'second'] as const) {
    const variants = explained.map((text) => text[next]());
    const flat = variants.flatMap((own) => own.map(({ text }) => text));
    if (flat.length === 0) continue;
    const predicted = await options.predict(flat);
    let at = 0;
    for (const [index, own] of variants.entries()) {
      for (const variant of own) explained[index]?.weigh(variant.part, predicted, at++);
    }
  }
  return explained.map((text) => text.labels());
}

/** A text without one of its parts. */
interface Variant {
  text: string;
  part: number;
}

/** Words next to each other that are left out together. */
interface Phrase {
  words: Span[];
  /** By assigned label. */
  weights: number[];
  /** Parts of it that were looked at by themselves take its place. */
  isReplaced: boolean;
}

interface AssignedLabel {
  task: string;
  label: string;
  /** Place among the labels of all tasks, and of the task's labels. */
  at: number;
  others: number[];
  margin: number;
}

class ExplainedText {
  readonly #text: string;
  readonly #options: ExplainOptions;
  readonly #width: number;
  readonly #assigned: AssignedLabel[];
  readonly #words: Span[];
  readonly #phrases: Phrase[] = [];

  constructor(text: string, row: number, predictions: ShardPredictions, options: ExplainOptions) {
    this.#text = text;
    this.#options = options;
    this.#width = options.thresholds.length;
    const isEmpty = ((predictions.flags[row] as number) & textFlags.empty) !== 0;
    this.#assigned = isEmpty ? [] : this.#assignedLabels(predictions, row);
    this.#words = this.#assigned.length === 0 ? [] : wordSpans(text);
  }

  #assignedLabels(predictions: ShardPredictions, row: number): AssignedLabel[] {
    const found: AssignedLabel[] = [];
    let offset = 0;
    for (const { name, problemType, labels } of this.#options.tasks) {
      const places = labels.map((_, index) => offset + index);
      const others = problemType === 'single_label_classification' ? places : [];
      for (const [index, label] of labels.entries()) {
        const at = offset + index;
        if (predictions.assigned[row * this.#width + at] !== 1) continue;
        const one = { task: name, label, at, others: others.filter((place) => place !== at), margin: 0 };
        found.push({ ...one, margin: this.#margin(one, predictions, row) });
      }
      offset += labels.length;
    }
    return found;
  }

  /** By how much a label is ahead, in log-odds: of the other labels of its task, or of its threshold. */
  #margin(
    { at, others }: Pick<AssignedLabel, 'at' | 'others'>,
    { scores }: ShardPredictions,
    row: number,
  ): number {
    const scoreAt = (place: number): number => scores[row * this.#width + place] as number;
    if (others.length === 0) return logOdds(scoreAt(at)) - logOdds(this.#options.thresholds[at] as number);
    const best = Math.max(...others.map(scoreAt));
    return Math.log(Math.max(scoreAt(at), tiny) / Math.max(best, tiny));
  }

  first(): Variant[] {
    const count = this.#words.length > rounds.words ? rounds.phrases : this.#words.length;
    return this.#leaveOut(cutEvenly(this.#words, count));
  }

  second(): Variant[] {
    if (this.#words.length <= rounds.words) return [];
    const most = (phrase: Phrase): number => Math.max(...phrase.weights);
    const strongest = this.#phrases.toSorted((one, other) => most(other) - most(one)).slice(0, 2);
    return strongest.flatMap((phrase) => {
      if (phrase.words.length === 1) return [];
      phrase.isReplaced = true;
      return this.#leaveOut(cutEvenly(phrase.words, rounds.refined / 2));
    });
  }

  #leaveOut(phrases: Span[][]): Variant[] {
    return phrases.map((words) => {
      const part = this.#phrases.push({ words, weights: [], isReplaced: false }) - 1;
      return { text: withoutSpans(this.#text, words), part };
    });
  }

  weigh(part: number, predictions: ShardPredictions, row: number): void {
    const isEmpty = ((predictions.flags[row] as number) & textFlags.empty) !== 0;
    const phrase = this.#phrases[part] as Phrase;
    phrase.weights = this.#assigned.map((label) =>
      // A text of which nothing is left has no label.
      isEmpty ? label.margin : label.margin - this.#margin(label, predictions, row),
    );
  }

  labels(): ExplainedLabel[] {
    return this.#assigned.map(({ task, label, margin }, index) => ({
      task,
      label,
      parts: this.#marked(index, margin),
    }));
  }

  /** The fewest parts without which the label should be gone, the strongest first. */
  #marked(label: number, margin: number): CarryingPart[] {
    const parts = this.#phrases
      .filter(({ isReplaced, weights }) => !isReplaced && (weights[label] as number) > 0)
      .toSorted((one, other) => (other.weights[label] as number) - (one.weights[label] as number));
    const most = Math.max(1, Math.floor(this.#words.length * maxMarkedShare));
    const marked: Phrase[] = [];
    let words = 0;
    let fallen = 0;
    for (const part of parts) {
      if (fallen > safety * margin || (marked.length > 0 && words + part.words.length > most)) break;
      marked.push(part);
      words += part.words.length;
      fallen += part.weights[label] as number;
    }
    // Such a label is carried by no word: that something is not mentioned, for example.
    if (fallen < margin) return [];
    return marked
      .map(({ words: own, weights }) => ({
        start: (own[0] as Span).start,
        end: (own.at(-1) as Span).end,
        text: this.#text.slice((own[0] as Span).start, (own.at(-1) as Span).end),
        weight: weights[label] as number,
      }))
      .toSorted((one, other) => one.start - other.start);
  }
}

const tiny = 1e-6;

function logOdds(score: number): number {
  const bounded = Math.min(Math.max(score, tiny), 1 - tiny);
  return Math.log(bounded / (1 - bounded));
}

function cutEvenly(words: readonly Span[], count: number): Span[][] {
  const cuts = Array.from({ length: Math.min(count, words.length) + 1 }, (_, index) =>
    Math.round((index * words.length) / Math.min(count, words.length)),
  );
  return cuts.slice(1).map((end, index) => words.slice(cuts[index], end));
}
