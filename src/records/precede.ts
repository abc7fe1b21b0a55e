/** Puts values that were taken out of a generator in front of the rest. */
export async function* precede<T>(taken: T[], rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* taken;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
