import type { Shard, ShardPredictions } from '../protocol.ts';
import { CachedPredictions, type EarlierPredictions } from './cached-predictions.ts';
import { RecentPredictions } from './recent-predictions.ts';

export type Predict = (shard: Shard) => Promise<ShardPredictions>;

/**
 * Computes only what is not known yet, on two levels: first what earlier runs predicted, and this one long ago, in
 * a cache, where there is one; then what came up lately, in memory, finished or not. Each level passes on what it does
 * not know. Only for predictions that depend on the text alone.
 */
export function knownFirst(compute: Predict, earlier: EarlierPredictions | undefined): Predict {
  const recent = new RecentPredictions(compute);
  const predict: Predict = (shard) => recent.score(shard);
  if (earlier === undefined) return predict;
  const cached = new CachedPredictions(predict, earlier);
  return (shard) => cached.score(shard);
}
