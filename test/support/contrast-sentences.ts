import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sentenceCutter } from '../../src/text/sentences.ts';
import type { Predictor } from '../../src/index.ts';
import { repositoryRoot } from './paths.ts';

/** A sentence of two halves, about two things of which one is liked and the other one is not. */
export interface ContrastSentence {
  language: string;
  text: string;
  /** What each half says about its thing. */
  halves: string[];
}

/** Ten sentences in each of the languages of the default bundle, written for this. */
export function contrastSentences(): ContrastSentence[] {
  const file = join(repositoryRoot, 'test', 'bench', 'contrast-sentences.tsv');
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [language = '', pairs = '', text = ''] = line.split('\t');
    return { language, text, halves: pairs.split(';').map((pair) => pair.split('=')[1] ?? '') };
  });
}

/** Sentences of which both halves were told apart and labelled right, by language. */
export async function rightHalves(predictor: Predictor, task: string): Promise<Map<string, number>> {
  const cut = sentenceCutter(predictor.bundle.manifest.languages);
  const right = new Map<string, number>();
  for (const { language, text, halves } of contrastSentences()) {
    const parts = cut(text).map(({ start, end }) => text.slice(start, end));
    const found = (await predictor.predict(parts)).map(({ tasks }) => tasks[task]?.label);
    const isRight = halves.length === found.length && halves.every((half, index) => half === found[index]);
    right.set(language, (right.get(language) ?? 0) + Number(isRight));
  }
  return right;
}
