import { type Random, seededRandom, seedFor } from '../random.ts';
import { getOrInsert } from '../collections.ts';
import type { SampleText } from './report-document.ts';

/** Characters by which two texts are told apart. */
const comparedCharacters = 300;

/** What texts are kept for: a kind of quote, of a topic or of all (-1). */
export type QuoteKind = 'problem' | 'suggestion' | 'question' | 'love';

/** Texts kept of each kind and topic, to choose the ones to show from. */
const kept: Record<QuoteKind, number> = { problem: 24, suggestion: 300, question: 100, love: 24 };

/** Draws texts of a stream, each with the same chance and none twice, apart for every kind and topic. */
export class QuoteSamples {
  readonly #seed: number;
  readonly #samples = new Map<string, DistinctReservoir>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** @param make called only for a text that is kept, for now */
  offer(kind: QuoteKind, topic: string, text: string, make: () => SampleText): void {
    const key = `${kind}\u0000${topic}`;
    const sample = getOrInsert(
      this.#samples,
      key,
      () => new DistinctReservoir(kept[kind], seededRandom(seedFor(this.#seed, kind, topic))),
    );
    sample.offer(text, make);
  }

  of(kind: QuoteKind, topic = ''): { texts: SampleText[]; seen: number } {
    const sample = this.#samples.get(`${kind}\u0000${topic}`);
    const texts = sample?.items.toSorted((one, other) => one.row - other.row) ?? [];
    return { texts, seen: sample?.seen ?? 0 };
  }
}

/** Vitter's algorithm R that passes over a text that it holds already. */
class DistinctReservoir {
  readonly items: SampleText[] = [];
  seen = 0;
  readonly #keys: string[] = [];
  readonly #known = new Set<string>();
  readonly #size: number;
  readonly #random: Random;

  constructor(size: number, random: Random) {
    this.#size = size;
    this.#random = random;
  }

  offer(text: string, make: () => SampleText): void {
    this.seen++;
    const place = this.items.length < this.#size ? this.items.length : Math.floor(this.#random() * this.seen);
    if (place >= this.#size) return;
    const key = text
      .slice(0, comparedCharacters)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    if (this.#known.has(key)) return;
    this.#known.delete(this.#keys[place] ?? '');
    this.#known.add(key);
    this.#keys[place] = key;
    this.items[place] = make();
  }
}
