/** Numbers in [0, 1). */
export type Random = () => number;

/** mulberry32: small, seeded, the same on every machine; good for resampling, not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A seed of its own for each named use, so that adding one does not change the others (FNV-1a). */
export function seedFor(seed: number, ...names: string[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const character of names.join('\u0000')) {
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  }
  return hash;
}

/**
 * Largest mean of an exact draw. Above it a draw is a rounded normal one, which differs by less than the resampling
 * itself.
 */
const largestExactMean = 40;

/** A Poisson draw: how often rows that stand `mean` times in a sample stand in a resample. */
export function poisson(mean: number, random: Random): number {
  if (mean > largestExactMean) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let probability = Math.exp(-mean);
  let left = random() - probability;
  let draw = 0;
  while (left >= 0 && probability > 0) {
    draw++;
    probability *= mean / draw;
    left -= probability;
  }
  return draw;
}

/** Keeps `size` items of a stream of any length, each with the same chance (Vitter's algorithm R). */
export class Reservoir<Item> {
  readonly items: Item[] = [];
  seen = 0;
  readonly #size: number;
  readonly #random: Random;

  constructor(size: number, random: Random) {
    this.#size = size;
    this.#random = random;
  }

  /** @param make called only for an item that is kept, for now */
  offer(make: () => Item): void {
    this.seen++;
    if (this.items.length < this.#size) {
      this.items.push(make());
      return;
    }
    const place = Math.floor(this.#random() * this.seen);
    if (place < this.#size) this.items[place] = make();
  }
}

/** The numbers below `count` in random order. */
export function shuffled(count: number, random: Random): number[] {
  const order = [...Array(count).keys()];
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
