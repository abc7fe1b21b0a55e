import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';
import { feedbackTexts } from '../support/feedback-texts.ts';
import { seededRandom } from '../../src/random.ts';

export interface InputShape {
  rows: number;
  /** Share of rows without a comment. */
  emptyShare: number;
  /** Share of rows that repeat an earlier comment. */
  duplicateShare: number;
  /** JSONL file whose `text`s take the place of the fixture's comments, each used as it is. */
  texts?: string | undefined;
}

/**
 * Writes a survey export whose comments have the lengths and languages of `fixtures/feedback.csv`: each is one
 * of its comments with a few words exchanged for those of another comment, so that no two are equal by chance.
 */
export async function makeInput(path: string, shape: InputShape): Promise<void> {
  const random = seededRandom(11);
  const given = shape.texts === undefined ? undefined : readTexts(shape.texts);
  const comments = given ?? [...new Set(feedbackTexts().filter((text) => text.trim() !== ''))];
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value;
  const file = createWriteStream(path);
  file.write('id,date,channel,rating,comment\n');
  const made: string[] = [];
  for (let row = 0; row < shape.rows; row++) {
    const kind = random();
    let comment = '';
    if (kind < shape.duplicateShare && made.length > 0) comment = pick(made);
    else if (kind >= shape.duplicateShare + shape.emptyShare || kind < shape.duplicateShare) {
      comment = given?.[row] ?? vary(pick(comments), pick(comments), random);
      // Repeats are mostly of recent and short comments; a window keeps memory flat.
      made[row % 5000] = comment;
    }
    const cells = [
      `R-${row}`,
      '2026-05-04',
      pick(['web', 'app', 'email', 'store']),
      String(1 + Math.floor(random() * 5)),
    ];
    if (!file.write(stringify([[...cells, comment]]))) await once(file, 'drain');
  }
  file.end();
  await finished(file);
}

function readTexts(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => (JSON.parse(line) as { text: string }).text);
}

/** Exchanges about a quarter of the words of `text` for words of `other`. */
function vary(text: string, other: string, random: () => number): string {
  const words = other.split(/\s+/);
  return text
    .split(/(\s+)/)
    .map((word) =>
      word.trim() !== '' && random() < 0.25 ? (words[Math.floor(random() * words.length)] as string) : word,
    )
    .join('');
}
