/**
 * Characters that a grapheme of several characters can hold besides its first one, or begin with. A text
 * without them has one character per grapheme.
 */
const joining =
  /[\p{M}\p{Cf}\p{Grapheme_Extend}\p{Emoji_Modifier}\p{Regional_Indicator}\r\u1100-\u11FF\uA960-\uA97C\uD7B0-\uD7FB\u0E33\u0EB3]/u;

/** A last character that can begin a grapheme: the next one then belongs to it. */
const reachingForward =
  /[\p{Cf}\u0D4E\u{111C2}\u{111C3}\u{113D1}\u{1193F}\u{11941}\u{11A3A}\u{11A84}-\u{11A89}\u{11D46}\u{11F02}]$/u;

/** A longer grapheme is looked up character by character; the number is sentencepiece's. */
const maxGraphemeBytes = 5;

// What is known about a UTF-16 unit, as bits; 0 until it is looked up.
const isKnown = 1;
const isReplaced = 2;
const isJoining = 4;
const isSurrogate = 8;

/** Stands for the end of the text: no character's unit is less likely to join. */
const highest = 0xffff;

/**
 * The `Precompiled` normalizer: a table of replacements that sentencepiece compiled into a double-array trie (XLM-R's
 * is NFKC with changes to white space). The library approximates it by NFKC; this does what the Rust `tokenizers`
 * do, down to the replacement of a whole grapheme by that of its shortest known beginning.
 */
export class PrecompiledNormalizer {
  readonly #units: Uint32Array;
  readonly #replacements: Buffer;
  readonly #unitFacts = new Uint8Array(0x10000);
  readonly #known = new Map<string, string | undefined>();
  /** Made when first needed, which takes longer than all else here. */
  #segmenter: Intl.Segmenter | undefined;

  /** @param charsmap base64: the trie's length in bytes, uint32; the trie, uint32 units; replacements, each ended by a 0 */
  constructor(charsmap: string) {
    const bytes = Buffer.from(charsmap, 'base64');
    const trieBytes = bytes.readUInt32LE(0);
    if (4 + trieBytes > bytes.length) throw new Error('the precompiled_charsmap is cut off');
    // The copy starts where four bytes can be read as one number, which the bytes in `bytes` need not.
    this.#units = new Uint32Array(
      Uint8Array.from(bytes.subarray(4, 4 + trieBytes)).buffer,
      0,
      trieBytes >>> 2,
    );
    this.#replacements = bytes.subarray(4 + trieBytes);
  }

  normalize(text: string): string {
    const length = text.length;
    let at = 0;
    while (at < length && this.#facts(text.charCodeAt(at)) === isKnown) at++;
    // Most texts end here: nothing in them is replaced.
    if (at === length) return text;
    let normal = '';
    let kept = 0;
    for (let before = at === 0 ? highest : text.charCodeAt(at - 1); at < length;) {
      const unit = text.charCodeAt(at);
      const facts = this.#facts(unit);
      let next = at + 1;
      if (facts !== isKnown) {
        const character = (facts & isSurrogate) === 0 ? text.charAt(at) : characterAt(text, at);
        next = at + character.length;
        const after = next < length ? text.charCodeAt(next) : highest;
        if ((facts & isJoining) !== 0 && isInShortGrapheme(before, character, after))
          return this.#normalizeGraphemes(text);
        const replacement =
          (facts & (isReplaced | isSurrogate)) === 0 ? undefined : this.#replacementOf(character);
        if (replacement !== undefined) {
          normal += text.slice(kept, at) + replacement;
          kept = next;
        }
      }
      before = unit;
      at = next;
    }
    return kept === 0 ? text : normal + text.slice(kept);
  }

  /**
   * Whether a text's normal form is the same beside other texts as alone, a space between them: false where a
   * grapheme could reach across the space.
   */
  keepsToItself(text: string): boolean {
    const [first, last] = [this.#facts(text.charCodeAt(0)), this.#facts(text.charCodeAt(text.length - 1))];
    if (((first | last) & isJoining) === 0) return true;
    return !joining.test(characterAt(text, 0)) && !reachingForward.test(text);
  }

  #normalizeGraphemes(text: string): string {
    this.#segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
    let normal = '';
    for (const { segment } of this.#segmenter.segment(text)) {
      const whole = Buffer.byteLength(segment) <= maxGraphemeBytes ? this.#replacementOf(segment) : undefined;
      if (whole !== undefined) normal += whole;
      else for (const character of segment) normal += this.#replacementOf(character) ?? character;
    }
    return normal;
  }

  #facts(unit: number): number {
    const facts = this.#unitFacts[unit] as number;
    return facts === 0 ? this.#learn(unit) : facts;
  }

  #learn(unit: number): number {
    const character = String.fromCharCode(unit);
    let facts = isKnown;
    if (unit >= 0xd800 && unit <= 0xdfff) facts |= isSurrogate | isJoining;
    else {
      if (this.#replacementOf(character) !== undefined) facts |= isReplaced;
      if (joining.test(character) || reachingForward.test(character)) facts |= isJoining;
    }
    this.#unitFacts[unit] = facts;
    return facts;
  }

  #replacementOf(part: string): string | undefined {
    const known = this.#known.get(part);
    if (known !== undefined || this.#known.has(part)) return known;
    const start = findShortest(this.#units, Buffer.from(part));
    const end = start === undefined ? -1 : this.#replacements.indexOf(0, start);
    const found =
      start === undefined || start > this.#replacements.length
        ? undefined
        : this.#replacements.toString('utf8', start, end === -1 ? undefined : end);
    // Parts are at most a few characters long, and there are not many of them; texts may be hostile, though.
    if (this.#known.size < 100_000) this.#known.set(part, found);
    return found;
  }
}

/**
 * Whether a joining character can be in a grapheme of several characters that is short enough to be looked up as a
 * whole. Its length in UTF-8 decides: 1 byte below U+0080, 2 below U+0800, 3 below U+10000, else 4.
 * @param before UTF-16 unit
 * @param after UTF-16 unit
 */
function isInShortGrapheme(before: number, character: string, after: number): boolean {
  if (character.length === 2)
    return (before < 0x80 && joining.test(character)) || (after < 0x80 && reachingForward.test(character));
  return before < 0x800 || character < '\u0800' || (after < 0x800 && reachingForward.test(character));
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}

/**
 * Where the replacement of the shortest known beginning of `key` starts. The layout of a unit is that of Darts-clone:
 * bits 0-7 label, 8 has a leaf, 9 a wider offset, 10-30 offset; in a leaf bits 0-30 are the value.
 */
function findShortest(units: Uint32Array, key: Uint8Array): number | undefined {
  let node = offsetOf(units[0]);
  for (const byte of key) {
    if (byte === 0) return undefined;
    node ^= byte;
    const unit = units[node];
    if (unit === undefined || (unit & 0x8000_00ff) !== byte) return undefined;
    node ^= offsetOf(unit);
    if (((unit >>> 8) & 1) === 1) return (units[node] ?? 0) & 0x7fff_ffff;
  }
  return undefined;
}

function offsetOf(unit = 0): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
}
