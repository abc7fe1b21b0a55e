import type {
  FlipExample,
  LabelComparison,
  LabelFlip,
  LanguageComparison,
  ScoreShift,
  TaskComparison,
} from './comparison-document.ts';
import { drift } from '../scored/drift.ts';
import { round, share } from '../text/numbers.ts';
import { Reservoir, seededRandom, seedFor } from '../random.ts';
import type { LabelSet } from '../scored/scored-layout.ts';
import { ValueLimit } from '../scored/column-groups.ts';
import { getOrInsert } from '../collections.ts';
import { joinLabels } from '../records/output-names.ts';

/** Name under which rows without any label of a task are counted. */
export const noLabel = '(no label)';
const examplesPerFlip = 3;
const shownFlips = 10;
const exampleCharacters = 300;
/** Kinds of flips that are told apart; a multi-label task with many labels could have more. */
const maxFlipKinds = 500;

/** Rows by label; a row without labels counts as `noLabel`. */
export class LabelMix {
  readonly counts = new Map<string, number>();
  rows = 0;

  add(labels: readonly string[]): void {
    this.rows++;
    for (const label of labels.length === 0 ? [noLabel] : labels) {
      this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
    }
  }

  get(label: string): number {
    return this.counts.get(label) ?? 0;
  }
}

/** Compares what two sides say of one task. Memory depends on labels and languages, not on rows. */
export class ComparisonTally {
  readonly #task: string;
  readonly #a = new LabelMix();
  readonly #b = new LabelMix();
  readonly #both = new Map<string, number>();
  readonly #flips = new Map<string, Reservoir<FlipExample>>();
  readonly #languages = new Map<string, LanguageTally>();
  readonly #languageLimit = new ValueLimit();
  readonly #shift = { scores: 0, sum: 0, absolute: 0, largest: 0 };
  readonly #seed: number;
  #agreeing = 0;

  constructor(task: string, seed: number) {
    this.#task = task;
    this.#seed = seed;
  }

  /** @param language of the text, undefined when it is not known */
  add(
    a: LabelSet,
    b: LabelSet,
    text: { row: number; words: string | undefined; language: string | undefined },
  ): void {
    this.#a.add(a.labels);
    this.#b.add(b.labels);
    const removed = a.labels.filter((label) => !b.labels.includes(label));
    const added = b.labels.filter((label) => !a.labels.includes(label));
    const agrees = removed.length === 0 && added.length === 0;
    if (agrees) this.#agreeing++;
    for (const [index, label] of a.labels.entries()) {
      const other = b.labels.indexOf(label);
      if (other === -1) continue;
      this.#both.set(label, (this.#both.get(label) ?? 0) + 1);
      this.#addShift(a.scores[index], b.scores[other]);
    }
    if (!agrees) this.#addFlips(a, b, removed, added, text);
    if (text.language !== undefined) this.#language(text.language).add(a.labels, b.labels, agrees);
  }

  #addShift(a: number | undefined, b: number | undefined): void {
    if (a === undefined || b === undefined) return;
    const shift = b - a;
    this.#shift.scores++;
    this.#shift.sum += shift;
    this.#shift.absolute += Math.abs(shift);
    this.#shift.largest = Math.max(this.#shift.largest, Math.abs(shift));
  }

  #addFlips(
    a: LabelSet,
    b: LabelSet,
    removed: string[],
    added: string[],
    { row, words }: { row: number; words: string | undefined },
  ): void {
    const isSingle = a.labels.length <= 1 && b.labels.length <= 1 && removed.length + added.length === 2;
    const flips = isSingle
      ? [`${removed[0]} -> ${added[0]}`]
      : [...removed.map((label) => `- ${label}`), ...added.map((label) => `+ ${label}`)];
    for (const flip of flips) {
      let examples = this.#flips.get(flip);
      if (examples === undefined) {
        if (this.#flips.size >= maxFlipKinds) continue;
        examples = new Reservoir(examplesPerFlip, seededRandom(seedFor(this.#seed, this.#task, flip)));
        this.#flips.set(flip, examples);
      }
      examples.offer(() => ({
        row: row + 1,
        text: (words ?? '').slice(0, exampleCharacters).toWellFormed(),
        a: joinLabels(a.labels),
        b: joinLabels(b.labels),
      }));
    }
  }

  #language(language: string): LanguageTally {
    return getOrInsert(this.#languages, this.#languageLimit.admit(language), () => new LanguageTally());
  }

  result(): TaskComparison {
    const rows = this.#a.rows;
    const { scores, sum, absolute, largest } = this.#shift;
    const shift: ScoreShift = {
      scores,
      mean: round(sum / scores),
      mean_absolute: round(absolute / scores),
      largest: round(largest),
    };
    return {
      task: this.#task,
      rows,
      agreement: rows === 0 ? 1 : round(this.#agreeing / rows),
      ...compareCounts(this.#a, this.#b, this.#both),
      flips: this.#flipList(),
      ...(scores > 0 ? { score_shift: shift } : {}),
      ...(this.#languages.size > 0 ? { languages: this.#languageList() } : {}),
    };
  }

  #flipList(): LabelFlip[] {
    return [...this.#flips]
      .map(([flip, { seen, items }]) => ({
        flip,
        rows: seen,
        examples: items.toSorted((one, other) => one.row - other.row),
      }))
      .toSorted((one, other) => other.rows - one.rows || (one.flip < other.flip ? -1 : 1))
      .slice(0, shownFlips);
  }

  #languageList(): LanguageComparison[] {
    return [...this.#languages]
      .map(([language, tally]) => tally.result(language))
      .toSorted((one, other) => (one.language < other.language ? -1 : 1));
  }
}

class LanguageTally {
  readonly #a = new LabelMix();
  readonly #b = new LabelMix();
  #agreeing = 0;

  add(a: readonly string[], b: readonly string[], agrees: boolean): void {
    this.#a.add(a);
    this.#b.add(b);
    if (agrees) this.#agreeing++;
  }

  result(language: string): LanguageComparison {
    const { rows } = this.#a;
    return {
      language,
      rows,
      agreement: round(this.#agreeing / rows),
      ...compareCounts(this.#a, this.#b).drift,
    };
  }
}

/** Labels of both sides, most frequent first, and how far their mixes are apart. */
export function compareCounts(
  a: LabelMix,
  b: LabelMix,
  both?: ReadonlyMap<string, number>,
): { labels: LabelComparison[]; drift: TaskComparison['drift'] } {
  const names = [...new Set([...a.counts.keys(), ...b.counts.keys()])].toSorted(
    (one, other) => a.get(other) + b.get(other) - a.get(one) - b.get(one) || (one < other ? -1 : 1),
  );
  const [before, now] = [a, b].map((side) => names.map((label) => side.get(label))) as [number[], number[]];
  const { psi, jensen_shannon } = drift(before, now);
  return {
    labels: names.map((label) => compareLabel(label, a, b, both)),
    drift: { psi: round(psi), jensen_shannon: round(jensen_shannon) },
  };
}

function compareLabel(
  label: string,
  a: LabelMix,
  b: LabelMix,
  both: ReadonlyMap<string, number> | undefined,
): LabelComparison {
  return {
    label,
    a: a.get(label),
    b: b.get(label),
    ...(both === undefined ? {} : { both: both.get(label) ?? 0 }),
    share_a: share(a.get(label), a.rows),
    share_b: share(b.get(label), b.rows),
  };
}
