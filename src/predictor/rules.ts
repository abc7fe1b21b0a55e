import type { LabelRule } from '../bundle/bundle-json.ts';
import type { TaskDecoder } from './decode.ts';

/** Scripts that put no spaces between words: a word is found in them wherever it stands. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const wordCharacter = `(?![${unspaced}])[\\p{L}\\p{N}\\p{M}_]`;

/** Finds which labels a text gets by rule. */
export type RuleFinder = (text: string) => number[];

/**
 * Makes a finder of whole words: compatibility forms, case and the kind of white space make no difference.
 * @param labels of the task, in logit order
 */
export function ruleFinder(rules: readonly LabelRule[], labels: readonly string[]): RuleFinder | undefined {
  if (rules.length === 0) return undefined;
  const patterns = rules.map(({ label, words }) => ({
    label: labels.indexOf(label),
    pattern: new RegExp(words.map(wordPattern).join('|'), 'u'),
  }));
  return (text) => {
    const normal = normalizeWords(text);
    return patterns.filter(({ pattern }) => pattern.test(normal)).map(({ label }) => label);
  };
}

function wordPattern(word: string): string {
  const normal = normalizeWords(word);
  const literal = normal.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const isWord = new RegExp(`^${wordCharacter}$`, 'u');
  const characters = Array.from(normal);
  // Next to punctuation or an unspaced script a word ends by itself.
  const before = isWord.test(characters[0] ?? '') ? `(?<!${wordCharacter})` : '';
  const after = isWord.test(characters.at(-1) ?? '') ? `(?!${wordCharacter})` : '';
  return before + literal + after;
}

function normalizeWords(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ').trim();
}

/**
 * Gives a text the labels that rules found, in scores and assignments that were decoded before. A single-label task
 * takes the one with the highest score of them.
 */
export function enforceRules(
  found: readonly number[],
  { task }: TaskDecoder,
  scores: Float32Array,
  assigned: Uint8Array,
  at: number,
): void {
  if (found.length === 0) return;
  if (task.problemType === 'multi_label_classification') {
    for (const label of found) {
      scores[at + label] = 1;
      assigned[at + label] = 1;
    }
    return;
  }
  const sum = found.reduce((total, label) => total + (scores[at + label] as number), 0);
  let best = found[0] as number;
  for (let label = 0; label < task.labels.length; label++) {
    assigned[at + label] = 0;
    const share = sum === 0 ? 1 / found.length : (scores[at + label] as number) / sum;
    scores[at + label] = found.includes(label) ? share : 0;
    if ((scores[at + label] as number) > (scores[at + best] as number)) best = label;
  }
  assigned[at + best] = 1;
}
