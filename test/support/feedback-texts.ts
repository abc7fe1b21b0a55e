import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFeedback } from './feedback.ts';
import { fixturesDirectory } from './paths.ts';

/** The comments of `fixtures/feedback.csv`, empty and duplicate ones included. */
export function feedbackTexts(): string[] {
  return parseFeedback(readFileSync(join(fixturesDirectory, 'feedback.csv'), 'utf8')).map(
    (row) => row.comment,
  );
}
