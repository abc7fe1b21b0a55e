import { findBundle } from '../bundle/find-bundle.ts';
import { checkBundle } from '../bundle/load-bundle.ts';
import { InputError, UsageError, VoxpopError } from '../errors.ts';
import type { ScoringOptions } from '../options.ts';
import { runSummaryBeside, type RunSummary } from '../pipeline/read-manifest.ts';
import { columnsReader, valueText } from '../records/column-reader.ts';
import { isJsonObject, type JsonObject } from '../records/json-fields.ts';
import { openRecords } from '../records/open-records.ts';
import { precede } from '../records/precede.ts';
import { isDelimited, type RecordsHead, type Row } from '../records/row.ts';
import { resolveTextColumns } from '../records/text-columns.ts';
import {
  cellsToLabels,
  findTaskColumns,
  jsonToLabels,
  type LabelSet,
  type TaskPlace,
} from './scored-layout.ts';
import { nameList } from '../text/name-list.ts';
import { isPredictionsKey, predictionsKey } from '../records/output-names.ts';

export interface ScoredFileOptions extends Pick<
  ScoringOptions,
  'from' | 'delimiter' | 'encoding' | 'stdin' | 'text' | 'tasks' | 'model' | 'signal'
> {
  /** Prefix that the file was scored with, found out when absent. */
  prefix?: string | undefined;
}

/** A task in a scored file. Whether it is multi-label shows in the labels, at the latest after the last row. */
export interface ScoredTask {
  name: string;
  isMulti: boolean;
}

/** One text of a row with the labels that it got, in the order of the file's tasks. */
export interface ScoredText {
  /** Undefined when the file does not tell which column was scored. */
  column: string | undefined;
  /** Undefined when the column is not known. */
  text: string | undefined;
  tasks: LabelSet[];
  /** Whether there was nothing to score. */
  isEmpty: boolean;
}

export interface ScoredRow {
  row: Row;
  texts: ScoredText[];
}

/** The output of `voxpop score`, read again. */
export interface ScoredFile {
  path: string;
  head: RecordsHead;
  tasks: ScoredTask[];
  textColumns: string[];
  manifest: RunSummary | undefined;
  /** To be called once. */
  rows(): AsyncGenerator<ScoredRow[]>;
  close(): Promise<void>;
}

/**
 * Opens a scored file and finds the labels in it: by `--tasks`, by the manifest beside it, by the columns with
 * a score, or by the tasks of the bundle.
 * @throws InputError when there are none, UsageError
 */
export async function openScoredFile(path: string, options: ScoredFileOptions): Promise<ScoredFile> {
  const manifest = path === '-' ? undefined : await runSummaryBeside(path);
  const records = await openRecords({ ...options, inputs: [path] });
  try {
    const batches = records.rows([]);
    const next = await batches.next();
    const first = next.done === true ? [] : next.value;
    const rows = precede([first], batches);
    const layout = isDelimited(records.head.format)
      ? await delimitedLayout(path, records.head, manifest, options)
      : jsonLayout(path, records.head, first, options);
    const textColumns = findTextColumns(records.head, layout.textColumns, manifest, options);
    const read = layout.reader(textColumns);
    const readTexts = columnsReader(records.head, textColumns, '--text');
    return {
      path,
      head: records.head,
      tasks: layout.tasks,
      textColumns,
      manifest,
      async *rows() {
        for await (const batch of rows) {
          options.signal?.throwIfAborted();
          yield batch.map((row) => ({ row, texts: read(row, readTexts(row).map(valueText)) }));
        }
      },
      close: () => records.close(),
    };
  } catch (error) {
    await records.close();
    throw error;
  }
}

type TextsReader = (row: Row, texts: string[]) => ScoredText[];

interface Layout {
  tasks: ScoredTask[];
  /** Named by the added columns; empty when there is one that they do not name. */
  textColumns: string[];
  reader: (textColumns: string[]) => TextsReader;
}

async function delimitedLayout(
  path: string,
  head: RecordsHead,
  manifest: RunSummary | undefined,
  options: ScoredFileOptions,
): Promise<Layout> {
  const prefix = options.prefix ?? manifest?.prefix;
  const inManifest = Object.keys(manifest?.labels ?? {});
  const told = options.tasks ?? (inManifest.length > 0 ? inManifest : undefined);
  let places = findTaskColumns(head.columns, told ?? usualTasks, { prefix, closed: told !== undefined });
  if (places.length === 0 && told === undefined) {
    const known = await bundleTasks(options.model);
    places = findTaskColumns(head.columns, known, { prefix, closed: true });
  }
  const missing = options.tasks?.find((task) => !places.some((place) => place.task === task));
  if (places.length === 0 || missing !== undefined) throw noLabels(path, head, missing);
  const names = [...new Set(places.map(({ task }) => task))];
  const tasks = names.map((name) => ({ name, isMulti: false }));
  const textColumns = [...new Set(places.flatMap(({ textColumn }) => textColumn ?? []))];
  return { tasks, textColumns, reader: (columns) => delimitedReader(head, tasks, places, columns) };
}

/** The default bundle's, which may be at hand or not. */
const usualTasks = ['sentiment', 'emotion', 'topic', 'actionability', 'language'];
/** Those of them that leave a text without any label. */
export const usualMultiTasks: ReadonlySet<string> = new Set(['emotion', 'topic']);

async function bundleTasks(model: string | undefined): Promise<string[]> {
  try {
    const { manifest } = await checkBundle(await findBundle(model));
    return manifest.tasks.map(({ name }) => name);
  } catch (error) {
    if (model === undefined && error instanceof VoxpopError) return [];
    throw error;
  }
}

function delimitedReader(
  head: RecordsHead,
  tasks: ScoredTask[],
  places: TaskPlace[],
  textColumns: string[],
): TextsReader {
  const groups = [...new Set(places.map(({ textColumn }) => textColumn))].map((textColumn) => ({
    column: textColumn ?? textColumns[0],
    text: textColumns.indexOf(textColumn ?? textColumns[0] ?? ''),
    cells: tasks.map(({ name }) => {
      const place = places.find((each) => each.task === name && each.textColumn === textColumn);
      return {
        labels: place === undefined ? -1 : head.columns.indexOf(place.column),
        scores: place?.scoreColumn === undefined ? -1 : head.columns.indexOf(place.scoreColumn),
      };
    }),
  }));
  // Told by the names: what the labels show depends on how many rows were read.
  const everyHasLabel = tasks.some(({ name }) => !usualMultiTasks.has(name));
  return ({ cells = [] }, texts) =>
    groups.map(({ column, text, cells: own }) => {
      const sets = own.map(({ labels, scores }, index) => {
        const set = cellsToLabels(cells[labels] ?? '', cells[scores]);
        if (set.labels.length > 1) (tasks[index] as ScoredTask).isMulti = true;
        return set;
      });
      return toScoredText(column, texts[text], sets, everyHasLabel);
    });
}

function jsonLayout(path: string, head: RecordsHead, first: Row[], options: ScoredFileOptions): Layout {
  const told = options.prefix === undefined ? undefined : predictionsKey(options.prefix);
  const key = told ?? head.columns.find(isPredictionsKey);
  const record = predictionsOf(first[0], key);
  if (key === undefined || record === undefined) throw noLabels(path, head, undefined);
  const isNested = Object.values(record).some(
    (value) => isJsonObject(value) && Object.values(value).some((inner) => jsonToLabels(inner) !== undefined),
  );
  const columns = isNested ? Object.keys(record) : [];
  const sample = isNested ? Object.assign({}, ...Object.values(record).filter(isJsonObject)) : record;
  const found = Object.entries(sample as JsonObject).flatMap(([name, value]) => {
    const labels = jsonToLabels(value);
    return labels === undefined ? [] : [{ name, isMulti: labels.isMulti }];
  });
  const missing = options.tasks?.find((task) => !found.some(({ name }) => name === task));
  if (found.length === 0 || missing !== undefined) throw noLabels(path, head, missing);
  const tasks = found.filter(({ name }) => options.tasks?.includes(name) ?? true);
  const everyHasLabel = tasks.some(({ isMulti }) => !isMulti);
  const reader = (textColumns: string[]): TextsReader => {
    return (row, texts) => {
      const all = predictionsOf(row, key) ?? {};
      const groups: [string | undefined, unknown][] = isNested
        ? Object.entries(all)
        : [[textColumns[0], all]];
      return groups.map(([column, value]) => {
        const sets = tasks.map(
          ({ name }) =>
            jsonToLabels(isJsonObject(value) ? value[name] : undefined) ?? { labels: [], scores: [] },
        );
        return toScoredText(column, texts[textColumns.indexOf(column ?? '')], sets, everyHasLabel);
      });
    };
  };
  return { tasks, textColumns: columns, reader };
}

function predictionsOf(row: Row | undefined, key: string | undefined): JsonObject | undefined {
  if (row?.json === undefined || key === undefined) return undefined;
  const value = (JSON.parse(row.json) as JsonObject)[key];
  return isJsonObject(value) ? value : undefined;
}

/** @param everyHasLabel whether each text that was scored has a label */
function toScoredText(
  column: string | undefined,
  text: string | undefined,
  sets: LabelSet[],
  everyHasLabel: boolean,
): ScoredText {
  const isUnlabelled = sets.every(({ labels }) => labels.length === 0);
  // A text to which no label applies is labelled all the same.
  const isBlank = text === undefined ? everyHasLabel : text.trim() === '';
  return { column, text, tasks: sets, isEmpty: isUnlabelled && isBlank };
}

function findTextColumns(
  head: RecordsHead,
  named: string[],
  manifest: RunSummary | undefined,
  options: ScoredFileOptions,
): string[] {
  if (options.text !== undefined && options.text.length > 0) {
    return resolveTextColumns(head, options.text).columns;
  }
  if (named.length > 0) return named;
  const inManifest = manifest?.textColumns?.filter((column) => head.columns.includes(column)) ?? [];
  if (inManifest.length > 0) return inManifest;
  try {
    return resolveTextColumns(head, undefined).columns;
  } catch (error) {
    // Labels can be counted without texts.
    if (error instanceof UsageError) return [];
    throw error;
  }
}

function noLabels(path: string, head: RecordsHead, task: string | undefined): InputError {
  const wanted = task === undefined ? 'labels of `voxpop score`' : `labels of the task ${task}`;
  const columns = nameList(head.columns) || 'no columns';
  return new InputError(
    'NOT_SCORED',
    `expected ${wanted}, found only ${columns}`,
    { file: path },
    { hint: 'Score the file first, or name what was scored with --tasks and --prefix.' },
  );
}
