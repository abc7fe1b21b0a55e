import { UsageError } from '../errors.ts';
import type { ShardPredictions, TaskLayout } from '../protocol.ts';
import { codePointCounter } from '../text/sentences.ts';
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
import { keptColumns } from './kept-columns.ts';
import { isTable, type RecordsHead } from './row.ts';
import type { RowWriter, WriterOptions } from './format-writer.ts';
import { changeName, predictionsKey, sentencesName, truncatedName } from './output-names.ts';
import { type LabelPair, pairColumnOf, type TextSentences } from './sentence-view.ts';

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
    rows(rows, predictions, before, sentences) {
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
        const texts = options.textColumns.map((_, column) => {
          const place = index * options.textColumns.length + column;
          const prediction = predictionAt(options.tasks, predictions, place);
          const own = sentences?.[place];
          return own === undefined
            ? { prediction, sentences: undefined }
            : { prediction, sentences: { text: row.texts[column] as string, own, predictions } };
        });
        const change = options.showChange ? `,${changeField}${JSON.stringify(row.change ?? null)}` : '';
        lines += addField(record, field + describe(texts) + change) + head.newline;
      }
      return { lines, rejected };
    },
  };
}

function requireDifferentTasks({ tasks, flagTruncated }: WriterOptions): void {
  if (!flagTruncated || tasks.every(({ name }) => name !== truncatedName)) return;
  throw new UsageError(
    'COLUMN_CLASH',
    `Expected no task named \`${truncatedName}\` beside the flag of that name`,
    {
      hint: 'Leave out `--flag-truncated`.',
    },
  );
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

/** A text with what was predicted for it, and for its sentences where they were asked for. */
interface DescribedText {
  prediction: TextPrediction;
  sentences: SentencesOfText | undefined;
}

interface SentencesOfText {
  text: string;
  own: TextSentences;
  predictions: ShardPredictions;
}

/** A function that writes the value of the added key: by task, or by text column and task. */
function createDescriber(options: WriterOptions): (texts: DescribedText[]) => string {
  const { tasks, textColumns, flagTruncated } = options;
  const pairs = (options.sentences?.pairs ?? []).map((names) => ({
    key: `${JSON.stringify(pairColumnOf(names))}:`,
    task: `${JSON.stringify(names.task)}:`,
    with: `${JSON.stringify(names.with)}:`,
  }));
  const taskKeys = tasks.map(({ name }) => `${JSON.stringify(name)}:`);
  const columnKeys = textColumns.map((column) => `${JSON.stringify(column)}:`);

  function describeTasks(prediction: TextPrediction): string[] {
    return tasks.map((task, index) => {
      const scored = prediction.isEmpty ? undefined : prediction.tasks[index];
      return (taskKeys[index] ?? '') + describeTask(task, scored, options);
    });
  }

  function describePairs(pair: LabelPair[], { task, with: other }: { task: string; with: string }): string {
    const items = pair.map(({ of, is }) => `{${task}${JSON.stringify(of)},${other}${JSON.stringify(is)}}`);
    return `[${items.join(',')}]`;
  }

  function describeSentences({ text, own, predictions }: SentencesOfText): string {
    const items = own.sentences.map(({ start, end, place }) => {
      const parts = describeTasks(predictionAt(tasks, predictions, place));
      return `{"start":${codePointsBefore(text, start)},"end":${codePointsBefore(text, end)},${parts.join(',')}}`;
    });
    return `[${items.join(',')}]`;
  }

  function describeText({ prediction, sentences }: DescribedText): string {
    const parts = describeTasks(prediction);
    if (sentences !== undefined) {
      pairs.forEach((names, index) => {
        parts.push(names.key + describePairs(sentences.own.pairs[index] ?? [], names));
      });
      parts.push(`"${sentencesName}":${describeSentences(sentences)}`);
    }
    if (flagTruncated) parts.push(`"${truncatedName}":${prediction.isTruncated}`);
    return `{${parts.join(',')}}`;
  }

  return (texts) => {
    const [only] = texts;
    if (texts.length === 1 && only !== undefined) return describeText(only);
    return `{${texts.map((text, index) => (columnKeys[index] ?? '') + describeText(text)).join(',')}}`;
  };
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
