import type { Row } from '../records/row.ts';

/**
 * Cuts the rows of a run into shards of `shardRows` (the last one may be shorter), by row count only: how the
 * reader happened to chunk them has no influence.
 * @param limit rows to take at most
 */
export async function* cutShards(
  chunks: AsyncIterable<Row[]>,
  shardRows: number,
  limit: number,
): AsyncGenerator<Row[]> {
  let shard: Row[] = [];
  let left = limit;
  if (left <= 0) return;
  for await (const chunk of chunks) {
    for (const row of chunk) {
      shard.push(row);
      left--;
      if (shard.length === shardRows || left === 0) {
        yield shard;
        shard = [];
      }
      if (left === 0) return;
    }
  }
  if (shard.length > 0) yield shard;
}
