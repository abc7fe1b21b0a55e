import { Tokenizer } from '@huggingface/tokenizers';
import { BytePairMerger } from './byte-pair-merger.ts';
import { javascriptPattern } from './javascript-pattern.ts';
import { normalizerOf, normalizerSteps } from './normalizer.ts';
import { type Json, stepsOf, type TextEncoder } from './tokenizer-json.ts';
import { rememberWords } from './word-cache.ts';

/** GPT-2's, which `ByteLevel` splits by. */
const byteLevelPattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/**
 * Texts to ids by byte-pair encoding: split by the library, merged word by word, and a word seen before is looked up.
 * @param tokenizer parsed `tokenizer.json`
 * @param special pieces that no text may produce
 */
export function bytePairEncoder(tokenizer: Json, special: ReadonlySet<string>): TextEncoder {
  const merger = new BytePairMerger(tokenizer['model'], special);
  const normalize = normalizerOf(normalizerSteps(tokenizer['normalizer']));
  const steps = stepsOf(tokenizer['pre_tokenizer'], 'pretokenizers');
  const split = librarySplitter(steps.flatMap(librarySteps));
  const addsSpace = steps[0]?.['add_prefix_space'] === true;
  const encodeWord = rememberWords((word) => merger.encode(word));
  const encodeNormal = (normal: string): number[] => {
    if (normal === '') return [];
    const ids: number[] = [];
    for (const word of split(addsSpace && !normal.startsWith(' ') ? ` ${normal}` : normal))
      for (const id of encodeWord(word)) ids.push(id);
    return ids;
  };
  return { normalize, encodeNormal, encode: (text) => encodeNormal(normalize(text)) };
}

/** A step in the library's words, with patterns that find there what they find in the reference. */
function librarySteps(step: Json): Json[] {
  if (step['type'] === 'Split') return [splitBy(javascriptPattern(step['pattern']).source)];
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  if (step['use_regex'] === false) return [bytes];
  return [splitBy(javascriptPattern({ Regex: byteLevelPattern }).source), bytes];
}

function splitBy(expression: string): Json {
  return { type: 'Split', pattern: { Regex: expression }, behavior: 'Isolated', invert: false };
}

function librarySplitter(pretokenizers: Json[]): (text: string) => string[] {
  const { pre_tokenizer: preTokenizer } = new Tokenizer(
    {
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers },
      // The library's model is not asked: without pieces it takes no memory.
      model: { type: 'BPE', vocab: {}, merges: [] },
      post_processor: null,
      decoder: null,
      added_tokens: [],
    },
    {},
  );
  if (preTokenizer === null) throw new Error('the pre-tokenizer is not supported');
  return (text) => preTokenizer.pre_tokenize(text, { section_index: 0 });
}
