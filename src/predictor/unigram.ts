import { joinsSpaces, normalizerOf, normalizerSteps } from './normalizer.ts';
import { PieceTrie } from './piece-trie.ts';
import { type Json, stepsOf, type TextEncoder } from './tokenizer-json.ts';
import { rememberWords } from './word-cache.ts';

const space = '\u2581';
/** A space at the edge of a word, which is one with the space beside the word. */
const edgeSpace = /^[ \u2581]| $/;
const whiteSpace = /\p{White_Space}+/u;

/**
 * Texts to ids as XLM-R and MiniLM do it: words split at white space or at `▁`, and the most likely pieces of each.
 * Written here because the library does not split at `▁`.
 * @param tokenizer parsed `tokenizer.json`
 * @param special pieces that no text may produce
 */
export function unigramEncoder(tokenizer: Json, special: ReadonlySet<string>): TextEncoder {
  const model = tokenizer['model'] as { vocab: [string, number][]; unk_id: number };
  const [normalizers, preTokenizers] = [
    stepsOf(tokenizer['normalizer'], 'normalizers'),
    stepsOf(tokenizer['pre_tokenizer'], 'pretokenizers'),
  ];
  const splitWords = wordSplitter(preTokenizers);
  const steps = normalizerSteps(tokenizer['normalizer']);
  const normalize = normalizerOf(steps);
  const pieces = new PieceTrie(model.vocab, model.unk_id, special);
  const encodeNormal = (normal: string): number[] => {
    const ids: number[] = [];
    for (const word of splitWords(normal)) pieces.encode(word, ids);
    return ids;
  };
  const encode = (text: string): number[] => encodeNormal(normalize(text));
  if (!areWordsIndependent(normalizers, preTokenizers)) return { normalize, encodeNormal, encode };
  const encodeWords = wordByWord(encode, (word) => {
    let normal = word;
    for (const step of steps) {
      if (step.keepsToItself?.(normal) === false) return undefined;
      normal = step.normalize(normal);
    }
    return normal === '' || edgeSpace.test(normal) ? undefined : encodeNormal(normal);
  });
  return { normalize, encodeNormal, encode: encodeWords };
}

/**
 * Encodes what stands between spaces by itself, and looks up what was encoded before: normal form, words and pieces
 * are then found once per word, not once per text.
 * @param encodeWord gives nothing where a word could reach across a space: then the text is encoded as a whole
 */
function wordByWord(
  encodeText: (text: string) => number[],
  encodeWord: (word: string) => number[] | undefined,
): (text: string) => number[] {
  const encodeKnownWord = rememberWords(encodeWord);
  return (text) => {
    // Where spaces do not vanish at a text's ends, they are tokens.
    if (text.startsWith(' ') || text.endsWith(' ')) return encodeText(text);
    const ids: number[] = [];
    for (const word of text.split(' ')) {
      if (word === '') continue;
      const some = encodeKnownWord(word);
      if (some === undefined) return encodeText(text);
      for (let at = 0; at < some.length; at++) ids.push(some[at] as number);
    }
    return ids;
  };
}

/**
 * Whether words between spaces are encoded alike alone and in a text: runs of spaces count as one, every word gets
 * its `▁`, and nothing looks at more than a word.
 */
function areWordsIndependent(normalizers: Json[], preTokenizers: Json[]): boolean {
  const isLocal = normalizers.every(
    (step) => step['type'] === 'Precompiled' || step['type'] === 'Strip' || joinsSpaces(step),
  );
  const collapses = joinsSpaces(normalizers.at(-1)) || preTokenizers[0]?.['type'] === 'WhitespaceSplit';
  const marksEveryWord = preTokenizers.every(
    (step) => step['type'] === 'WhitespaceSplit' || (schemeOf(step) === 'always' && step['split'] !== false),
  );
  return isLocal && collapses && marksEveryWord;
}

/** `WhitespaceSplit`, `Metaspace`, or both; words come out as the model wants them, `▁` included. */
function wordSplitter(steps: Json[]): (text: string) => string[] {
  const [first, ...others] = steps.map((step) =>
    step['type'] === 'WhitespaceSplit' ? splitAtWhiteSpace : metaspace(step),
  );
  return (text) => others.reduce((words, step) => words.flatMap(step), first?.(text) ?? []);
}

function splitAtWhiteSpace(text: string): string[] {
  return text.split(whiteSpace).filter((word) => word !== '');
}

/** When `Metaspace` puts a `▁` in front; before there were schemes there was a switch. */
export function schemeOf(metaspaceConfig: Json): unknown {
  return (
    metaspaceConfig['prepend_scheme'] ?? (metaspaceConfig['add_prefix_space'] === false ? 'never' : 'always')
  );
}

function metaspace(config: Json): (text: string) => string[] {
  const scheme = schemeOf(config);
  const atSpace = new RegExp(`(?=${space})`, 'u');
  const isOneWord = /^[^ \u2581]+$/;
  return (text) => {
    if (scheme === 'always' && isOneWord.test(text)) return [space + text];
    const replaced = text.replaceAll(' ', space);
    if (replaced === '') return [];
    const whole = scheme === 'always' && !replaced.startsWith(space) ? space + replaced : replaced;
    return config['split'] === false ? [whole] : whole.split(atSpace);
  };
}
