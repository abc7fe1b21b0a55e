import { rawOf } from '../records/raw.ts';
import { type Rejected, unreadRows } from '../records/rejected.ts';
import { rejectReason } from '../records/row-fault.ts';
import type { RecordsHead, Row } from '../records/row.ts';
import type { ShardPredictions } from '../protocol.ts';
import { inOrder } from './in-order.ts';
import type { Scorer } from './scorer.ts';
import { cutShards } from './shard.ts';

/** Rows with what the model says of their texts: text `i` of row `r` is at `r * row.texts.length + i`. */
export interface ScoredShard {
  rows: Row[];
  predictions: ShardPredictions;
  /** Rows that could not be read, or whose texts the model cannot score. */
  rejected: Rejected;
}

export interface ScoringPlan {
  /** Rows as the reader yields them. */
  rows: AsyncIterable<Row[]>;
  /** Facts about the input that are known before its first row. */
  head: RecordsHead;
  scorer: Pick<Scorer, 'score'>;
  /** Rows to leave out at the start; a multiple of `shardRows`, so that shards are cut at the same places. */
  skip: number;
  /** Rows to take at most, those left out included. */
  limit: number;
  /** Score rows as they arrive, and do not wait for full shards; only for bundles that are batch invariant. */
  promptly: boolean;
  /** Shards read ahead and not yet taken, at most; bounds memory. */
  maxShardsInFlight: number;
  /** Ends the reading; shards in flight still come. */
  signal: AbortSignal | undefined;
}

/** Scores rows shard by shard, in input order; the consumer's pace is the pace of reading. */
export async function* scoreRows(plan: ScoringPlan): AsyncGenerator<ScoredShard> {
  const scoreShard = async (rows: Row[]): Promise<ScoredShard> => {
    const texts = rows.flatMap((row) => row.texts);
    const { predictions, failures } = await plan.scorer.score({ texts });
    const rejected = unreadRows(rows);
    for (const { text, ...fault } of failures) {
      const index = Math.floor((text * rows.length) / texts.length);
      if (rejected.has(index)) continue;
      rejected.set(index, rejectReason(fault, rawOf(rows[index] as Row, plan.head)));
    }
    return { rows, predictions, rejected };
  };
  yield* inOrder(cutShards(plan.rows, plan), scoreShard, plan.maxShardsInFlight);
}
