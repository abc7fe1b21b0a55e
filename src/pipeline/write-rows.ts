import type { RowWriter } from '../records/format-writer.ts';
import type { InputRead } from './input-log.ts';
import type { OutputSession } from './output-session.ts';
import type { Rejects } from './rejects.ts';
import type { ScoredShard } from './score-rows.ts';
import { shardRows } from './shard.ts';
import type { RunCounts } from './run-counts.ts';
import type { Tally } from './tally.ts';

/**
 * Shards between two checkpoints, and in one member of a gzip file. A killed run computes at most these again;
 * gzip members of this size compress as well as one.
 */
export const checkpointShards = 16;

export interface WritingPlan {
  shards: AsyncIterable<ScoredShard>;
  writer: RowWriter;
  session: OutputSession;
  /** Whether the header is to be cut off when outputs are joined. */
  headerApart: boolean;
  rejects: Rejects;
  tally: Tally;
  /** How much of each input was read so far. */
  read: () => InputRead[];
  onProgress: ((counts: Readonly<RunCounts>) => void) | undefined;
}

/**
 * Writes scored rows and sets rejected ones aside; checkpoints on the way. What ends an output is left to whoever
 * knows that there are no more rows.
 */
export async function writeRows(plan: WritingPlan): Promise<void> {
  const { writer, session, rejects, tally } = plan;
  if (tally.counts.rows === 0) await session.writeHeader(writer.header(), plan.headerApart);
  for await (const { rows, predictions, rejected: unscored, sentences, explained } of plan.shards) {
    const { lines, rejected } = writer.rows(rows, predictions, unscored, sentences, explained);
    await session.sink.write(lines);
    await rejects.write(rows, rejected, tally.counts.rejected);
    tally.add(rows, predictions, rejected);
    if (tally.counts.rows % (checkpointShards * shardRows) === 0) {
      await session.checkpoint(tally, plan.read());
    }
    plan.onProgress?.(tally.counts);
  }
}
