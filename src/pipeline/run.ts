import type { Row } from '../records/row.ts';
import type { RowWriter } from '../records/writer.ts';
import { inOrder } from './in-order.ts';
import type { InputRead } from './input-log.ts';
import type { OutputSession } from './output-session.ts';
import type { Shard, ShardPredictions } from '../protocol.ts';
import type { Rejects } from './rejects.ts';
import { scoreRobustly } from './robust.ts';
import { cutShards } from './shard.ts';
import type { RunCounts, Tally } from './tally.ts';

/**
 * Rows per shard. Large enough that most batches of one length hold several texts, and that a message between
 * threads is cheap beside the work; small enough that the first rows come out soon.
 */
export const shardRows = 512;

/**
 * Shards between two checkpoints, and in one member of a gzip file. A killed run computes at most these again;
 * gzip members of this size compress as well as one.
 */
export const checkpointShards = 16;

/** Rows with what the model says of their texts: text `i` of row `r` is at `r * row.texts.length + i`. */
export interface ScoredShard {
  rows: Row[];
  predictions: ShardPredictions;
}

export interface ScoringPlan {
  /** Rows as the reader yields them. */
  rows: AsyncIterable<Row[]>;
  /** Rows to leave out at the start; a multiple of `shardRows`, so that shards are cut at the same places. */
  skip: number;
  /** Rows to take at most, those left out included. */
  limit: number;
  /** Score rows as they arrive, and do not wait for full shards; only for bundles that are batch invariant. */
  promptly: boolean;
  score: (shard: Shard) => Promise<ShardPredictions>;
  /** Labels of all scored tasks. */
  labelCount: number;
  /** Marks a row as one that the model cannot score. */
  reject: (row: Row, code: string, message: string) => void;
  /** Shards read ahead and not yet taken, at most; bounds memory. */
  maxShardsInFlight: number;
  /** Ends the reading; shards in flight still come. */
  signal: AbortSignal | undefined;
}

/** Scores rows shard by shard, in input order; the consumer's pace is the pace of reading. */
export async function* scoreRows(plan: ScoringPlan): AsyncGenerator<ScoredShard> {
  const scoreShard = async (rows: Row[]): Promise<ScoredShard> => {
    const texts = rows.flatMap((row) => row.texts);
    const { predictions, failures } = await scoreRobustly({ texts }, plan.score, plan.labelCount);
    for (const { text, code, message } of failures) {
      plan.reject(rows[Math.floor((text * rows.length) / texts.length)] as Row, code, message);
    }
    return { rows, predictions };
  };
  const { skip, limit, promptly, signal } = plan;
  const shards = cutShards(plan.rows, { shardRows, skip, limit, promptly, signal });
  yield* inOrder(shards, scoreShard, plan.maxShardsInFlight);
}

export interface WritingPlan {
  shards: AsyncIterable<ScoredShard>;
  writer: RowWriter;
  session: OutputSession;
  /** Whether the header is to be cut off when outputs are joined. */
  headerApart: boolean;
  rejects: Rejects;
  tally: Tally;
  /** What was read of the inputs so far. */
  read: () => InputRead[];
  onProgress: ((counts: Readonly<RunCounts>) => void) | undefined;
}

/** Writes scored rows and sets rejected ones aside; checkpoints on the way. */
export async function writeRows(plan: WritingPlan): Promise<void> {
  const { writer, session, rejects, tally } = plan;
  if (tally.counts.rows === 0) await session.writeHeader(writer.header(), plan.headerApart);
  for await (const shard of plan.shards) {
    await session.sink.write(writer.rows(shard.rows, shard.predictions));
    await rejects.write(shard.rows, tally.counts.rejected);
    tally.add(shard);
    if (tally.counts.rows % (checkpointShards * shardRows) === 0) {
      await session.checkpoint(tally, plan.read());
    }
    plan.onProgress?.(tally.counts);
  }
}
