/** Separator between the labels of a multi-label task in one cell, and between their scores. */
export const labelSeparator = ';';

/** Key of the predictions in a JSON record, behind the prefix. */
const predictionsName = 'predictions';

/** Column, or key, that says whether only the start of a text was scored. */
export const truncatedName = 'truncated';

/** Key of a text's sentences in a JSON record. */
export const sentencesName = 'sentences';

/** Column, or key, that says what became of a row since an earlier file. */
export const changeName = 'change';

/** Key of the words that carried a text's labels in a JSON record. */
export const explanationName = 'explanation';

/** Columns of a row that stands for a sentence: the sentence, and where it starts and ends in its cell. */
export const sentenceColumns = ['sentence', 'sentence_start', 'sentence_end'] as const;

/** Key of the predictions in a JSON record. */
export function predictionsKey(prefix: string): string {
  return prefix + predictionsName;
}

/** Whether a key holds the predictions, behind whatever prefix. */
export function isPredictionsKey(key: string): boolean {
  return key.endsWith(predictionsName);
}

/** Separator between the name of a text column and that of a task, where several text columns are scored. */
export const taskSeparator = '.';

/** Prefix of the columns that belong to one of several text columns. */
export function textColumnPrefix(textColumn: string): string {
  return textColumn + taskSeparator;
}

/** Column with the scores of the labels in `column`. */
export function scoreColumnOf(column: string): string {
  return `${column}_score`;
}

/** Column with the score of one label, whether it is assigned or not. */
export function labelScoreColumnOf(column: string, label: string): string {
  return `${scoreColumnOf(column)}_${label}`;
}

/** Column that tells by 0 or 1 whether a text has one label of the task in `column`. */
export function labelColumnOf(column: string, label: string): string {
  return `${column}_${label}`;
}

/** The cell that holds these labels, or these scores. */
export function joinLabels(labels: readonly string[]): string {
  return labels.join(labelSeparator);
}

/** The labels, or the scores, that a cell holds; none in an empty one. */
export function splitLabels(cell: string): string[] {
  return cell === '' ? [] : cell.split(labelSeparator);
}
