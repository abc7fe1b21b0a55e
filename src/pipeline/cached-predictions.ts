import { hitKinds } from '../cache/messages.ts';
import type { PredictionCache } from '../cache/prediction-cache.ts';
import { copyPrediction, type Shard, type ShardPredictions, textFlags } from '../protocol.ts';

/** Where the predictions of earlier runs are. */
export interface EarlierPredictions {
  store: PredictionCache;
  /** Which of the lookups of the store. */
  lookup: number;
  /** Labels of all scored tasks, before they are mapped. */
  labelCount: number;
}

/**
 * The level of earlier runs: sends only texts on that their cache does not hold, and keeps what they predict.
 * Predictions depend on the text alone, so this changes speed only; it must not be used where they do not.
 */
export class CachedPredictions {
  readonly #score: (shard: Shard) => Promise<ShardPredictions>;
  readonly #earlier: EarlierPredictions;

  constructor(score: (shard: Shard) => Promise<ShardPredictions>, earlier: EarlierPredictions) {
    this.#score = score;
    this.#earlier = earlier;
  }

  /** As `score`, with what was found counted as hits; fails as it does. */
  async score({ texts }: Shard): Promise<ShardPredictions> {
    const { store, lookup } = this.#earlier;
    const found = texts.length === 0 ? undefined : await store.find(texts, lookup);
    if (found === undefined) return this.#score({ texts });
    const { predictions, isHit, ticket } = found;
    const hits = countScored(predictions, isHit, hitKinds.found);
    const duplicates = countScored(predictions, isHit, hitKinds.foundAgain);
    // Without a cache repeats would mostly not have been computed either.
    const savedMs = Math.round(hits * found.computeMs);
    const counts = { ...predictions.counts, hits, duplicates, savedMs };
    if (found.hits === texts.length) return { ...predictions, counts };
    const missing = texts.filter((_, text) => isHit[text] === 0);
    const computed = await this.#score({ texts: missing }).catch((error: unknown) => {
      if (ticket !== undefined) store.drop(ticket);
      throw error;
    });
    if (ticket !== undefined) store.keep(ticket, computed);
    let next = 0;
    for (let text = 0; text < texts.length; text++) {
      if (isHit[text] === 0) copyPrediction(predictions, text, computed, next++, this.#earlier.labelCount);
    }
    const repeats = computed.counts.duplicates;
    const misses = countScored(predictions, isHit, hitKinds.missing) - repeats;
    const all = { ...computed.counts, hits, misses, duplicates: duplicates + repeats, savedMs };
    return { ...predictions, counts: all };
  }
}

/** Texts with something to score of a kind of hit. */
function countScored({ flags }: ShardPredictions, isHit: Uint8Array, wanted: number): number {
  let scored = 0;
  for (let text = 0; text < isHit.length; text++) {
    if (isHit[text] === wanted && ((flags[text] as number) & textFlags.empty) === 0) scored++;
  }
  return scored;
}
