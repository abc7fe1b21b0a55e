/** How much worse than the worst piece an unknown character is; sentencepiece's number. */
const unknownPenalty = 10;

/** The search tries pieces of every length at every character; real ones have a few dozen characters at most. */
const maxPieceLength = 256;

/**
 * Numbers per slot of the table of edges: node, UTF-16 unit, the node that the edge leads to (0 in an empty slot: no
 * edge leads to the root), and the id of the piece that ends there, or -1.
 */
const slotSize = 4;

/**
 * The vocabulary of a Unigram model, and the search for the most likely pieces of a word. Pieces stand in a trie of
 * UTF-16 units whose edges are one hash table of numbers: it is built in one pass over the vocabulary, in any order,
 * and looking up every piece that starts at a character costs no string.
 */
export class PieceTrie {
  readonly #scores: Float64Array;
  readonly #unknown: number;
  readonly #unknownScore: number;
  #edges: Int32Array;
  /** Slots less one; their number is a power of two. */
  #mask: number;
  #nodes = 1;
  // One entry per position of the word that is searched; kept from word to word.
  #best = new Float64Array(64);
  #startOf = new Int32Array(64);
  #idOf = new Int32Array(64);

  /**
   * @param vocab pieces with their logarithmic probabilities, in order of id
   * @param unknown id of what is in no piece
   * @param special pieces that no text may produce
   */
  constructor(vocab: readonly [string, number][], unknown: number, special: ReadonlySet<string>) {
    this.#scores = new Float64Array(vocab.length);
    this.#unknown = unknown;
    // A vocabulary that was trained on texts has about two nodes per piece.
    let slots = 1024;
    while (slots < vocab.length * 3) slots *= 2;
    this.#mask = slots - 1;
    this.#edges = new Int32Array(slots * slotSize);
    let least = Infinity;
    for (let id = 0; id < vocab.length; id++) {
      const entry = vocab[id] as [string, number];
      const [piece, score] = Array.isArray(entry) ? entry : [];
      if (typeof piece !== 'string' || typeof score !== 'number')
        throw new Error(
          `expected [piece, score] in the vocabulary at ${id}, found [${typeof piece}, ${typeof score}]`,
        );
      this.#scores[id] = score;
      if (score < least) least = score;
      if (id !== unknown && piece !== '' && !special.has(piece)) this.#add(piece, id);
    }
    this.#unknownScore = least - unknownPenalty;
  }

  /**
   * Appends the ids of the best path, first found among equals, from left to right; unknown characters in a row are
   * one id.
   */
  encode(word: string, ids: number[]): void {
    const length = word.length;
    if (length >= this.#best.length) this.#makeRoom(length);
    const [best, startOf, idOf] = [this.#best, this.#startOf, this.#idOf];
    const [edges, mask, scores] = [this.#edges, this.#mask, this.#scores];
    startOf.fill(-1, 0, length + 1);
    best[0] = 0;
    for (let start = 0; start < length;) {
      const soFar = best[start] as number;
      const next = start + ((word.codePointAt(start) as number) > 0xffff ? 2 : 1);
      let isKnown = false;
      let node = 0;
      for (let end = start; end < length;) {
        const at = findSlot(edges, mask, node, word.charCodeAt(end++));
        node = edges[at + 2] as number;
        if (node === 0) break;
        const id = edges[at + 3] as number;
        if (id === -1) continue;
        const score = (scores[id] as number) + soFar;
        if (startOf[end] === -1 || score > (best[end] as number)) {
          best[end] = score;
          startOf[end] = start;
          idOf[end] = id;
        }
        if (end === next) isKnown = true;
      }
      if (!isKnown) {
        const score = this.#unknownScore + soFar;
        if (startOf[next] === -1 || score > (best[next] as number)) {
          best[next] = score;
          startOf[next] = start;
          idOf[next] = this.#unknown;
        }
      }
      start = next;
    }
    this.#collect(length, ids);
  }

  /** Walks the best path back from its end, and turns what it appended round. */
  #collect(length: number, ids: number[]): void {
    const first = ids.length;
    let last = -1;
    for (let end = length; end > 0; end = this.#startOf[end] as number) {
      const id = this.#idOf[end] as number;
      if (id !== this.#unknown || id !== last) ids.push(id);
      last = id;
    }
    for (let left = first, right = ids.length - 1; left < right; left++, right--) {
      const id = ids[left] as number;
      ids[left] = ids[right] as number;
      ids[right] = id;
    }
  }

  #makeRoom(length: number): void {
    this.#best = new Float64Array(length * 2);
    this.#startOf = new Int32Array(length * 2);
    this.#idOf = new Int32Array(length * 2);
  }

  #add(piece: string, id: number): void {
    if (piece.length > maxPieceLength)
      throw new Error(
        `expected pieces of at most ${maxPieceLength} characters, found one of ${piece.length}`,
      );
    // Two thirds full at most: what is not there is then found missing after few looks.
    if ((this.#nodes + piece.length) * 3 > this.#mask * 2) this.#grow();
    const [edges, mask] = [this.#edges, this.#mask];
    let node = 0;
    let at = 0;
    for (let unit = 0; unit < piece.length; unit++) {
      at = findSlot(edges, mask, node, piece.charCodeAt(unit));
      if (edges[at + 2] === 0) {
        edges[at] = node;
        edges[at + 1] = piece.charCodeAt(unit);
        edges[at + 2] = this.#nodes++;
        edges[at + 3] = -1;
      }
      node = edges[at + 2] as number;
    }
    edges[at + 3] = id;
  }

  #grow(): void {
    const old = this.#edges;
    this.#mask = this.#mask * 2 + 1;
    this.#edges = new Int32Array(old.length * 2);
    for (let from = 0; from < old.length; from += slotSize) {
      if (old[from + 2] === 0) continue;
      const at = findSlot(this.#edges, this.#mask, old[from] as number, old[from + 1] as number);
      this.#edges.set(old.subarray(from, from + slotSize), at);
    }
  }
}

/** Where the edge of a node and a unit stands among `edges`, or the empty slot where it would. */
function findSlot(edges: Int32Array, mask: number, node: number, unit: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
  for (let slot = (mixed ^ (mixed >>> 15)) & mask; ; slot = (slot + 1) & mask) {
    const at = slot * slotSize;
    if (edges[at + 2] === 0 || (edges[at] === node && edges[at + 1] === unit)) return at;
  }
}
