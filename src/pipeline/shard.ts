import type { Row } from '../records/row.ts';

/**
 * Rows per shard. Large enough that most batches of one length hold several texts, and that a message between
 * threads is cheap beside the work; small enough that the first rows come out soon.
 */
export const shardRows = 512;

export interface ShardCut {
  /** Rows to leave out at the start. */
  skip: number;
  /** Rows to take at most, those left out included. */
  limit: number;
  /**
   * Cut at the end of each chunk, too, so that no row waits for one that has not arrived. Rows that wait
   * together come in one chunk, so shards grow with the load.
   */
  promptly: boolean;
  /** Ends the reading, even one that waits for a slow pipe. */
  signal: AbortSignal | undefined;
}

/**
 * Cuts the rows of a run into shards of `shardRows` (the last one may be shorter), by row count only: how the
 * reader happened to chunk them has no influence, unless they are cut promptly.
 */
export async function* cutShards(
  chunks: AsyncIterable<Row[]>,
  { skip, limit, promptly, signal }: ShardCut,
): AsyncGenerator<Row[]> {
  let shard: Row[] = [];
  let at = 0;
  if (limit <= skip) return;
  for await (const chunk of untilAborted(chunks, signal)) {
    for (const row of chunk) {
      at++;
      if (at <= skip) continue;
      shard.push(row);
      if (shard.length === shardRows || at === limit) {
        yield shard;
        shard = [];
      }
      if (at === limit) return;
    }
    if (promptly && shard.length > 0) {
      yield shard;
      shard = [];
    }
  }
  if (shard.length > 0 && signal?.aborted !== true) yield shard;
}

/** Ends when aborted, even while the next item is waited for. */
async function* untilAborted<Item>(
  items: AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
  if (signal === undefined) {
    yield* items;
    return;
  }
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), signal);
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    const closed = iterator.return?.().catch(() => {});
    // A read that waits for a pipe would hold up an abort.
    if (!signal.aborted) await closed;
  }
}

/** Not Promise.race with one promise for all: that would keep every result until the signal comes. */
function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(undefined);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
