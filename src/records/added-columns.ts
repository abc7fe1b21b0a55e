import { isSilenced, labelCountOf, type ShardPredictions, type TaskLayout, textFlags } from '../protocol.ts';
import { joinPairs, pairColumnOf, type TextSentences } from './sentence-view.ts';
import { formatScore } from './prediction-view.ts';
import type { WriterOptions } from './format-writer.ts';
import type { Row } from './row.ts';
import {
  changeName,
  labelColumnOf,
  labelScoreColumnOf,
  labelSeparator,
  scoreColumnOf,
  sentenceColumns,
  textColumnPrefix,
  truncatedName,
} from './output-names.ts';

type Layout = Pick<
  WriterOptions,
  'tasks' | 'textColumns' | 'scores' | 'wide' | 'flagTruncated' | 'sentences' | 'showChange'
>;

/** Names of the columns that tables get: for each text column a few per task, and what became of the row. */
export function addedNames(options: Layout & Pick<WriterOptions, 'prefix'>): string[] {
  const { tasks, textColumns, scores, wide = false, prefix, flagTruncated, sentences } = options;
  const own = textColumns.flatMap((column) => {
    const start = prefix + (textColumns.length > 1 ? textColumnPrefix(column) : '');
    const names = tasks.flatMap((task) => {
      const { name, labels } = task;
      const perLabel = scores === 'all' ? labels.map((label) => labelScoreColumnOf(name, label)) : [];
      const flags = wide && hasSeveralLabels(task) ? labels.map((label) => labelColumnOf(name, label)) : [];
      return [name].concat(scores === 'none' ? [] : [scoreColumnOf(name)], perLabel, flags);
    });
    if (sentences?.asRows === true) names.unshift(...sentenceColumns);
    else names.push(...(sentences?.pairs ?? []).map(pairColumnOf));
    if (flagTruncated) names.push(truncatedName);
    return names.map((name) => start + name);
  });
  return options.showChange === true ? [...own, prefix + changeName] : own;
}

/**
 * What a cell holds: labels, one score or several in one cell, 0 or 1, `true` or `false`, what became of the row, a text,
 * a whole number.
 */
export type AddedKind = 'labels' | 'score' | 'scores' | 'flag' | 'truth' | 'change' | 'text' | 'count';

/** What stands in the columns of {@link addedNames}. */
export function addedKinds(options: Layout): AddedKind[] {
  const { tasks, textColumns, scores, wide = false, flagTruncated, sentences } = options;
  const own = textColumns.flatMap(() => {
    const kinds = tasks.flatMap((task): AddedKind[] => {
      const isMulti = hasSeveralLabels(task);
      const joined: AddedKind[] = scores === 'none' ? [] : [isMulti ? 'scores' : 'score'];
      const perLabel = scores === 'all' ? task.labels.map((): AddedKind => 'score') : [];
      const flags = wide && isMulti ? task.labels.map((): AddedKind => 'flag') : [];
      return (['labels'] as AddedKind[]).concat(joined, perLabel, flags);
    });
    const flag: AddedKind[] = flagTruncated ? ['truth'] : [];
    if (sentences?.asRows === true) return (['text', 'count', 'count'] as AddedKind[]).concat(kinds, flag);
    const pairs = (sentences?.pairs ?? []).map((): AddedKind => 'labels');
    return kinds.concat(pairs, flag);
  });
  return options.showChange === true ? [...own, 'change'] : own;
}

/** What a cell says, for files whose cells have types; null for an empty one. */
export function addedValue(cell: string, kind: AddedKind | undefined): string | number | boolean | null {
  if (cell === '') return null;
  if (kind === 'truth') return cell === 'true';
  return kind === 'score' || kind === 'flag' || kind === 'count' ? Number(cell) : cell;
}

/** The cells under {@link addedNames}, once for each row that is written for one; `place` is where it is in the shard. */
export type AddedCells = (
  row: Row,
  predictions: ShardPredictions,
  place: number,
  sentences?: readonly TextSentences[],
) => string[][];

/**
 * Reads the cells right out of the shard's arrays: this runs for every text on the one thread that also reads
 * and writes.
 */
export function addedCellsReader({
  tasks,
  textColumns,
  scores,
  wide = false,
  flagTruncated,
  sentences: asked,
  showChange = false,
}: Layout): AddedCells {
  const width = labelCountOf(tasks);
  const cellsOf = (task: TaskLayout): number => {
    const flags = wide && hasSeveralLabels(task) ? task.labels.length : 0;
    if (scores === 'none') return 1 + flags;
    return (scores === 'top' ? 2 : 2 + task.labels.length) + flags;
  };
  const asRows = asked?.asRows === true;
  const pairs = asRows ? 0 : (asked?.pairs.length ?? 0);
  const blanks = tasks.reduce((sum, task) => sum + cellsOf(task), pairs + (flagTruncated ? 1 : 0));

  function addText(
    cells: string[],
    predictions: ShardPredictions,
    text: number,
    sentences: TextSentences | undefined,
  ): void {
    const flags = predictions.flags[text] ?? 0;
    if ((flags & textFlags.empty) !== 0) {
      addBlanks(cells, blanks);
      return;
    }
    let at = text * width;
    for (const task of tasks) {
      const { labels } = task;
      if (flags & textFlags.noFeedback && isSilenced(predictions.scores, at, labels.length)) {
        addBlanks(cells, cellsOf(task));
      } else addTask(cells, task, predictions, at);
      at += labels.length;
    }
    for (let pair = 0; pair < pairs; pair++) cells.push(joinPairs(sentences?.pairs[pair] ?? []));
    if (flagTruncated) cells.push(String((flags & textFlags.truncated) !== 0));
  }

  function addTask(cells: string[], task: TaskLayout, predictions: ShardPredictions, start: number): void {
    const { labels } = task;
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
    if (scores === 'all') {
      for (let label = 0; label < labels.length; label++) cells.push(scoreAt(predictions, start + label));
    }
    if (!wide || !hasSeveralLabels(task)) return;
    for (let label = 0; label < labels.length; label++) {
      cells.push(predictions.assigned[start + label] === 1 ? '1' : '0');
    }
  }

  function sentenceRows(predictions: ShardPredictions, text: number, own: TextSentences): string[][] {
    // A row without sentences stays a row, so that none is missed.
    if (own.sentences.length === 0) {
      const cells: string[] = sentenceColumns.map(() => '');
      addText(cells, predictions, text, undefined);
      return [cells];
    }
    return own.sentences.map(({ text: sentence, start, end, place }) => {
      const cells = [sentence, String(start), String(end)];
      addText(cells, predictions, place, undefined);
      return cells;
    });
  }

  return (row, predictions, place, sentences) => {
    if (asRows) {
      const own = sentences?.[place] ?? { sentences: [], pairs: [] };
      const change = showChange ? [row.change ?? ''] : [];
      return sentenceRows(predictions, place, own).map((cells) => cells.concat(change));
    }
    const cells: string[] = [];
    for (let column = 0; column < textColumns.length; column++) {
      const text = place * textColumns.length + column;
      addText(cells, predictions, text, sentences?.[text]);
    }
    if (showChange) cells.push(row.change ?? '');
    return [cells];
  };
}

function hasSeveralLabels({ problemType }: TaskLayout): boolean {
  return problemType === 'multi_label_classification';
}

function addBlanks(cells: string[], count: number): void {
  for (let blank = 0; blank < count; blank++) cells.push('');
}

function scoreAt({ scores }: ShardPredictions, index: number): string {
  return formatScore(scores[index] ?? Number.NaN);
}
