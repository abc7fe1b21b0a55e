import { InputError, UsageError } from '../errors.ts';
import type { LabelFacts } from '../label-facts.ts';
import type { ReadingOptions, ScoringOptions } from '../options.ts';
import { runSummaryBeside, type RunSummary } from '../pipeline/read-manifest.ts';
import { columnsReader, valueText } from '../records/column-reader.ts';
import { isJsonObject, type JsonObject } from '../records/json-fields.ts';
import { jsonObject } from '../records/json-object.ts';
import { columnPlace } from '../records/column-place.ts';
import { fittingOptions } from '../records/fitting-options.ts';
import { openRecords, type Records } from '../records/open-records.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { shellWord } from '../text/shell-word.ts';
import { precede } from '../records/precede.ts';
import { isScorable } from '../records/read-texts.ts';
import { isTable, type RecordsHead, type Row } from '../records/row.ts';
import { resolveTextColumns } from '../records/text-columns.ts';
import { type KnownTask, knownLabels } from './known-tasks.ts';
import {
  cellsToLabels,
  findTaskColumns,
  jsonToLabels,
  jsonToPairs,
  type LabelSet,
  rivalPrefixes,
  type TaskPlace,
} from './scored-layout.ts';
import { nameList } from '../text/name-list.ts';
import { isPredictionsKey, predictionsKey, sentenceColumns } from '../records/output-names.ts';
import { type LabelPair, pairColumnOf, type PairNames, splitPairs } from '../records/sentence-view.ts';

export interface ScoredFileOptions
  extends ReadingOptions, Pick<ScoringOptions, 'stdin' | 'text' | 'tasks' | 'model' | 'signal'> {
  /** Prefix that the file was scored with, found out when absent. */
  prefix?: string | undefined;
}

/** A task in a scored file. */
export interface ScoredTask {
  name: string;
  /**
   * Whether a text can have several labels of the task. Where nothing tells, it shows in the labels, at the latest
   * after the last row.
   */
  isMulti: boolean;
  /** All labels that a text can have; undefined where nothing tells. */
  labels: readonly string[] | undefined;
}

/** One text of a row with the labels that it got, in the order of the file's tasks. */
export interface ScoredText {
  /** Column that was scored; undefined when the file does not tell. */
  column: string | undefined;
  /** The text itself; undefined when its column is not known. */
  text: string | undefined;
  tasks: LabelSet[];
  /** What is said about what, in the order of the file's pairs of tasks. */
  pairs: LabelPair[][];
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
  /** Tasks whose labels the file pairs, as `--sentences` does; none in a file without. */
  pairs: PairNames[];
  textColumns: string[];
  /** Whether each row is a sentence of a comment, as `--sentence-rows` writes them: its text is that sentence. */
  isOfSentences: boolean;
  manifest: RunSummary | undefined;
  /** Sentences that a person should read about how the labels were found, and the file was read. */
  notices(): string[];
  /** What the labels stand for, as the bundle or the manifest tells; of labels that the file need not hold. */
  labelFacts: LabelFacts;
  /** The bundle that the file was scored with, if it is told and can be read. */
  bundle: string | undefined;
  /** First rows of the file, at most a batch of them: to tell what its columns hold. */
  firstRows: readonly Row[];
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
  // An output is written as its input was; what is said now goes before what was said then.
  const records = await openRecords({
    ...fittingOptions(path, manifest?.reading ?? {}),
    ...options,
    inputs: [path],
  });
  try {
    // Looked at before the rows are read, in case nothing tells what was scored.
    const profiles = await records.profiles();
    const batches = records.rows([]);
    const next = await batches.next();
    const first = next.done === true ? [] : next.value;
    const rows = precede([first], batches);
    const { tasks: known, facts, bundle } = await knownLabels(manifest, options.model);
    const layout = isTable(records.head.format)
      ? delimitedLayout(path, records.head, { manifest, known }, options)
      : jsonLayout(path, records.head, { first, manifest, known }, options);
    const { sentence } = layout;
    const textColumns =
      sentence === undefined
        ? await findTextColumns(
            { head: records.head, profiles: async () => profiles },
            layout.textColumns,
            manifest,
            options,
          )
        : [sentence];
    const read = layout.reader(textColumns);
    const readTexts = columnsReader(records.head, textColumns, '--text');
    return {
      path,
      head: records.head,
      tasks: layout.tasks,
      pairs: layout.pairs,
      textColumns,
      isOfSentences: sentence !== undefined,
      manifest,
      notices: () => [...layout.notices, ...records.head.notices, ...records.notices()],
      labelFacts: facts,
      bundle,
      firstRows: first,
      async *rows() {
        for await (const batch of rows) {
          options.signal?.throwIfAborted();
          const answers = batch.filter(({ isHeader }) => isHeader !== true);
          const scored = answers.map((row) => ({ row, texts: read(row, readTexts(row).map(valueText)) }));
          await markUnscored(scored);
          yield scored;
        }
        if (options.text !== undefined) readTexts.requireFound();
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
  pairs: PairNames[];
  /** Named by the added columns; empty when there is one that they do not name. */
  textColumns: string[];
  /** Column, or path, of the sentence that a row stands for; undefined where rows stand for themselves. */
  sentence: string | undefined;
  notices: string[];
  reader: (textColumns: string[]) => TextsReader;
}

function scoredTask(name: string, known: readonly KnownTask[], isMulti?: boolean): ScoredTask {
  const told = known.find((task) => task.name === name && (isMulti ?? task.isMulti) === task.isMulti);
  return { name, isMulti: isMulti ?? told?.isMulti ?? false, labels: told?.labels };
}

function delimitedLayout(
  path: string,
  head: RecordsHead,
  { manifest, known }: { manifest: RunSummary | undefined; known: readonly KnownTask[] },
  options: ScoredFileOptions,
): Layout {
  const inManifest = Object.keys(manifest?.labels ?? {});
  const told = options.tasks ?? (inManifest.length > 0 ? inManifest : undefined);
  const wanted = told ?? known.map(({ name }) => name);
  const scored = { closed: told !== undefined, textColumns: manifest?.textColumns ?? [] };
  const { found: places, notices } = underPrefix(path, options.prefix, manifest, (prefix) =>
    findTaskColumns(head.columns, wanted, { ...scored, prefix }),
  );
  const rivals = rivalPrefixes(places);
  if (rivals.length > 0) throw severalRuns(path, rivals, (prefix) => prefix + (places[0] as TaskPlace).task);
  const missing = options.tasks?.find((task) => !places.some((place) => place.task === task));
  if (places.length === 0 || missing !== undefined) throw noLabels(path, head, missing, head.columns);
  const names = [...new Set(places.map(({ task }) => task))];
  const tasks = names.map((name) => scoredTask(name, known));
  const textColumns = [...new Set(places.flatMap(({ textColumn }) => textColumn ?? []))];
  const pairs = possiblePairs(tasks).filter((pair) =>
    places.some(({ task, column }) => task === pair.task && head.columns.includes(pairColumn(column, pair))),
  );
  const isByName = told === undefined && places.every(({ scoreColumn }) => scoreColumn === undefined);
  return {
    tasks,
    pairs,
    textColumns,
    sentence: sentenceColumn(head, places),
    notices: isByName ? [...notices, foundByName(path, names)] : notices,
    reader: (columns) => delimitedReader(head, { tasks, pairs, places }, columns),
  };
}

/**
 * Looks for labels under the prefix that is told, else under that of the manifest, else, where nobody told one, under
 * any: the columns may have been renamed since.
 */
function underPrefix<Found>(
  path: string,
  told: string | undefined,
  manifest: RunSummary | undefined,
  look: (prefix: string | undefined) => Found[],
): { found: Found[]; notices: string[] } {
  if (told !== undefined) {
    const found = look(told);
    if (found.length > 0) return { found, notices: [] };
  }
  const written = manifest?.prefix;
  const found = written === undefined ? [] : look(written);
  if (told === undefined) return { found: found.length > 0 ? found : look(undefined), notices: [] };
  const notice = `${path} has no labels under the prefix \`${told}\`: those of its manifest are read, under \`${written}\``;
  return { found, notices: found.length > 0 ? [notice] : [] };
}

/** The error for a file that was scored more than once, where nothing tells which labels are meant. */
function severalRuns(
  path: string,
  prefixes: readonly string[],
  nameOf: (prefix: string) => string,
): InputError {
  const names = prefixes.map((prefix) => `\`${nameOf(prefix)}\``).join(' and ');
  const isOne = prefixes.length === 1;
  const ways = prefixes.slice(0, 3).map((prefix) => `\`--prefix ${shellWord(prefix)}\``);
  return new InputError(
    'SCORED_TWICE',
    `expected labels of one run, found ${isOne ? `${names} more than once` : names}`,
    { file: path },
    { hint: isOne ? 'Take all but one out, or rename them.' : `Say which: ${ways.join(' or ')}.` },
  );
}

/** The column of sentences beside labels of sentences, which stands between two of places. */
function sentenceColumn({ columns }: RecordsHead, [place]: readonly TaskPlace[]): string | undefined {
  if (place === undefined || place.textColumn !== undefined) return undefined;
  const prefix = place.column.slice(0, place.column.length - place.task.length);
  const names = sentenceColumns.map((name) => prefix + name);
  return names.every((name) => columns.includes(name)) ? names[0] : undefined;
}

/** Pairs that tasks can make. */
function possiblePairs(tasks: readonly ScoredTask[]): PairNames[] {
  return tasks.flatMap(({ name }) =>
    tasks.filter((other) => other.name !== name).map((other) => ({ task: name, with: other.name })),
  );
}

/** @param column - that of the first task of the pair, with whatever stands before it */
function pairColumn(column: string, pair: PairNames): string {
  return column.slice(0, column.length - pair.task.length) + pairColumnOf(pair);
}

/**
 * Says that labels were found by name: a column without scores could be anything, and one that is not named as a
 * known task is passed over.
 */
function foundByName(path: string, names: readonly string[]): string {
  return (
    `${path} has no scores and no manifest beside it: ${nameList(names)} ${names.length === 1 ? 'was' : 'were'} ` +
    'taken for labels by name (name the tasks with --tasks, or the bundle with --model)'
  );
}

function delimitedReader(
  head: RecordsHead,
  { tasks, pairs, places }: { tasks: ScoredTask[]; pairs: PairNames[]; places: TaskPlace[] },
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
    pairs: pairs.map((pair) => {
      const place = places.find((each) => each.task === pair.task && each.textColumn === textColumn);
      return place === undefined ? -1 : head.columns.indexOf(pairColumn(place.column, pair));
    }),
  }));
  // Told before the first row: what the labels show depends on how many rows were read.
  const everyHasLabel = tasks.some(({ isMulti }) => !isMulti);
  return ({ cells = [] }, texts) =>
    groups.map(({ column, text, cells: own, pairs: ownPairs }) => {
      const sets = own.map(({ labels, scores }, index) => {
        const set = cellsToLabels(cells[labels] ?? '', cells[scores]);
        if (set.labels.length > 1) (tasks[index] as ScoredTask).isMulti = true;
        return set;
      });
      const found = ownPairs.map((place) => splitPairs(cells[place] ?? '') ?? []);
      return toScoredText(column, texts[text], { sets, pairs: found }, everyHasLabel);
    });
}

function jsonLayout(
  path: string,
  head: RecordsHead,
  { first, manifest, known }: { first: Row[]; manifest: RunSummary | undefined; known: readonly KnownTask[] },
  options: ScoredFileOptions,
): Layout {
  const { found: keys, notices } = underPrefix(path, options.prefix, manifest, (prefix) =>
    head.columns.filter((column) => {
      const isKey = prefix === undefined ? isPredictionsKey(column) : column === predictionsKey(prefix);
      return isKey && predictionsOf(first[0], column) !== undefined;
    }),
  );
  const [key, ...others] = keys;
  if (key !== undefined && others.length > 0) {
    const prefixes = keys.map((each) => each.slice(0, -predictionsKey('').length));
    throw severalRuns(path, prefixes, predictionsKey);
  }
  const record = predictionsOf(first[0], key);
  if (key === undefined || record === undefined) throw noLabels(path, head, undefined);
  const isNested = Object.values(record).some(
    (value) => isJsonObject(value) && Object.values(value).some((inner) => jsonToLabels(inner) !== undefined),
  );
  const columns = isNested ? Object.keys(record) : [];
  const sample = isNested ? Object.assign({}, ...Object.values(record).filter(isJsonObject)) : record;
  const found = Object.entries(sample as JsonObject).flatMap(([name, value]) => {
    const labels = jsonToLabels(value);
    return labels === undefined ? [] : [scoredTask(name, known, labels.isMulti)];
  });
  const missing = options.tasks?.find((task) => !found.some(({ name }) => name === task));
  if (found.length === 0 || missing !== undefined) {
    throw noLabels(
      path,
      head,
      missing,
      found.map(({ name }) => name),
    );
  }
  const tasks = found.filter(({ name }) => options.tasks?.includes(name) ?? true);
  const pairs = possiblePairs(tasks).filter((pair) =>
    Array.isArray((sample as JsonObject)[pairColumnOf(pair)]),
  );
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
        const paired = pairs.map((pair) =>
          jsonToPairs(isJsonObject(value) ? value[pairColumnOf(pair)] : undefined, pair),
        );
        const text = texts[textColumns.indexOf(column ?? '')];
        return toScoredText(column, text, { sets, pairs: paired }, everyHasLabel);
      });
    };
  };
  const [sentence] = sentenceColumns;
  const isOfSentences =
    !isNested && Object.hasOwn(record, sentence) && jsonToLabels(record[sentence]) === undefined;
  return {
    tasks,
    pairs,
    textColumns: columns,
    sentence: isOfSentences ? `${key}.${sentence}.text` : undefined,
    notices,
    reader,
  };
}

function predictionsOf(row: Row | undefined, key: string | undefined): JsonObject | undefined {
  if (row?.json === undefined || key === undefined) return undefined;
  const value = jsonObject(row.json)[key];
  return isJsonObject(value) ? value : undefined;
}

/** @param everyHasLabel whether each text that was scored has a label */
function toScoredText(
  column: string | undefined,
  text: string | undefined,
  { sets, pairs }: { sets: LabelSet[]; pairs: LabelPair[][] },
  everyHasLabel: boolean,
): ScoredText {
  const isUnlabelled = sets.every(({ labels }) => labels.length === 0);
  return { column, text, tasks: sets, pairs, isEmpty: isUnlabelled && text === undefined && everyHasLabel };
}

/** A text to which no label applies is labelled all the same; one that says nothing was not scored. */
async function markUnscored(rows: readonly ScoredRow[]): Promise<void> {
  for (const { texts } of rows) {
    for (const text of texts) {
      if (text.text === undefined || text.tasks.some(({ labels }) => labels.length > 0)) continue;
      text.isEmpty = !(await isScorable(text.text));
    }
  }
}

async function findTextColumns(
  { head, profiles }: Pick<Records, 'head' | 'profiles'>,
  named: string[],
  manifest: RunSummary | undefined,
  options: ScoredFileOptions,
): Promise<string[]> {
  if (options.text !== undefined && options.text.length > 0) {
    return (await resolveTextColumns(head, options.text, profiles)).columns;
  }
  // A file may have lost columns that were scored.
  if (named.length > 0) {
    return isTable(head.format) ? named.filter((column) => columnPlace(head.columns, column) !== -1) : named;
  }
  const inManifest =
    manifest?.textColumns?.filter((column) => columnPlace(head.columns, column) !== -1) ?? [];
  if (inManifest.length > 0) return inManifest;
  try {
    return (await resolveTextColumns(head, undefined, profiles)).columns;
  } catch (error) {
    // Labels can be counted without texts.
    if (error instanceof UsageError) return [];
    throw error;
  }
}

function noLabels(
  path: string,
  head: RecordsHead,
  task: string | undefined,
  known: readonly string[] = [],
): InputError {
  const wanted = task === undefined ? 'labels of `voxpop score`' : `labels of the task ${task}`;
  const columns = nameList(head.columns) || 'no columns';
  return new InputError(
    'NOT_SCORED',
    `expected ${wanted}, found only ${columns}`,
    { file: path },
    {
      hint:
        (task === undefined ? undefined : didYouMean(task, known)) ??
        'Score the file first, or name what was scored with --tasks and --prefix.',
    },
  );
}
