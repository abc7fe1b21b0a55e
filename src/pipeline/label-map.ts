import { readFile } from 'node:fs/promises';
import { getOrInsert } from '../collections.ts';
import { InputError, UsageError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import type { ShardPredictions, TaskLayout } from '../protocol.ts';
import { isJsonObject } from '../records/json-fields.ts';
import { labelSeparator } from '../records/output-names.ts';
import { readSmallTable, type SmallTableUse } from '../records/small-table.ts';
import { excerpt } from '../text/excerpt.ts';

/** New names of labels, by task and label; labels that get the same name are merged. */
export type LabelMap = Record<string, Record<string, string>>;

const mapColumns = ['task', 'label', 'name'] as const;

/** How a label map looks, as errors say it. */
const asTable = {
  code: 'LABEL_MAP_INVALID',
  hint: 'Write a table with the columns task, label and name, such as the row `topic,service_staff,Service`.',
};
const asJson = {
  code: 'LABEL_MAP_INVALID',
  hint: 'Write it like {"topic": {"service_staff": "Service", "food_drink": "Food"}}, or as CSV with the columns task, label and name.',
};

/**
 * Reads new names of labels: JSON by task and label, or a table with the columns `task`, `label` and `name`.
 * @throws InputError naming what is wrong, and the line of a table
 */
export async function readLabelMap(path: string): Promise<LabelMap> {
  const bytes = await readFile(path).catch((cause: Error) => {
    const message = `expected a file with new names of labels, found none: ${cause.message}`;
    throw new InputError(asJson.code, message, { file: path }, { hint: asJson.hint, cause });
  });
  const start = bytes
    .toString('latin1', 0, 200)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  if (start === '')
    throw invalid(path, undefined, 'expected new names of labels, found an empty file', asJson);
  const isJson = /\.json$/i.test(path) || /^[[{]/.test(start);
  return isJson ? readJsonMap(path, bytes.toString('utf8')) : readTableMap(path, bytes);
}

function readJsonMap(path: string, text: string): LabelMap {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw invalid(
      path,
      undefined,
      `expected JSON with new names of labels: ${(cause as Error).message}`,
      asJson,
    );
  }
  if (!isJsonObject(value)) throw invalid(path, undefined, 'expected a JSON object by task', asJson);
  for (const [task, names] of Object.entries(value)) {
    const isNames =
      isJsonObject(names) && Object.values(names).every((name) => typeof name === 'string' && name !== '');
    if (isNames && !Object.values(names).some((name) => (name as string).includes(labelSeparator))) continue;
    const found = excerpt(JSON.stringify(names), 80);
    const message = `expected names (texts without \`${labelSeparator}\`) by label for the task ${task}, found ${found}`;
    throw invalid(path, undefined, message, asJson);
  }
  return value as LabelMap;
}

function readTableMap(path: string, bytes: Buffer): LabelMap {
  const map = new Map<string, Map<string, { name: string; line: number }>>();
  for (const { line, cells } of readSmallTable(path, bytes, { all: mapColumns }, asTable)) {
    const { task, label, name } = cells;
    const empty = mapColumns.find((column) => cells[column] === '');
    if (empty !== undefined) {
      const row = mapColumns.map((column) => cells[column]).join(',');
      throw invalid(
        path,
        line,
        `expected a task, a label and its new name, found no ${empty} in \`${row}\``,
        {
          ...asTable,
          hint: 'Leave a label out that keeps its name.',
        },
      );
    }
    if (name.includes(labelSeparator)) {
      throw invalid(path, line, `expected a name without \`${labelSeparator}\`, found ${name}`, asTable);
    }
    const known = getOrInsert(
      getOrInsert(map, task, () => new Map()),
      label,
      () => ({ name, line }),
    );
    if (known.name !== name) {
      const message = `expected one name for ${label} of ${task}, found ${name} here and ${known.name} on line ${known.line}`;
      throw invalid(path, line, message, asTable);
    }
  }
  return Object.fromEntries(
    [...map].map(([task, labels]) => [
      task,
      Object.fromEntries([...labels].map(([label, { name }]) => [label, name])),
    ]),
  );
}

function invalid(
  file: string,
  line: number | undefined,
  message: string,
  { code, hint }: SmallTableUse,
): InputError {
  return new InputError(code, message, { file, line }, { hint });
}

/** Tasks under their new labels, and the step that brings predictions into that form. */
export interface MappedTasks {
  /** Merged labels stand where the first of them stood. */
  tasks: TaskLayout[];
  /** A merged label is assigned when one of its labels is, and its score is the highest of theirs. */
  apply: (predictions: ShardPredictions) => ShardPredictions;
}

/**
 * Renames and merges labels.
 * @throws UsageError for a task or label that there is not
 */
export function mapLabels(tasks: readonly TaskLayout[], map: LabelMap): MappedTasks {
  if (Object.keys(map).length === 0) return { tasks: [...tasks], apply: (predictions) => predictions };
  requireKnown(tasks, map);
  /** New place of each label among the labels of all tasks. */
  const places: number[] = [];
  let width = 0;
  const mapped = tasks.map((task) => {
    const names = task.labels.map((label) => newName(map, task.name, label));
    const labels = [...new Set(names)];
    places.push(...names.map((name) => width + labels.indexOf(name)));
    width += labels.length;
    return { ...task, labels };
  });
  return {
    tasks: mapped,
    apply(predictions) {
      const texts = predictions.flags.length;
      const scores = new Float32Array(texts * width);
      const assigned = new Uint8Array(texts * width);
      for (let text = 0; text < texts; text++) {
        places.forEach((place, label) => {
          const from = text * places.length + label;
          const to = text * width + place;
          scores[to] = Math.max(scores[to] as number, predictions.scores[from] as number);
          if (predictions.assigned[from] === 1) assigned[to] = 1;
        });
      }
      return { ...predictions, scores, assigned };
    },
  };
}

/** The name that a label goes by. */
export function newName(map: LabelMap, task: string, label: string): string {
  const names = Object.hasOwn(map, task) ? map[task] : undefined;
  return (names !== undefined && Object.hasOwn(names, label) ? names[label] : undefined) ?? label;
}

function requireKnown(tasks: readonly TaskLayout[], map: LabelMap): void {
  for (const [name, names] of Object.entries(map)) {
    const task = tasks.find((each) => each.name === name);
    if (task === undefined) {
      const known = tasks.map((each) => each.name);
      const message = `Expected tasks (${known.join(', ')}) in --label-map, found ${name}`;
      throw new UsageError('LABEL_MAP_UNKNOWN', message, { hint: didYouMean(name, known) });
    }
    const unknown = Object.keys(names).filter((label) => !task.labels.includes(label));
    if (unknown[0] === undefined) continue;
    throw new UsageError(
      'LABEL_MAP_UNKNOWN',
      `Expected labels of ${name} (${task.labels.join(', ')}) in --label-map, found ${unknown.join(', ')}`,
      { hint: didYouMean(unknown[0], task.labels) },
    );
  }
}
