import { bertNormalizer } from './bert-normalizer.ts';
import { javascriptPattern } from './javascript-pattern.ts';
import { lowercase } from './lowercase.ts';
import { PrecompiledNormalizer } from './precompiled.ts';
import { type Json, stepsOf } from './tokenizer-json.ts';

/** One step of a normalizer. */
export interface NormalizerStep {
  normalize(text: string): string;
  /** See `PrecompiledNormalizer`; a step without it looks at no more than a character. */
  keepsToItself?(text: string): boolean;
}

const whiteSpace = /\p{White_Space}/u;

/** No tokenizer has nearly as many; each costs a pass over every text. */
const maxSteps = 64;

/** The steps of a normalizer of `tokenizer.json`, which do what the Rust `tokenizers` do. */
export function normalizerSteps(config: unknown): NormalizerStep[] {
  const steps = stepsOf(config, 'normalizers');
  if (steps.length > maxSteps)
    throw new Error(`expected at most ${maxSteps} normalizers, found ${steps.length}`);
  return steps.map((step) => {
    const made = makeStep(step);
    return typeof made === 'function' ? { normalize: made } : made;
  });
}

/** All steps of a normalizer in one. */
export function normalizerOf(steps: readonly NormalizerStep[]): (text: string) => string {
  return (text) => {
    let normal = text;
    for (const step of steps) normal = step.normalize(normal);
    return normal;
  };
}

/** Whether a normalizer makes one space, or `▁`, of several spaces, and does nothing else. */
export function joinsSpaces(config: Json | undefined): boolean {
  return (
    config?.['type'] === 'Replace' &&
    (config['pattern'] as Json)['Regex'] === ' {2,}' &&
    (config['content'] === ' ' || config['content'] === '\u2581')
  );
}

function makeStep(config: Json): NormalizerStep | ((text: string) => string) {
  switch (config['type']) {
    case 'Precompiled':
      return new PrecompiledNormalizer(config['precompiled_charsmap'] as string);
    case 'BertNormalizer':
      return bertNormalizer(config);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = config['type'];
      return (text) => text.normalize(form);
    }
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return (text) => text.replace(/\p{M}/gu, '');
    case 'Strip':
      return strip(config);
    case 'Replace':
      return replace(config);
    case 'Prepend':
      return (text) => (text === '' ? text : `${config['prepend'] as string}${text}`);
    default:
      throw new Error(`the normalizer ${String(config['type'])} is not supported`);
  }
}

/** Not `trim`: JavaScript counts a byte order mark as white space, and U+0085 not. */
function strip(config: Json): (text: string) => string {
  return (text) => {
    let [start, end] = [0, text.length];
    if (config['strip_left'] === true) while (start < end && whiteSpace.test(text.charAt(start))) start++;
    if (config['strip_right'] === true) while (end > start && whiteSpace.test(text.charAt(end - 1))) end--;
    return text.slice(start, end);
  };
}

function replace(config: Json): (text: string) => string {
  const pattern = javascriptPattern(config['pattern']);
  const content = (config['content'] ?? '') as string;
  // A function: in a text `$&` would stand for what was found.
  const replaceAll = (text: string): string => text.replace(pattern, () => content);
  if (!joinsSpaces(config)) return replaceAll;
  return (text) => (text.includes('  ') ? replaceAll(text) : text);
}
