import { type PredictCounts, type Shard, type ShardPredictions, textFlags } from '../protocol.ts';

/** Shards whose predictions are kept; at 512 rows in each, repeats up to some 30,000 rows back are found. */
const keptShards = 64;

/**
 * Longest text that is remembered. Longer ones hardly ever come twice, and would make memory depend on what rows
 * hold.
 */
const maxTextCharacters = 256;

/** A text's prediction: its place among the texts that were sent to a worker together. */
interface Place {
  sent: Promise<ShardPredictions>;
  at: number;
}

/**
 * Sends only texts to the workers that did not come up lately, in this shard or in an earlier one, finished or not.
 * Predictions depend on the text alone, so this changes speed only; it must not be used where they do not.
 */
export class RecentPredictions {
  readonly #score: (shard: Shard) => Promise<ShardPredictions>;
  readonly #labelCount: number;
  readonly #places = new Map<string, Place>();
  /** Texts in `#places`, by the shard that brought them, the oldest first. */
  readonly #shards: string[][] = [];

  /** @param labelCount labels of all scored tasks */
  constructor(score: (shard: Shard) => Promise<ShardPredictions>, labelCount: number) {
    this.#score = score;
    this.#labelCount = labelCount;
  }

  /** Scores a shard as the given function does, with repeated texts counted as duplicates; fails as it does. */
  async score({ texts }: Shard): Promise<ShardPredictions> {
    const unseen: string[] = [];
    const own = new Map<string, number>();
    /** Where each text's prediction is: among those sent now, or earlier. */
    const places: (number | Place)[] = texts.map((text) => {
      const place = own.get(text) ?? this.#places.get(text);
      if (place !== undefined) return place;
      own.set(text, unseen.length);
      return unseen.push(text) - 1;
    });
    const sent = unseen.length === 0 ? noPredictions() : this.#score({ texts: unseen });
    this.#keep(unseen, sent);
    const now = await sent.catch((error: unknown) => {
      for (const text of unseen) if (this.#isAt(text, sent)) this.#places.delete(text);
      throw error;
    });
    if (unseen.length === texts.length) return now;
    // An earlier shard may have failed, which says nothing about this one.
    return this.#gather(places, now).catch(() => this.#score({ texts }));
  }

  async #gather(places: (number | Place)[], now: ShardPredictions): Promise<ShardPredictions> {
    const labels = this.#labelCount;
    const scores = new Float32Array(places.length * labels);
    const assigned = new Uint8Array(places.length * labels);
    const flags = new Uint8Array(places.length);
    const counts: PredictCounts = { ...now.counts };
    /**
     * Place of the next text that was sent now. They come up in order, so a text that is not next in line is a
     * repetition.
     */
    let next = 0;
    for (const [text, place] of places.entries()) {
      const [from, at] = typeof place === 'number' ? [now, place] : [await place.sent, place.at];
      scores.set(from.scores.subarray(at * labels, (at + 1) * labels), text * labels);
      assigned.set(from.assigned.subarray(at * labels, (at + 1) * labels), text * labels);
      flags[text] = from.flags[at] as number;
      if (place === next) next++;
      else if ((flags[text] & textFlags.empty) === 0) counts.duplicates++;
    }
    return { scores, assigned, flags, counts };
  }

  #keep(texts: readonly string[], sent: Promise<ShardPredictions>): void {
    const kept = texts.filter((text) => text.length <= maxTextCharacters);
    texts.forEach((text, at) => {
      if (text.length <= maxTextCharacters) this.#places.set(text, { sent, at });
    });
    this.#shards.push(kept);
    if (this.#shards.length <= keptShards) return;
    for (const text of this.#shards.shift() as string[]) this.#places.delete(text);
  }

  #isAt(text: string, sent: Promise<ShardPredictions>): boolean {
    return this.#places.get(text)?.sent === sent;
  }
}

function noPredictions(): Promise<ShardPredictions> {
  return Promise.resolve({
    scores: new Float32Array(0),
    assigned: new Uint8Array(0),
    flags: new Uint8Array(0),
    counts: { duplicates: 0, tokens: 0, paddedTokens: 0, batches: 0 },
  });
}
