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
 * Sends only texts to the workers that the cache of earlier runs does not hold, and keeps what they predict.
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
    const hits = countScored(predictions, isHit, 1);
    const counts = { ...predictions.counts, hits, savedMs: Math.round(hits * found.computeMs) };
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
    const misses = countScored(predictions, isHit, 0);
    return { ...predictions, counts: { ...computed.counts, hits, misses, savedMs: counts.savedMs } };
  }
}

/** Texts with something to score that were found, or not. */
function countScored({ flags }: ShardPredictions, isHit: Uint8Array, wanted: 0 | 1): number {
  let scored = 0;
  for (let text = 0; text < isHit.length; text++) {
    if (isHit[text] === wanted && ((flags[text] as number) & textFlags.empty) === 0) scored++;
  }
  return scored;
}
