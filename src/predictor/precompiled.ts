/**
 * Characters that a grapheme of several characters can hold besides its first one, or begin with. A text
 * without them has one character per grapheme, and need not be segmented.
 */
const joining =
  /[\p{M}\p{Cf}\p{Grapheme_Extend}\p{Emoji_Modifier}\p{Regional_Indicator}\r\u1100-\u11FF\uA960-\uA97C\uD7B0-\uD7FB\u0E33\u0EB3]/u;

const printableAscii = /^[\x20-\x7E]*$/;

/** A longer grapheme is looked up character by character; the number is sentencepiece's. */
const maxGraphemeBytes = 5;

/**
 * The `Precompiled` normalizer: a table of replacements that sentencepiece compiled into a double-array trie (XLM-R's
 * is NFKC with changes to white space). The library approximates it by NFKC; this does what the Rust `tokenizers`
 * do, down to the replacement of a whole grapheme by that of its shortest known beginning.
 * @param charsmap base64: the trie's length in bytes, uint32; the trie, uint32 units; replacements, each ended by a 0
 */
export function precompiledNormalizer(charsmap: string): (text: string) => string {
  const bytes = Buffer.from(charsmap, 'base64');
  const trieBytes = bytes.readUInt32LE(0);
  if (4 + trieBytes > bytes.length) throw new Error('the precompiled_charsmap is cut off');
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, unit) => bytes.readUInt32LE(4 + unit * 4));
  const replacements = bytes.subarray(4 + trieBytes);
  const known = new Map<string, string | undefined>();
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

  const replacementOf = (part: string): string | undefined => {
    if (known.has(part)) return known.get(part);
    const start = findShortest(units, Buffer.from(part));
    const end = start === undefined ? -1 : replacements.indexOf(0, start);
    const found =
      start === undefined || start > replacements.length
        ? undefined
        : replacements.toString('utf8', start, end === -1 ? undefined : end);
    // Parts are at most a few characters long, and there are not many of them; texts may be hostile, though.
    if (known.size < 100_000) known.set(part, found);
    return found;
  };
  const normalizeCharacters = (text: string): string => {
    let normal = '';
    for (const character of text) normal += replacementOf(character) ?? character;
    return normal;
  };
  const keepsAscii = [...Array(0x7f - 0x20).keys()].every(
    (offset) => replacementOf(String.fromCharCode(0x20 + offset)) === undefined,
  );

  return (text) => {
    if (keepsAscii && printableAscii.test(text)) return text;
    if (!joining.test(text)) return normalizeCharacters(text);
    let normal = '';
    for (const { segment } of segmenter.segment(text)) {
      const whole = Buffer.byteLength(segment) <= maxGraphemeBytes ? replacementOf(segment) : undefined;
      normal += whole ?? normalizeCharacters(segment);
    }
    return normal;
  };
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
