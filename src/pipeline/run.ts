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

export interface RunPlan {
  /** Rows as the reader yields them. */
  rows: AsyncIterable<Row[]>;
  limit: number;
  score: (shard: Shard) => Promise<ShardPredictions>;
  /** Shards read ahead and not yet written, at most; bounds memory. */
  maxShardsInFlight: number;
  writer: RowWriter;
  sink: Sink;
  /** Checked between shards. */
  signal: AbortSignal | undefined;
  /** Called after each written shard. */
  onProgress: ((counts: RunCounts) => void) | undefined;
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

/** Scores all rows and writes them, in order; the caller commits or aborts the sink. */
export async function run(plan: RunPlan): Promise<RunCounts> {
  const counts: RunCounts = {
    rows: 0,
    scored: 0,
    empty: 0,
    truncated: 0,
    duplicates: 0,
    tokens: 0,
    paddedTokens: 0,
  };
  const scoreShard = async (rows: Row[]): Promise<{ rows: Row[]; predictions: ShardPredictions }> => ({
    rows,
    predictions: await plan.score({ texts: rows.flatMap((row) => row.texts) }),
  });
  await plan.sink.write(plan.writer.header());
  const shards = cutShards(plan.rows, shardRows, plan.limit);
  for await (const { rows, predictions } of inOrder(shards, scoreShard, plan.maxShardsInFlight)) {
    plan.signal?.throwIfAborted();
    await plan.sink.write(plan.writer.rows(rows, predictions));
    count(counts, rows, predictions);
    plan.onProgress?.(counts);
  }
  plan.signal?.throwIfAborted();
  return counts;
}

function count(counts: RunCounts, rows: Row[], { flags, counts: shard }: ShardPredictions): void {
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
