/** `model` of a `tokenizer.json` of type `BPE`, its options by their names there. */
interface BytePairModel {
  type: string;
  vocab: Record<string, number>;
  /** Pairs to merge in order of rank; older files hold them as text with a blank between. */
  merges: (string | [string, string])[];
  unk_token?: string | null;
  fuse_unk?: boolean;
  ignore_merges?: boolean;
}

/**
 * Byte-pair encoding of single words: the lowest-ranked pair of neighbours is merged, the leftmost first, until no
 * pair has a rank. Pairs are looked up as numbers, where the library compares JSON texts.
 */
export class BytePairMerger {
  readonly #unknownId: number | undefined;
  /** Ids of pieces that can start out alone; of all pieces where whole words are looked up. */
  readonly #ids = new Map<string, number>();
  readonly #pieces: number;
  /** Pair of ids, as one number, to the rank of its merge. */
  readonly #ranks = new Map<number, number>();
  /** Id that a merge results in, by rank. */
  readonly #merged: Int32Array;
  readonly #wholeWords: boolean;
  /** Whether unknown characters in a row are one. */
  readonly #fusesUnknown: boolean;

  /**
   * @param config `model` of a `tokenizer.json`
   * @param special pieces that no text holds
   */
  constructor(config: unknown, special: ReadonlySet<string>) {
    const model = config as BytePairModel;
    const { vocab, merges } = model;
    this.#fusesUnknown = model.fuse_unk === true;
    this.#wholeWords = model.ignore_merges === true;
    let highest = 0;
    // Nothing is copied on the way: a vocabulary is long, and each worker would need the memory.
    for (const piece in vocab) {
      const id = vocab[piece] as number;
      highest = Math.max(highest, id);
      if ((this.#wholeWords || isCharacter(piece)) && !special.has(piece)) this.#ids.set(piece, id);
    }
    this.#pieces = highest + 1;
    this.#merged = new Int32Array(merges.length);
    const idOf = (piece: string): number => {
      if (Object.hasOwn(vocab, piece) && !special.has(piece)) return vocab[piece] as number;
      throw new Error(`expected the pieces of merges in the vocabulary, found none like ${piece}`);
    };
    for (const [rank, merge] of merges.entries()) {
      const [left, right] = typeof merge === 'string' ? (merge.split(' ', 2) as [string, string]) : merge;
      this.#ranks.set(idOf(left) * this.#pieces + idOf(right), rank);
      this.#merged[rank] = idOf(left + right);
    }
    const { unk_token: unknown } = model;
    this.#unknownId =
      typeof unknown === 'string' && Object.hasOwn(vocab, unknown) ? vocab[unknown] : undefined;
  }

  encode(word: string): number[] {
    if (this.#wholeWords) {
      const id = this.#ids.get(word);
      if (id !== undefined) return [id];
    }
    const ids = Array.from(word, (character) => this.#ids.get(character) ?? -1);
    this.#merge(ids);
    if (!ids.includes(-1)) return ids;
    const unknownId = this.#unknownId;
    if (unknownId === undefined) return ids.filter((id) => id !== -1);
    const kept = this.#fusesUnknown ? ids.filter((id, at) => id !== -1 || ids[at - 1] !== -1) : ids;
    return kept.map((id) => (id === -1 ? unknownId : id));
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

  /** Rank of the pair that starts at `at`; Infinity when it is never merged. */
  #rank(ids: readonly number[], at: number): number {
    const [left, right] = [ids[at] as number, ids[at + 1] as number];
    if (left === -1 || right === -1) return Infinity;
    return this.#ranks.get(left * this.#pieces + right) ?? Infinity;
  }
}

function isCharacter(piece: string): boolean {
  return piece.length === 1 || (piece.length === 2 && (piece.codePointAt(0) as number) > 0xffff);
}
