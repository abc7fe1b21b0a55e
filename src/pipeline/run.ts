import type { Row } from '../records/row.ts';
import type { Sink } from '../records/sink.ts';
import type { RowWriter } from '../records/writer.ts';
import { inOrder } from './in-order.ts';
import { type Shard, type ShardPredictions, textFlags } from './protocol.ts';
import { cutShards } from './shard.ts';

/**
 * Rows per shard. Large enough that most batches of one length hold several texts, and that a message between
 * threads is cheap beside the work; small enough that the first rows come out soon.
 */
export const shardRows = 512;

/** Rows with what the model says of their texts: text `i` of row `r` is at `r * row.texts.length + i`. */
export interface ScoredShard {
  rows: Row[];
  predictions: ShardPredictions;
}

export interface ScoringPlan {
  /** Rows as the reader yields them. */
  rows: AsyncIterable<Row[]>;
  /** Rows to take at most. */
  limit: number;
  score: (shard: Shard) => Promise<ShardPredictions>;
  /** Shards read ahead and not yet taken, at most; bounds memory. */
  maxShardsInFlight: number;
  /** Checked between shards. */
  signal: AbortSignal | undefined;
}

/** Scores rows shard by shard, in input order; the consumer's pace is the pace of reading. */
export async function* scoreRows(plan: ScoringPlan): AsyncGenerator<ScoredShard> {
  const scoreShard = async (rows: Row[]): Promise<ScoredShard> => ({
    rows,
    predictions: await plan.score({ texts: rows.flatMap((row) => row.texts) }),
  });
  const shards = cutShards(plan.rows, shardRows, plan.limit);
  for await (const scored of inOrder(shards, scoreShard, plan.maxShardsInFlight)) {
    plan.signal?.throwIfAborted();
    yield scored;
  }
  plan.signal?.throwIfAborted();
}

/** rows = scored + empty. */
export interface RunCounts {
  rows: number;
  /** Rows with at least one text that got a prediction. */
  scored: number;
  /** Rows without any text. */
  empty: number;
  /** Rows with a text that was cut to `max_length`. */
  truncated: number;
  /** Texts that took over an equal text's prediction. */
  duplicates: number;
  /** Tokens seen by the model, padding not counted. */
  tokens: number;
  paddedTokens: number;
}

/** Writes scored rows; the caller commits or aborts the sink. */
export async function writeRows(
  scored: AsyncIterable<ScoredShard>,
  writer: RowWriter,
  sink: Sink,
  onProgress?: (counts: RunCounts) => void,
): Promise<RunCounts> {
  const counts = noCounts();
  await sink.write(writer.header());
  for await (const shard of scored) {
    await sink.write(writer.rows(shard.rows, shard.predictions));
    addCounts(counts, shard);
    onProgress?.(counts);
  }
  return counts;
}

export function noCounts(): RunCounts {
  return { rows: 0, scored: 0, empty: 0, truncated: 0, duplicates: 0, tokens: 0, paddedTokens: 0 };
}

export function addCounts(
  counts: RunCounts,
  { rows, predictions: { flags, counts: shard } }: ScoredShard,
): void {
  let text = 0;
  for (const row of rows) {
    let all: number = textFlags.empty;
    let any = 0;
    for (let i = 0; i < row.texts.length; i++, text++) {
      all &= flags[text] as number;
      any |= flags[text] as number;
    }
    counts.rows++;
    if (all & textFlags.empty) counts.empty++;
    else counts.scored++;
    if (any & textFlags.truncated) counts.truncated++;
  }
  counts.duplicates += shard.duplicates;
  counts.tokens += shard.tokens;
  counts.paddedTokens += shard.paddedTokens;
}
