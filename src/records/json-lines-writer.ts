import { UsageError } from '../errors.ts';
import type { ShardPredictions, TaskLayout } from '../protocol.ts';
import {
  type LabelScore,
  predictionAt,
  type TaskPrediction,
  type TextPrediction,
} from './prediction-view.ts';
import { requireDifferentNames } from './free-names.ts';
import { jsonObject } from './json-object.ts';
import { rejectMisfit } from './rejected.ts';
import type { Misfit, RejectReason } from './row-fault.ts';
import { round } from '../text/numbers.ts';
import type { ExplainedLabel } from './explained-label.ts';
import { keptColumns } from './kept-columns.ts';
import { isTable, type RecordsHead } from './row.ts';
import type { RowWriter, WriterOptions } from './format-writer.ts';
import {
  changeName,
  explanationName,
  predictionsKey,
  sentenceColumns,
  sentencesName,
  truncatedName,
} from './output-names.ts';
import {
  type LabelPair,
  pairColumnOf,
  type PairNames,
  type ScoredSentence,
  type TextSentences,
} from './sentence-view.ts';

/**
 * Writes JSONL: the original line with one more key. Objects are put together as text, since
 * JavaScript would move keys such as `1` to the front.
 * @throws {UsageError} when a column already has the name of the key, or two columns have one name.
 */
export function createJsonLinesWriter(head: RecordsHead, options: WriterOptions): RowWriter {
  const key = predictionsKey(options.prefix);
  const changeKey = options.prefix + changeName;
  const addedKeys = options.showChange ? [key, changeKey] : [key];
  requireDifferentTasks(options);
  const kept = keptColumns(head, options.columns);
  if (isTable(head.format)) requireUsableHeader(kept.names, addedKeys);
  const field = `${JSON.stringify(key)}:`;
  const changeField = `${JSON.stringify(changeKey)}:`;
  const describe = createDescriber(options);
  return {
    addedColumns: addedKeys,
    header: () => '',
    rows(rows, predictions, before, sentences, explained) {
      const rejected = new Map(before);
      let lines = '';
      for (const [index, row] of rows.entries()) {
        const isRejected = rejected.has(index);
        const record = isRejected ? '' : kept.record(row);
        if (!isRejected && row.json !== undefined) {
          const taken = addedKeys.find((each) => hasKey(record, each));
          if (taken !== undefined) {
            rejected.set(index, rejectMisfit(row, keyTaken(taken), head, options.rejectRows));
          }
        }
        const reason = rejected.get(index);
        if (reason !== undefined) {
          if (options.inlineErrors === true) lines += errorRecord(reason) + head.newline;
          continue;
        }
        if (record.trim() === '') {
          lines += record + head.newline;
          continue;
        }
        const change = options.showChange ? `,${changeField}${JSON.stringify(row.change ?? null)}` : '';
        for (const value of describe(predictions, index, sentences, explained)) {
          lines += addField(record, field + value + change) + head.newline;
        }
      }
      return { lines, rejected };
    },
  };
}

function requireDifferentTasks({ tasks, flagTruncated, sentences, explain }: WriterOptions): void {
  const [sentence] = sentenceColumns;
  const taken: [name: string, option: string][] = [
    ...(flagTruncated ? [[truncatedName, '--flag-truncated'] as [string, string]] : []),
    ...(explain === true ? [[explanationName, '--explain'] as [string, string]] : []),
    ...(sentences === undefined
      ? []
      : [sentencesName, sentence, 'start', 'end', ...sentences.pairs.map(pairColumnOf)].map(
          (name): [string, string] => [name, sentences.asRows ? '--sentence-rows' : '--sentences'],
        )),
  ];
  const clash = taken.find(([name]) => tasks.some((task) => task.name === name));
  if (clash === undefined) return;
  const [name, option] = clash;
  const message = `Expected no task named \`${name}\` beside the key of that name`;
  throw new UsageError('COLUMN_CLASH', message, { hint: `Leave out \`${option}\`.` });
}

function requireUsableHeader(columns: string[], keys: string[]): void {
  requireDifferentNames(columns);
  const taken = keys.find((key) => columns.includes(key));
  if (taken !== undefined) {
    throw new UsageError(
      'COLUMN_CLASH',
      `Expected a new name for the added key, found \`${taken}\` taken already`,
      {
        hint: 'Put something in front of the added name, for example `--prefix voxpop_`.',
      },
    );
  }
}

function hasKey(json: string, key: string): boolean {
  // Parsing is only needed where the key may stand, plainly or written with escapes.
  if (!json.includes(key) && !json.includes('\\u') && !json.includes('\\/')) return false;
  return Object.hasOwn(jsonObject(json), key);
}

function keyTaken(key: string): Misfit {
  return {
    code: 'COLUMN_CLASH',
    message: `expected no key \`${key}\`, which is to be added, but the record has it`,
    hint: 'Put something in front of the added name, for example `--prefix voxpop_`.',
  };
}

/** Without the place, which is another one where the input was divided: the same row gives the same bytes. */
function errorRecord({ raw, rawTruncated, ...error }: RejectReason): string {
  return JSON.stringify({ error, input: raw, ...(rawTruncated ? { input_truncated: true } : {}) });
}

/** Puts a field in before the brace that ends an object, and leaves every other character alone. */
function addField(json: string, field: string): string {
  const end = json.lastIndexOf('}');
  const start = json.slice(0, end);
  const isEmpty = start.trimEnd().endsWith('{');
  return `${start}${isEmpty ? '' : ','}${field}${json.slice(end)}`;
}

/** The values of the added key for a row, one for each row that is written for it. */
type Describer = (
  predictions: ShardPredictions,
  /** Place of the row in the shard. */
  row: number,
  sentences: readonly TextSentences[] | undefined,
  explained: ReadonlyMap<number, readonly ExplainedLabel[]> | undefined,
) => string[];

/** Describes texts by task, or by text column and task. */
function createDescriber(options: WriterOptions): Describer {
  const { tasks, textColumns, flagTruncated } = options;
  const pairs = options.sentences?.pairs ?? [];
  const taskKeys = tasks.map(({ name }) => `${JSON.stringify(name)}:`);
  const columnKeys = textColumns.map((column) => `${JSON.stringify(column)}:`);

  function describeTasks(prediction: TextPrediction): string[] {
    return tasks.map((task, index) => {
      const scored = prediction.isEmpty ? undefined : prediction.tasks[index];
      return (taskKeys[index] ?? '') + describeTask(task, scored, options);
    });
  }

  function describeText(
    predictions: ShardPredictions,
    text: number,
    { first = [], last = [] }: { first?: string[]; last?: string[] } = {},
  ): string {
    const prediction = predictionAt(tasks, predictions, text);
    const flag = flagTruncated ? [`"${truncatedName}":${prediction.isTruncated}`] : [];
    return `{${[...first, ...describeTasks(prediction), ...last, ...flag].join(',')}}`;
  }

  function describeSentences(predictions: ShardPredictions, own: TextSentences): string[] {
    const parts = own.sentences.map(({ start, end, place }) => {
      const labels = describeTasks(predictionAt(tasks, predictions, place));
      return `{${[`"start":${start}`, `"end":${end}`, ...labels].join(',')}}`;
    });
    return [
      ...pairs.map((names, index) => describePairs(names, own.pairs[index] ?? [])),
      `"${sentencesName}":[${parts.join(',')}]`,
    ];
  }

  function describeRows(predictions: ShardPredictions, text: number, own: TextSentences): string[] {
    // A row without sentences stays a row, so that none is missed.
    if (own.sentences.length === 0) return [describeText(predictions, text, { first: [describePlace()] })];
    return own.sentences.map((sentence) =>
      describeText(predictions, sentence.place, { first: [describePlace(sentence)] }),
    );
  }

  return (predictions, row, sentences, explained) => {
    if (options.sentences?.asRows === true) {
      return describeRows(predictions, row, sentences?.[row] ?? { sentences: [], pairs: [] });
    }
    const texts = textColumns.map((_, column) => {
      const place = row * textColumns.length + column;
      const own = sentences?.[place];
      const last = own === undefined ? [] : describeSentences(predictions, own);
      const labels = explained?.get(place);
      if (labels !== undefined) last.push(describeExplanation(labels));
      return describeText(predictions, place, { last });
    });
    if (texts.length === 1) return texts;
    return [`{${texts.map((text, index) => (columnKeys[index] ?? '') + text).join(',')}}`];
  };
}

function describeExplanation(labels: readonly ExplainedLabel[]): string {
  const items = labels.map(({ task, label, parts }) => {
    const own = parts.map(({ start, end, text, weight }) => ({ start, end, text, weight: round(weight) }));
    return { task, label, parts: own };
  });
  return `"${explanationName}":${JSON.stringify(items)}`;
}

/** The sentence that a row stands for; null for a row without one. */
function describePlace(sentence?: ScoredSentence): string {
  const [name] = sentenceColumns;
  if (sentence === undefined) return `"${name}":null`;
  const { text, start, end } = sentence;
  return `"${name}":{"text":${JSON.stringify(text)},"start":${start},"end":${end}}`;
}

function describePairs(names: PairNames, pairs: readonly LabelPair[]): string {
  const [task, other] = [names.task, names.with].map((name) => JSON.stringify(name));
  const items = pairs.map(({ of, is }) => `{${task}:${JSON.stringify(of)},${other}:${JSON.stringify(is)}}`);
  return `${JSON.stringify(pairColumnOf(names))}:[${items.join(',')}]`;
}

/** @param prediction - undefined for an empty text */
function describeTask(
  { problemType }: TaskLayout,
  prediction: TaskPrediction | undefined,
  { scores }: WriterOptions,
): string {
  const assigned = prediction?.assigned ?? [];
  const all = prediction?.all ?? [];
  if (problemType === 'multi_label_classification') {
    const labels = `"labels":[${assigned.map(({ label }) => JSON.stringify(label)).join(',')}]`;
    if (scores === 'none') return `{${labels}}`;
    return `{${labels},${describeScores(scores === 'all' ? all : assigned)}}`;
  }
  const label = `"label":${JSON.stringify(assigned[0]?.label ?? null)}`;
  if (scores === 'none') return `{${label}}`;
  const score = `"score":${assigned[0]?.score ?? 'null'}`;
  return scores === 'top' ? `{${label},${score}}` : `{${label},${score},${describeScores(all)}}`;
}

function describeScores(scores: LabelScore[]): string {
  return `"scores":{${scores.map(({ label, score }) => `${JSON.stringify(label)}:${score}`).join(',')}}`;
}
