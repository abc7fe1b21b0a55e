import { type Random, Reservoir } from '../random.ts';

/** A text that may be worth a look. */
export interface Candidate {
  /** Line of the file where its row starts. */
  line: number;
  text: string;
  labels: string[];
  /** Of the labels, as the file has them; empty when it has none. */
  scores: number[];
  /** How unsure the labels are, 0 to 1. */
  doubt: number;
}

/** Candidates of one label are kept as many times over as rows are shown, to choose different ones from. */
const choice = 4;
/** One row in so many is drawn at random: a model can be sure and wrong. */
const randomEvery = 5;
/** Share of three-letter parts that two texts may have in common. */
const mostAlike = 0.5;
/** Longer texts are compared by their beginning. */
const comparedCharacters = 400;

/**
 * Picks rows worth a look out of a file of any length: by label in turn, the least sure first, and none that is much
 * like one picked before.
 */
export class RowPicker {
  readonly #rows: number;
  readonly #random: Random;
  readonly #groups = new Map<string, { unsure: Candidate[]; any: Reservoir<Candidate> }>();

  constructor(rows: number, random: Random) {
    this.#rows = rows;
    this.#random = random;
  }

  add(candidate: Candidate): void {
    const name = candidate.labels[0] ?? '';
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { unsure: [], any: new Reservoir(this.#rows, this.#random) };
      this.#groups.set(name, group);
    }
    group.any.offer(() => candidate);
    const { unsure } = group;
    const most = this.#rows * choice;
    if (unsure.length >= most && candidate.doubt <= (unsure.at(-1) as Candidate).doubt) return;
    const place = unsure.findIndex(({ doubt }) => doubt < candidate.doubt);
    unsure.splice(place === -1 ? unsure.length : place, 0, candidate);
    if (unsure.length > most) unsure.pop();
  }

  /** The rows to show, in the order in which to show them. */
  pick(): Candidate[] {
    const groups = [...this.#groups].toSorted(([one], [other]) => (one < other ? -1 : 1));
    const queues = groups.map(([, { unsure, any }]) => ({ unsure: [...unsure], any: [...any.items] }));
    const picked: Candidate[] = [];
    const parts: Set<string>[] = [];
    const isNew = (candidate: Candidate): boolean => {
      const own = partsOf(candidate.text);
      if (parts.some((other) => likeness(own, other) > mostAlike)) return false;
      parts.push(own);
      return true;
    };
    while (picked.length < this.#rows) {
      let isEmpty = true;
      for (const { unsure, any } of queues) {
        if (picked.length === this.#rows) break;
        const isRandom = picked.length % randomEvery === randomEvery - 1;
        const next = takeFirst(isRandom ? any : unsure, isNew) ?? takeFirst(unsure, isNew);
        if (next === undefined) continue;
        picked.push(next);
        isEmpty = false;
      }
      if (isEmpty) break;
    }
    return picked;
  }
}

/** Takes candidates off a queue up to one that fits. */
function takeFirst(queue: Candidate[], fits: (candidate: Candidate) => boolean): Candidate | undefined {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (fits(next)) return next;
  }
  return undefined;
}

function partsOf(text: string): Set<string> {
  const letters = Array.from(text.slice(0, comparedCharacters).toLowerCase());
  return new Set(letters.map((_, at) => letters.slice(at, at + 3).join('')));
}

function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let common = 0;
  for (const part of one) if (other.has(part)) common++;
  return common / (one.size + other.size - common);
}
