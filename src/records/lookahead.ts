/**
 * Batches of items that can be looked at before they are taken. A failure that comes up while looking surfaces when
 * the items before it were taken.
 */
export class Lookahead<Item> {
  readonly #source: AsyncGenerator<Item[]>;
  #seen: Item[][] = [];
  #failure: { error: unknown } | undefined;
  #isDone = false;

  constructor(source: AsyncGenerator<Item[]>) {
    this.#source = source;
  }

  /**
   * The first `count` items, or as many as come before the end, a failure, or the first that is `enough`. Which
   * they are does not depend on how the source cuts its batches.
   * @param sizeOf - of an item, in the unit of `maxSize`, which what is returned does not go over but for the first
   */
  async first(
    count: number,
    isEnough: (item: Item) => boolean = () => false,
    { sizeOf, maxSize }: { sizeOf: (item: Item) => number; maxSize: number } = {
      sizeOf: () => 0,
      maxSize: 0,
    },
  ): Promise<Item[]> {
    const taken: Item[] = [];
    let size = 0;
    for (let batch = 0; ; batch++) {
      if (batch === this.#seen.length && !(await this.#read())) return taken;
      for (const item of this.#seen[batch] as Item[]) {
        size += sizeOf(item);
        if (taken.length > 0 && size > maxSize) return taken;
        taken.push(item);
        if (taken.length === count || isEnough(item)) return taken;
      }
    }
  }

  /** Reads one more batch, if there is one. */
  async #read(): Promise<boolean> {
    if (this.#isDone || this.#failure !== undefined) return false;
    try {
      const next = await this.#source.next();
      if (next.done === true) this.#isDone = true;
      else this.#seen.push(next.value);
      return next.done !== true;
    } catch (error) {
      this.#failure = { error };
      return false;
    }
  }

  /** What ended the looking, if something did. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  /** All items but the first `skip` ones; to be taken once. */
  async *all(skip = 0): AsyncGenerator<Item[]> {
    try {
      let left = skip;
      for (const batch of this.#seen.splice(0)) {
        const rest = batch.slice(left);
        left -= batch.length - rest.length;
        if (rest.length > 0) yield rest;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (!this.#isDone) yield* this.#source;
    } finally {
      await this.#source.return(undefined);
    }
  }
}
