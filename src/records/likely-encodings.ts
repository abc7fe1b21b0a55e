/** Encodings that exports come in, those of more people first. */
const labels = [
  'windows-1252',
  'iso-8859-15',
  'windows-1250',
  'iso-8859-2',
  'windows-1251',
  'windows-1254',
  'windows-1253',
  'windows-1255',
  'windows-1256',
  'shift_jis',
  'euc-kr',
  'gb18030',
  'big5',
  'euc-jp',
  'windows-874',
  'koi8-r',
  'macintosh',
];
const shownWords = 3;
/** How much worse than the best an encoding may do to be named beside it. */
const margin = 0.1;
const mostNamed = 3;

export interface LikelyEncoding {
  label: string;
  /** Words with letters beyond ASCII, as they read in it. */
  words: string[];
}

/**
 * Encodings in which bytes that are no UTF-8 read like words, the likeliest first. Few bytes fit several: whoever
 * knows the language sees which one is right.
 */
export function likelyEncodings(bytes: Buffer): LikelyEncoding[] {
  const lines = beyondAscii(bytes);
  const found = labels.flatMap((label): (LikelyEncoding & { share: number })[] => {
    const text = decode(lines, label);
    if (text === undefined) return [];
    const marked = text.match(/[^\s\p{P}]*[^\p{ASCII}\s\p{P}][^\s\p{P}]*/gu) ?? [];
    // An amount of money tells ISO 8859-15 from those that have another sign in place of the euro.
    const words = [...new Set(marked)].filter((word) => /[\p{L}\p{Sc}\u0080-\u009f]/u.test(word));
    if (words.length === 0) return [];
    const share = words.filter(isPlausible).length / words.length;
    return share < 0.5 ? [] : [{ label, words: words.slice(0, shownWords), share }];
  });
  const best = Math.max(0, ...found.map(({ share }) => share));
  const seen = new Set<string>();
  return found
    .filter(({ share }) => share >= best - margin)
    .toSorted((one, other) => other.share - one.share)
    .filter(({ words }) => !seen.has(words.join()) && seen.add(words.join()))
    .slice(0, mostNamed)
    .map(({ label, words }) => ({ label, words }));
}

/** The lines that hold a byte beyond ASCII, whole. */
function beyondAscii(bytes: Buffer): Buffer {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    const line = bytes.subarray(start, end === -1 ? bytes.length : end + 1);
    if (line.some((byte) => byte >= 0x80)) lines.push(line);
    start += line.length;
  }
  return Buffer.concat(lines);
}

function decode(bytes: Buffer, label: string): string | undefined {
  try {
    // As a stream: else Node 20 takes windows-1252 for ISO 8859-1.
    return new TextDecoder(label, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

/** Letters of one script, in the case of words; Latin ones with marks on a few of them only. */
function isPlausible(word: string): boolean {
  // Nobody writes the sign for any currency.
  if (/[¤\u0080-\u009f\uff61-\uff9f\ufffd\p{Co}]/u.test(word)) return false;
  if (!/\p{L}/u.test(word)) return true;
  const letters = word.match(/\p{L}/gu) ?? [];
  if (/[\p{S}\p{No}]|(?!ー)\p{Lm}/u.test(word) || /\p{Ll}\p{Lu}/u.test(word)) return false;
  const marked = word.match(/[^\p{ASCII}]/gu)?.length ?? 0;
  if (/\p{Script=Latin}/u.test(word)) {
    return (
      !/[^\p{Script=Latin}\p{M}\p{N}\p{Script=Common}]/u.test(word) &&
      marked * 2 <= Math.max(2, letters.length)
    );
  }
  if (/\p{Script=Hangul}/u.test(word)) return !/[^\p{Script=Hangul}\p{N}]/u.test(word);
  // Scripts of a few thousand signs leave hardly any bytes without a meaning: what is common in text counts.
  return !/[^\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Thai}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{M}\p{N}ー]/u.test(
    word,
  );
}
