import { ruleFinder } from '../predictor/rules.ts';
import { seededRandom, shuffled } from '../random.ts';
import type { CodeframeLabel } from './codeframe.ts';
import type { Hints } from './fit-head.ts';
import type { TaskLabels } from './task-labels.ts';

/** How much a hint counts beside a labelled row. */
const hintWeights = { name: 0.5, description: 1, keyword: 0.5, example: 1, textWithKeyword: 0.7 };
/** Texts per label that count because of a keyword; more of them would only repeat it. */
const maxTextsPerLabel = 50;

/** What the model has to read of a codeframe, besides the texts. */
export interface HintText {
  text: string;
  label: string;
  weight: number;
}

export function hintTexts(codeframe: readonly CodeframeLabel[]): HintText[] {
  return codeframe.flatMap(({ label, description, keywords, examples }) => [
    // A name in one word, as `billing_payment`, is none to the model.
    { text: label.replaceAll('_', ' '), label, weight: hintWeights.name },
    ...(description === '' ? [] : [{ text: description, label, weight: hintWeights.description }]),
    ...keywords.map((text) => ({ text, label, weight: hintWeights.keyword })),
    ...examples.map((text) => ({ text, label, weight: hintWeights.example })),
  ]);
}

/**
 * Hints as rows to learn from: what the codeframe says, and texts that nobody labelled and that hold a keyword.
 * @param texts the texts of rows; the codeframe's own stand behind them
 */
export function hintRows(
  codeframe: readonly CodeframeLabel[],
  { layout, places }: TaskLabels,
  texts: readonly string[],
  seed: number,
): Hints {
  const { labels } = layout;
  const hints: Hints = {
    places: [],
    gold: [],
    weights: [],
    texts: texts.length,
    hits: labels.map(() => 0),
  };
  const add = (place: number, gold: number[], weight: number): void => {
    hints.places.push(place);
    hints.gold.push(gold);
    hints.weights.push(weight);
  };
  hintTexts(codeframe).forEach(({ label, weight }, index) => {
    add(texts.length + index, [labels.indexOf(label)], weight);
  });
  const rules = codeframe
    .map(({ label, keywords, must }) => ({ label, words: [...new Set([...keywords, ...must])] }))
    .filter(({ words }) => words.length > 0);
  const find = ruleFinder(rules, labels);
  if (find === undefined) return hints;
  const labelled = new Set(places);
  const taken = labels.map(() => 0);
  for (const place of shuffled(texts.length, seededRandom(seed))) {
    const found = [...new Set(find(texts[place] as string))].toSorted((one, other) => one - other);
    for (const label of found) hints.hits[label] = (hints.hits[label] as number) + 1;
    if (labelled.has(place)) continue;
    const isClear =
      layout.problemType === 'multi_label_classification' ? found.length > 0 : found.length === 1;
    if (!isClear || !found.some((label) => (taken[label] as number) < maxTextsPerLabel)) continue;
    for (const label of found) taken[label] = (taken[label] as number) + 1;
    add(place, found, hintWeights.textWithKeyword);
  }
  return hints;
}
