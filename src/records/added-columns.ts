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
export type AddedCells<Cell> = (
  row: Row,
  predictions: ShardPredictions,
  place: number,
  sentences?: readonly TextSentences[],
) => Cell[][];

/**
 * Reads the cells right out of the shard's arrays: this runs for every text on the one thread that also reads
 * and writes.
 * @param write makes a cell of its text; of each label once
 * @param writeScore makes a cell of a score
 */
export function addedCellsReader<Cell>(
  { tasks, textColumns, scores, wide = false, flagTruncated, sentences: asked, showChange = false }: Layout,
  write: (cell: string) => Cell,
  writeScore: (score: number) => Cell,
): AddedCells<Cell> {
  const blank = write('');
  const [off, on] = [write('0'), write('1')];
  const width = labelCountOf(tasks);
  const columns = tasks.map((task) => {
    const { labels } = task;
    const hasFlags = wide && hasSeveralLabels(task);
    const perLabel = (scores === 'all' ? labels.length : 0) + (hasFlags ? labels.length : 0);
    const cells = (scores === 'none' ? 1 : 2) + perLabel;
    return { labels, written: labels.map(write), hasFlags, cells };
  });
  const asRows = asked?.asRows === true;
  const pairs = asRows ? 0 : (asked?.pairs.length ?? 0);
  const blanks = columns.reduce((sum, { cells }) => sum + cells, pairs + (flagTruncated ? 1 : 0));

  function addText(
    cells: Cell[],
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
    for (const column of columns) {
      const { length } = column.labels;
      if (flags & textFlags.noFeedback && isSilenced(predictions.scores, at, length)) {
        addBlanks(cells, column.cells);
      } else addTask(cells, column, predictions, at);
      at += length;
    }
    for (let pair = 0; pair < pairs; pair++) cells.push(write(joinPairs(sentences?.pairs[pair] ?? [])));
    if (flagTruncated) cells.push(write(String((flags & textFlags.truncated) !== 0)));
  }

  function addBlanks(cells: Cell[], count: number): void {
    for (let next = 0; next < count; next++) cells.push(blank);
  }

  function addTask(
    cells: Cell[],
    { labels, written, hasFlags }: (typeof columns)[number],
    { assigned, scores: scored }: ShardPredictions,
    start: number,
  ): void {
    const end = start + labels.length;
    let count = 0;
    let last = start;
    for (let at = start; at < end; at++) {
      if (assigned[at] !== 1) continue;
      count++;
      last = at;
    }
    if (count < 2) {
      cells.push(count === 0 ? blank : (written[last - start] ?? blank));
      if (scores !== 'none') cells.push(count === 0 ? blank : writeScore(scored[last] as number));
    } else {
      const places = labels.flatMap((_, label) => (assigned[start + label] === 1 ? [label] : []));
      cells.push(write(places.map((label) => labels[label]).join(labelSeparator)));
      const joined = places
        .map((label) => formatScore(scored[start + label] ?? Number.NaN))
        .join(labelSeparator);
      if (scores !== 'none') cells.push(write(joined));
    }
    if (scores === 'all') for (let at = start; at < end; at++) cells.push(writeScore(scored[at] as number));
    if (hasFlags) for (let at = start; at < end; at++) cells.push(assigned[at] === 1 ? on : off);
  }

  function sentenceRows(predictions: ShardPredictions, text: number, own: TextSentences): Cell[][] {
    // A row without sentences stays a row, so that none is missed.
    if (own.sentences.length === 0) {
      const cells: Cell[] = sentenceColumns.map(() => blank);
      addText(cells, predictions, text, undefined);
      return [cells];
    }
    return own.sentences.map(({ text: sentence, start, end, place }) => {
      const cells = [sentence, String(start), String(end)].map(write);
      addText(cells, predictions, place, undefined);
      return cells;
    });
  }

  return (row, predictions, place, sentences) => {
    if (asRows) {
      const own = sentences?.[place] ?? { sentences: [], pairs: [] };
      const change = showChange ? [write(row.change ?? '')] : [];
      return sentenceRows(predictions, place, own).map((cells) => cells.concat(change));
    }
    const cells: Cell[] = [];
    for (let column = 0; column < textColumns.length; column++) {
      const text = place * textColumns.length + column;
      addText(cells, predictions, text, sentences?.[text]);
    }
    if (showChange) cells.push(write(row.change ?? ''));
    return [cells];
  };
}

function hasSeveralLabels({ problemType }: TaskLayout): boolean {
  return problemType === 'multi_label_classification';
}
