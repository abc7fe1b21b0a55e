/** Lengths of the parts of words that are looked at, in characters, with the space on either side. */
const lengths = { least: 2, most: 5 };
/** A text is looked at up to here. */
const maxCharacters = 2000;

/** Parts of words that a head knows, and how rare each is. */
export interface NgramTable {
  /** Hashes of parts, uint32 [parts]. */
  keys: Uint32Array;
  /** Inverse document frequency, float32 [parts]. */
  idf: Float32Array;
  /** That of a part that is none of these; undefined where such parts are passed over. */
  unknownIdf: number | undefined;
}

/** Features that are mostly 0: those that are not, in a fixed order. */
export interface SparseVector {
  indices: Int32Array;
  values: Float64Array;
}

/**
 * How often each part of a word stands in a text, by its hash, in order of first appearance. Compatibility forms and
 * case make no difference.
 */
export function countNgrams(text: string): Map<number, number> {
  const counts = new Map<number, number>();
  const cut = text.trim().slice(0, maxCharacters).normalize('NFKC').toLowerCase();
  for (const word of cut.split(/\s+/u)) {
    if (word === '') continue;
    const characters = Array.from(` ${word} `, (character) => character.codePointAt(0) as number);
    for (let start = 0; start < characters.length; start++) {
      // FNV-1a, over code points.
      let hash = 0x811c9dc5;
      for (let length = 1; length <= lengths.most && start + length <= characters.length; length++) {
        hash = Math.imul(hash ^ (characters[start + length - 1] as number), 0x01000193) >>> 0;
        if (length >= lengths.least) counts.set(hash, (counts.get(hash) ?? 0) + 1);
      }
    }
  }
  return counts;
}

/**
 * Texts as the parts of words that they hold, weighted by how rare these are, and brought to length 1. Unknown parts
 * count for the length: of a text in another language, of which hardly anything is known, hardly anything is left.
 */
export class NgramFeatures {
  readonly #places: Map<number, number>;
  readonly #idf: Float32Array;
  readonly #unknownIdf: number;

  constructor({ keys, idf, unknownIdf }: NgramTable) {
    this.#places = new Map([...keys].map((key, place) => [key, place]));
    this.#idf = idf;
    this.#unknownIdf = unknownIdf ?? 0;
  }

  of(text: string): SparseVector {
    const indices: number[] = [];
    const values: number[] = [];
    let squares = 0;
    for (const [key, count] of countNgrams(text)) {
      const place = this.#places.get(key);
      const idf = place === undefined ? this.#unknownIdf : (this.#idf[place] as number);
      const value = (1 + Math.log(count)) * idf;
      squares += value * value;
      if (place === undefined) continue;
      indices.push(place);
      values.push(value);
    }
    const length = Math.sqrt(squares);
    return {
      indices: Int32Array.from(indices),
      values: Float64Array.from(values, (value) => value / length),
    };
  }
}
