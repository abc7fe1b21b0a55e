import type { SampleText } from './report-document.ts';

const comparedCharacters = 600;

/** Keeps the texts with the lowest scores, each text once. */
export class LowestScores {
  readonly #size: number;
  #kept: { score: number; text: string; sample: SampleText }[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  offer(score: number, text: string, make: () => SampleText): void {
    const last = this.#kept.at(-1);
    if (this.#kept.length >= this.#size && last !== undefined && score >= last.score) return;
    const start = text.slice(0, comparedCharacters);
    if (this.#kept.some((kept) => kept.text === start)) return;
    const place = this.#kept.findIndex((kept) => score < kept.score);
    const entry = { score, text: start, sample: make() };
    this.#kept.splice(place === -1 ? this.#kept.length : place, 0, entry);
    this.#kept = this.#kept.slice(0, this.#size);
  }

  samples(): SampleText[] {
    return this.#kept.map(({ sample }) => sample);
  }
}
