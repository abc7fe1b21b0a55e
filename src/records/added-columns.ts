import { isSilenced, labelCountOf, type ShardPredictions, textFlags } from '../protocol.ts';
import { formatScore } from './prediction-view.ts';
import type { WriterOptions } from './format-writer.ts';
import {
  labelScoreColumnOf,
  labelSeparator,
  scoreColumnOf,
  textColumnPrefix,
  truncatedName,
} from './output-names.ts';

type Layout = Pick<WriterOptions, 'tasks' | 'textColumns' | 'scores' | 'flagTruncated'>;

/** Names of the columns that CSV and TSV get: for each text column a few per task. */
export function addedNames(options: Layout & Pick<WriterOptions, 'prefix'>): string[] {
  const { tasks, textColumns, scores, prefix, flagTruncated } = options;
  return textColumns.flatMap((column) => {
    const start = prefix + (textColumns.length > 1 ? textColumnPrefix(column) : '');
    const names = tasks.flatMap(({ name, labels }) => {
      if (scores === 'none') return [name];
      const perLabel = scores === 'all' ? labels.map((label) => labelScoreColumnOf(name, label)) : [];
      return [name, scoreColumnOf(name)].concat(perLabel);
    });
    if (flagTruncated) names.push(truncatedName);
    return names.map((name) => start + name);
  });
}

/** The cells of a row under {@link addedNames}; `row` is its place in the shard. */
export type AddedCells = (predictions: ShardPredictions, row: number) => string[];

/**
 * Reads the cells right out of the shard's arrays: this runs for every text on the one thread that also reads
 * and writes.
 */
export function addedCellsReader({ tasks, textColumns, scores, flagTruncated }: Layout): AddedCells {
  const width = labelCountOf(tasks);
  const cellsOf = (labels: readonly string[]): number => {
    if (scores === 'none') return 1;
    return scores === 'top' ? 2 : 2 + labels.length;
  };
  const blanks = tasks.reduce((sum, { labels }) => sum + cellsOf(labels), flagTruncated ? 1 : 0);

  function addText(cells: string[], predictions: ShardPredictions, text: number): void {
    const flags = predictions.flags[text] ?? 0;
    if ((flags & textFlags.empty) !== 0) {
      addBlanks(cells, blanks);
      return;
    }
    let at = text * width;
    for (const { labels } of tasks) {
      if (flags & textFlags.noFeedback && isSilenced(predictions.scores, at, labels.length)) {
        addBlanks(cells, cellsOf(labels));
      } else addTask(cells, labels, predictions, at);
      at += labels.length;
    }
    if (flagTruncated) cells.push(String((flags & textFlags.truncated) !== 0));
  }

  function addTask(cells: string[], labels: string[], predictions: ShardPredictions, start: number): void {
    let joined = '';
    let joinedScores = '';
    let separator = '';
    for (let label = 0; label < labels.length; label++) {
      if (predictions.assigned[start + label] !== 1) continue;
      joined += separator + labels[label];
      if (scores !== 'none') joinedScores += separator + scoreAt(predictions, start + label);
      separator = labelSeparator;
    }
    cells.push(joined);
    if (scores !== 'none') cells.push(joinedScores);
    if (scores !== 'all') return;
    for (let label = 0; label < labels.length; label++) cells.push(scoreAt(predictions, start + label));
  }

  return (predictions, row) => {
    const cells: string[] = [];
    for (let text = 0; text < textColumns.length; text++) {
      addText(cells, predictions, row * textColumns.length + text);
    }
    return cells;
  };
}

function addBlanks(cells: string[], count: number): void {
  for (let blank = 0; blank < count; blank++) cells.push('');
}

function scoreAt({ scores }: ShardPredictions, index: number): string {
  return formatScore(scores[index] ?? Number.NaN);
}
