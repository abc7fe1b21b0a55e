import { isJsonObject } from '../records/json-fields.ts';
import type { LabelPair, PairNames } from '../records/sentence-view.ts';
import { scoreColumnOf, splitLabels, taskSeparator, textColumnPrefix } from '../records/output-names.ts';

/** Where the labels of one task for one text column stand in a delimited file. */
export interface TaskPlace {
  task: string;
  /** Column that was scored; undefined when there was one, whose name the added columns do not tell. */
  textColumn: string | undefined;
  column: string;
  scoreColumn: string | undefined;
}

/** How columns with labels are looked for. */
export interface LabelSearch {
  /** What stands before the names of all columns that were added; undefined where nothing tells. */
  prefix: string | undefined;
  /** Whether there are no tasks besides the known ones. */
  closed: boolean;
  /** Text columns that may have been scored, besides those that the file still has. */
  textColumns?: readonly string[];
}

/**
 * Finds the columns that `score` added: those beside which a `<column>_score` stands, and those named as a
 * task that is known. A name is `[prefix][<text column>.]<task>`; where the prefix is told, nothing else is one.
 * @param known tasks that there may be
 */
export function findTaskColumns(
  columns: readonly string[],
  known: readonly string[],
  { prefix, closed, textColumns = [] }: LabelSearch,
): TaskPlace[] {
  const names = new Set(columns);
  const texts = new Set([...columns, ...textColumns]);
  const places: TaskPlace[] = [];
  for (const column of columns) {
    if (!column.startsWith(prefix ?? '')) continue;
    const scoreColumn = names.has(scoreColumnOf(column)) ? scoreColumnOf(column) : undefined;
    const bare = column.slice(prefix?.length ?? 0);
    const isTask = (name: string): boolean =>
      prefix === undefined
        ? endsWithTask(bare, name, scoreColumn)
        : texts.has(bare.slice(0, -name.length - 1)) && bare.endsWith(taskSeparator + name);
    const task = known.includes(bare) ? bare : known.find(isTask);
    if (task === undefined && (scoreColumn === undefined || closed)) continue;
    // Behind another prefix are labels of another run.
    const isOfOther = prefix !== undefined && known.some((name) => endsWithTask(bare, name, scoreColumn));
    if (task === undefined && isOfOther) continue;
    const [textColumn, name] = splitName(bare, task, texts);
    places.push({ task: name, textColumn, column, scoreColumn });
  }
  // Where scores were written, a column without one is the user's own, for example with gold labels.
  const scored = places.filter(({ scoreColumn }) => scoreColumn !== undefined);
  return scored.length > 0 ? scored : places;
}

/** What stands before the names of added columns of which several claim one task, each prefix once; else none. */
export function rivalPrefixes(places: readonly TaskPlace[]): string[] {
  const idOf = ({ task, textColumn }: TaskPlace): string => JSON.stringify([task, textColumn]);
  const isRival = (place: TaskPlace): boolean =>
    places.some((other) => other !== place && idOf(other) === idOf(place));
  const prefixes = places.filter(isRival).map(({ task, textColumn, column }) => {
    const name = textColumn === undefined ? task : textColumnPrefix(textColumn) + task;
    return column.slice(0, column.length - name.length);
  });
  return [...new Set(prefixes)];
}

/**
 * Whether a column is named as a task behind something else. A text column in front ends with a dot; any other prefix
 * is only believed when there are scores beside it.
 */
function endsWithTask(column: string, task: string, scoreColumn: string | undefined): boolean {
  return column.endsWith(taskSeparator + task) || (scoreColumn !== undefined && column.endsWith(task));
}

function splitName(
  bare: string,
  task: string | undefined,
  columns: ReadonlySet<string>,
): [textColumn: string | undefined, task: string] {
  const dot = task === undefined ? bare.lastIndexOf(taskSeparator) : bare.length - task.length - 1;
  const front = dot > 0 && bare[dot] === taskSeparator ? bare.slice(0, dot) : undefined;
  if (front !== undefined) {
    // Behind an unknown prefix the text column is the longest column that the front ends with.
    const column = columns.has(front)
      ? front
      : [...columns]
          .filter((each) => front.endsWith(each))
          .toSorted((one, other) => other.length - one.length)[0];
    if (column !== undefined) return [column, task ?? bare.slice(dot + 1)];
  }
  return [undefined, task ?? bare];
}

/** Labels of one task for one text. */
export interface LabelSet {
  labels: string[];
  /** Scores in the order of `labels`; empty when the file has none. */
  scores: number[];
}

export function cellsToLabels(labels: string, scores: string | undefined): LabelSet {
  const values = splitLabels(scores ?? '').map(toScore);
  const names = splitLabels(labels);
  const isFirst = (_: unknown, index: number): boolean => names.indexOf(names[index] as string) === index;
  const isRead = values.every((value) => !Number.isNaN(value));
  return { labels: names.filter(isFirst), scores: isRead ? values.filter(isFirst) : [] };
}

/** Spreadsheets in most of Europe write `0,97` for 0.97. */
function toScore(cell: string): number {
  return Number(cell.replace(',', '.'));
}

/** Reads the labels of one task from the JSON that `score` writes, which has `label` or `labels`. */
export function jsonToLabels(value: unknown): (LabelSet & { isMulti: boolean }) | undefined {
  if (!isJsonObject(value)) return undefined;
  const { labels: several, label, score, scores } = value;
  const byLabel = isJsonObject(scores) ? scores : {};
  if (Array.isArray(several)) {
    const labels = [...new Set(several.filter((each) => typeof each === 'string'))];
    const known = labels.map((each) => byLabel[each]).filter((each) => typeof each === 'number');
    return { labels, scores: known.length === labels.length ? known : [], isMulti: true };
  }
  if (label === null) return { labels: [], scores: [], isMulti: false };
  if (typeof label !== 'string') return undefined;
  return { labels: [label], scores: typeof score === 'number' ? [score] : [], isMulti: false };
}

/** Reads the pairs of two tasks from the JSON that `score` writes: a list of objects with a label of each. */
export function jsonToPairs(value: unknown, { task, with: other }: PairNames): LabelPair[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isJsonObject)
    .flatMap(({ [task]: of, [other]: is }) =>
      typeof of === 'string' && typeof is === 'string' ? [{ of, is }] : [],
    );
}
