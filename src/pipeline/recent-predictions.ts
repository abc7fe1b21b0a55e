import {
  blankPredictions,
  copyPrediction,
  type Shard,
  type ShardPredictions,
  textFlags,
} from '../protocol.ts';

/** Shards whose predictions are kept; at 512 rows in each, repeats up to some 30,000 rows back are found. */
const keptShards = 64;

/**
 * Longest text that is remembered. Longer ones hardly ever come twice, and would make memory depend on what rows
 * hold.
 */
const maxTextCharacters = 256;

/** Texts that were sent to a worker together. */
interface Sent {
  predictions: Promise<ShardPredictions>;
}

/** A text's prediction: its place among those that were sent together. */
interface Place {
  sent: Sent;
  at: number;
}

/**
 * The level in memory: sends only texts on that did not come up lately, in this shard or in an earlier one, finished or not.
 * Predictions depend on the text alone, so this changes speed only; it must not be used where they do not.
 */
export class RecentPredictions {
  readonly #score: (shard: Shard) => Promise<ShardPredictions>;
  readonly #places = new Map<string, Place>();
  /** Texts in `#places`, by the shard that brought them, the oldest first. */
  readonly #shards: string[][] = [];

  constructor(score: (shard: Shard) => Promise<ShardPredictions>) {
    this.#score = score;
  }

  /** Scores a shard as the given function does, with repeated texts counted as duplicates; fails as it does. */
  async score({ texts }: Shard): Promise<ShardPredictions> {
    const unseen: string[] = [];
    const sent: Sent = { predictions: none };
    const kept: string[] = [];
    /** Texts of this shard that are not kept. */
    const longTexts = new Map<string, Place>();
    const places = texts.map((text) => {
      const isKept = text.length <= maxTextCharacters;
      const known = isKept ? this.#places : longTexts;
      let place = known.get(text);
      if (place !== undefined) return place;
      place = { sent, at: unseen.length };
      known.set(text, place);
      unseen.push(text);
      if (isKept) kept.push(text);
      return place;
    });
    if (unseen.length > 0) sent.predictions = this.#score({ texts: unseen });
    this.#forgetOldest(kept);
    const now = await sent.predictions.catch((error: unknown) => {
      for (const text of kept) if (this.#places.get(text)?.sent === sent) this.#places.delete(text);
      throw error;
    });
    if (unseen.length === texts.length) return now;
    // An earlier shard may have failed, which says nothing about this one.
    return this.#gather(places, sent, now).catch(() => this.#score({ texts }));
  }

  async #gather(places: Place[], sent: Sent, now: ShardPredictions): Promise<ShardPredictions> {
    const [first] = places as [Place];
    const { flags, scores } = await first.sent.predictions;
    const labels = scores.length / flags.length;
    const gathered = blankPredictions(places.length, labels);
    const counts = { ...now.counts };
    /**
     * Place of the next text that was sent now. They come up in order, so a text that is not next in line is a
     * repetition.
     */
    let next = 0;
    for (const [text, place] of places.entries()) {
      const from = place.sent === sent ? now : await place.sent.predictions;
      copyPrediction(gathered, text, from, place.at, labels);
      if (place.sent === sent && place.at === next) next++;
      else if (((gathered.flags[text] as number) & textFlags.empty) === 0) counts.duplicates++;
    }
    return { ...gathered, counts };
  }

  /** @param texts that a new shard brought */
  #forgetOldest(texts: string[]): void {
    this.#shards.push(texts);
    if (this.#shards.length <= keptShards) return;
    for (const text of this.#shards.shift() as string[]) this.#places.delete(text);
  }
}

/** Predictions of no texts. */
const none = Promise.resolve(blankPredictions(0, 0));
