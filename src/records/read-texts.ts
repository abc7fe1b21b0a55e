import { holdsMarkup, placedWithoutMarkup, withoutMarkup } from '../text/markup.ts';
import { isNonAnswer } from '../text/non-answers.ts';
import { isVisible } from '../text/visible.ts';
import { type Row, textNotes } from './row.ts';

export interface TextRules {
  /** Score what is no answer, such as `n/a`, like any other text. */
  keepNonAnswers: boolean;
  /** Keep where each character comes from in a cell with markup. */
  keepPlaces: boolean;
}

/**
 * Makes of the cells of text columns the texts that are scored: without markup, and empty where nothing is visible
 * or it is no answer. What was found goes into `Row.textNotes`; the cells themselves stay as they are.
 */
export async function readTexts(rows: readonly Row[], rules: TextRules): Promise<void> {
  for (const row of rows) {
    for (let index = 0; index < row.texts.length; index++) {
      const cell = row.texts[index] as string;
      if (cell === '') continue;
      const shown = holdsMarkup(cell) ? await withoutMarkup(cell) : cell;
      const { text, notes } = readText(cell, shown, rules);
      row.texts[index] = text;
      if (rules.keepPlaces && text !== cell && text !== '') {
        (row.cellPlaces ??= row.texts.map(() => undefined))[index] = await placedWithoutMarkup(cell);
      }
      if (notes !== 0) (row.textNotes ??= row.texts.map(() => 0))[index] = notes;
    }
  }
}

/** Whether there is something to score in a cell. */
export async function isScorable(cell: string): Promise<boolean> {
  const shown = holdsMarkup(cell) ? await withoutMarkup(cell) : cell;
  return readText(cell, shown, { keepNonAnswers: false }).text !== '';
}

/** @param shown - the cell without markup */
function readText(
  cell: string,
  shown: string,
  { keepNonAnswers }: Pick<TextRules, 'keepNonAnswers'>,
): { text: string; notes: number } {
  const notes = shown === cell ? 0 : textNotes.markup;
  if (!isVisible(shown)) return { text: '', notes };
  if (!keepNonAnswers && isNonAnswer(shown)) return { text: '', notes: notes | textNotes.nonAnswer };
  return { text: shown, notes };
}
