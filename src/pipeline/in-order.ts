/**
 * Runs `work` on up to `maxInFlight` items at a time and yields the results in the order of the items, each as
 * soon as it is there, also while the source is slow to give the next item. Pulling a result is what pulls the
 * source: order and back-pressure in one. When the consumer stops, or work fails, the source is closed and
 * nothing new is started. A failure of the source surfaces in its turn, after the results of the items before it.
 */
export async function* inOrder<Item, Result>(
  source: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  maxInFlight: number,
): AsyncGenerator<Result> {
  const items = source[Symbol.asyncIterator]();
  const inFlight: Promise<Result>[] = [];
  let reading: Promise<void> | undefined;
  let isOpen = true;

  const start = (result: Promise<Result>): void => {
    // A failure surfaces when its turn comes; until then it must not count as unhandled.
    result.catch(() => {});
    inFlight.push(result);
  };
  const read = async (): Promise<void> => {
    try {
      const next = await items.next();
      if (next.done === true) isOpen = false;
      else if (isOpen) start(work(next.value));
    } catch (error) {
      isOpen = false;
      start(Promise.reject(error));
    }
    reading = undefined;
  };

  try {
    for (;;) {
      if (isOpen && inFlight.length < maxInFlight) reading ??= read();
      const [first] = inFlight;
      if (first === undefined && reading === undefined) return;
      const isResult = await Promise.race(
        [reading?.then(() => false), first?.then(yes, yes)].filter(isPresent),
      );
      if (isResult) yield await (inFlight.shift() as Promise<Result>);
    }
  } finally {
    isOpen = false;
    const closed = items.return?.().catch(() => {});
    // A read that waits for a pipe would hold up the end.
    if (reading === undefined) await closed;
    await Promise.allSettled(inFlight);
  }
}

const yes = (): boolean => true;

function isPresent<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
