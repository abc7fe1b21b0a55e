/**
 * Runs `work` on up to `maxInFlight` items at a time and yields the results in the order of the items.
 * Pulling a result is what pulls the source: order and back-pressure in one. When the consumer stops, or work
 * fails, the source is closed and nothing new is started.
 */
export async function* inOrder<Item, Result>(
  source: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  maxInFlight: number,
): AsyncGenerator<Result> {
  const inFlight: Promise<Result>[] = [];
  try {
    for await (const item of source) {
      const result = work(item);
      // A failure surfaces when its turn comes; until then it must not count as unhandled.
      result.catch(() => {});
      inFlight.push(result);
      if (inFlight.length >= maxInFlight) yield await (inFlight.shift() as Promise<Result>);
    }
    while (inFlight.length > 0) yield await (inFlight.shift() as Promise<Result>);
  } finally {
    await Promise.allSettled(inFlight);
  }
}
