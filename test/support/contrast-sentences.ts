import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOpposites, settleClauses } from '../../src/pipeline/label-pairs.ts';
import type { Predictor } from '../../src/predictor/predictor.ts';
import { labelCountOf } from '../../src/protocol.ts';
import { addClause, sentenceCutter } from '../../src/text/sentences.ts';
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
export async function rightHalves(predictor: Predictor): Promise<Map<string, number>> {
  const { manifest } = predictor.bundle;
  const cut = sentenceCutter(manifest.languages);
  const tasks = [...predictor.tasks];
  const width = labelCountOf(tasks);
  const [opposites] = layoutOpposites(tasks, manifest.pairs, {});
  if (opposites === undefined) throw new Error(`${manifest.name} has no labels that make a third one`);
  const { is } = opposites;
  const right = new Map<string, number>();
  for (const { language, text, halves } of contrastSentences()) {
    const parts = cut(text);
    const clauses: number[][] = [];
    for (const [index, part] of parts.entries()) addClause(clauses, part, index);
    const found = await predictor.predictShard(parts.map(({ start, end }) => text.slice(start, end)));
    const { assigned } = settleClauses(opposites, found, width, clauses);
    const labels = parts.map((_, place) => {
      const from = place * width + is.offset;
      return is.labels[assigned.subarray(from, from + is.labels.length).indexOf(1)];
    });
    const isRight = halves.length === labels.length && halves.every((half, index) => half === labels[index]);
    right.set(language, (right.get(language) ?? 0) + Number(isRight));
  }
  return right;
}
