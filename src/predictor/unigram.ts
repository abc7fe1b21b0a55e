import { libraryNormalizer } from './library-normalizer.ts';
import { PieceTrie } from './piece-trie.ts';
import { PrecompiledNormalizer } from './precompiled.ts';
import type { Json, TextEncoder } from './tokenizer-json.ts';
import { rememberWords } from './word-cache.ts';

const space = '\u2581';
/** At a word's edge it is one with the space beside the word. */
const edgeSpace = /^[ \u2581]| $/;
const whiteSpace = /\p{White_Space}+/u;

/**
 * Texts to ids as XLM-R and MiniLM do it: `Precompiled` normalizer, words split at white space or at `▁`, and the
 * most likely pieces of each word. Written here because the library approximates the normalizer and does not
 * split at `▁`.
 * @param tokenizer parsed `tokenizer.json`
 * @param special pieces that no text may produce
 * @returns nothing for a tokenizer that is not of this kind
 */
export function unigramEncoder(tokenizer: Json, special: ReadonlySet<string>): TextEncoder | undefined {
  const model = tokenizer['model'] as Json;
  const [normalizers, preTokenizers] = [
    stepsOf(tokenizer['normalizer'] as Json | null, 'normalizers'),
    stepsOf(tokenizer['pre_tokenizer'] as Json | null, 'pretokenizers'),
  ];
  const splitWords = wordSplitter(preTokenizers);
  if (model['type'] !== 'Unigram' || model['byte_fallback'] === true || splitWords === undefined)
    return undefined;
  if (typeof model['unk_id'] !== 'number') return undefined;
  const steps = normalizers.map(normalizer);
  const normalize = (text: string): string => {
    let normal = text;
    for (const step of steps) normal = step.normalize(normal);
    return normal;
  };
  const pieces = new PieceTrie(model['vocab'] as [string, number][], model['unk_id'], special);
  const encodeNormal = (normal: string): number[] => {
    const ids: number[] = [];
    for (const word of splitWords(normal)) pieces.encode(word, ids);
    return ids;
  };
  const encodeText = (text: string): number[] => encodeNormal(normalize(text));
  if (!areWordsIndependent(normalizers, preTokenizers)) return encodeText;
  return wordByWord(encodeText, (word) => {
    let normal = word;
    for (const step of steps) {
      if (step.keepsToItself?.(normal) === false) return undefined;
      normal = step.normalize(normal);
    }
    return normal === '' || edgeSpace.test(normal) ? undefined : encodeNormal(normal);
  });
}

/**
 * Encodes what stands between spaces by itself, and looks up what was encoded before: normal form, words and pieces
 * are then found once per word, not once per text.
 * @param encodeWord gives nothing where a word could reach across a space: then the text is encoded as a whole
 */
function wordByWord(
  encodeText: TextEncoder,
  encodeWord: (word: string) => number[] | undefined,
): TextEncoder {
  const encodeKnownWord = rememberWords(encodeWord);
  return (text) => {
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

function stepsOf(config: Json | null | undefined, list: 'normalizers' | 'pretokenizers'): Json[] {
  if (config === null || config === undefined) return [];
  if (config['type'] !== 'Sequence') return [config];
  return (config[list] as Json[]).flatMap((step) => stepsOf(step, list));
}

interface NormalizerStep {
  normalize(text: string): string;
  /** See `PrecompiledNormalizer`; a step without it looks at no more than a character. */
  keepsToItself?(text: string): boolean;
}

function normalizer(config: Json): NormalizerStep {
  if (config['type'] === 'Precompiled')
    return new PrecompiledNormalizer(config['precompiled_charsmap'] as string);
  const normalize = libraryNormalizer(config);
  if (!joinsSpaces(config)) return { normalize };
  return { normalize: (text) => (text.includes('  ') ? normalize(text) : text) };
}

/** Whether a normalizer makes one space, or `▁`, of several spaces, and does nothing else. */
function joinsSpaces(config: Json | undefined): boolean {
  const content = config?.['content'];
  return (
    config?.['type'] === 'Replace' &&
    (config['pattern'] as Json)['Regex'] === ' {2,}' &&
    (content === ' ' || content === space)
  );
}

/**
 * `WhitespaceSplit`, `Metaspace`, or both; words come out as the model wants them, `▁` included.
 * @returns nothing where there is another step
 */
function wordSplitter(steps: Json[]): ((text: string) => string[]) | undefined {
  const splitters = steps.map(stepSplitter);
  if (splitters.length === 0 || splitters.some((step) => step === undefined)) return undefined;
  const [first, ...others] = splitters as ((text: string) => string[])[];
  return (text) => others.reduce((words, step) => words.flatMap(step), first?.(text) ?? []);
}

function stepSplitter(config: Json): ((text: string) => string[]) | undefined {
  if (config['type'] === 'WhitespaceSplit')
    return (text) => text.split(whiteSpace).filter((word) => word !== '');
  return config['type'] === 'Metaspace' ? metaspace(config) : undefined;
}

/** Before there were schemes there was a switch. */
function schemeOf(metaspaceConfig: Json): unknown {
  return (
    metaspaceConfig['prepend_scheme'] ?? (metaspaceConfig['add_prefix_space'] === false ? 'never' : 'always')
  );
}

function metaspace(config: Json): ((text: string) => string[]) | undefined {
  const scheme = schemeOf(config);
  if ((config['replacement'] ?? space) !== space || scheme === 'first') return undefined;
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
