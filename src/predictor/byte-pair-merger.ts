/** `model` of a `tokenizer.json` of type `BPE`, its options by their names there. */
interface BytePairModel {
  type: string;
  vocab: Record<string, number>;
  /** In order of rank; older files hold pairs as text with a blank between. */
  merges: (string | [string, string])[];
  unk_token?: string | null;
  dropout?: number | null;
  continuing_subword_prefix?: string | null;
  end_of_word_suffix?: string | null;
  byte_fallback?: boolean;
  ignore_merges?: boolean;
}

/**
 * Byte-pair encoding of single words: the lowest-ranked pair of neighbours is merged, the leftmost first, until no
 * pair has a rank. Pairs are looked up as numbers, where the library compares JSON texts.
 */
export class BytePairMerger {
  readonly unknownId: number | undefined;
  /** Ids of pieces that can start out alone; of all pieces where whole words are looked up. */
  readonly #ids: Map<string, number>;
  readonly #pieces: number;
  /** Pair of ids, as one number, to the rank of its merge. */
  readonly #ranks = new Map<number, number>();
  /** Id that a merge results in, by rank. */
  readonly #merged: Int32Array;
  readonly #wholeWords: boolean;

  private constructor(model: BytePairModel) {
    const all = new Map(Object.entries(model.vocab));
    this.unknownId = typeof model.unk_token === 'string' ? all.get(model.unk_token) : undefined;
    this.#pieces = Math.max(0, ...all.values()) + 1;
    this.#merged = new Int32Array(model.merges.length);
    model.merges.forEach((merge, rank) => {
      const [left, right] = (typeof merge === 'string' ? merge.split(' ', 2) : merge) as [string, string];
      const ids = [left, right, left + right].map((piece) => all.get(piece)) as [number, number, number];
      if (ids.includes(undefined as never))
        throw new Error(`a piece of merge ${rank} is not in the vocabulary`);
      this.#ranks.set(ids[0] * this.#pieces + ids[1], rank);
      this.#merged[rank] = ids[2];
    });
    this.#wholeWords = model.ignore_merges === true;
    this.#ids = this.#wholeWords
      ? all
      : new Map([...all].filter(([piece]) => Array.from(piece).length === 1));
  }

  /** @returns undefined for a model of another type, or with options that are left to the library */
  static from(config: unknown): BytePairMerger | undefined {
    const model = config as BytePairModel;
    const plain =
      model.type === 'BPE' &&
      !model.dropout &&
      !model.continuing_subword_prefix &&
      !model.end_of_word_suffix &&
      model.byte_fallback !== true;
    return plain ? new BytePairMerger(model) : undefined;
  }

  encode(word: string): number[] {
    if (this.#wholeWords) {
      const id = this.#ids.get(word);
      if (id !== undefined) return [id];
    }
    const ids = Array.from(word, (character) => this.#ids.get(character) ?? -1);
    this.#merge(ids);
    if (!ids.includes(-1)) return ids;
    const { unknownId } = this;
    return unknownId === undefined
      ? ids.filter((id) => id !== -1)
      : ids.map((id) => (id === -1 ? unknownId : id));
  }

  #merge(ids: number[]): void {
    const ranks: number[] = [];
    for (let at = 0; at + 1 < ids.length; at++) ranks.push(this.#rank(ids, at));
    for (;;) {
      let best = -1;
      let lowest = Infinity;
      for (let at = 0; at < ranks.length; at++) {
        const rank = ranks[at] as number;
        if (rank < lowest) {
          lowest = rank;
          best = at;
        }
      }
      if (best === -1) return;
      ids[best] = this.#merged[lowest] as number;
      ids.splice(best + 1, 1);
      ranks.splice(best, 1);
      if (best > 0) ranks[best - 1] = this.#rank(ids, best - 1);
      if (best < ranks.length) ranks[best] = this.#rank(ids, best);
    }
  }

  /** Of the pair that starts at `at`; Infinity when it is never merged. */
  #rank(ids: readonly number[], at: number): number {
    const [left, right] = [ids[at] as number, ids[at + 1] as number];
    if (left === -1 || right === -1) return Infinity;
    return this.#ranks.get(left * this.#pieces + right) ?? Infinity;
  }
}
