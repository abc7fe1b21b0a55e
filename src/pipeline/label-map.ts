import { readFile } from 'node:fs/promises';
import { InputError, UsageError } from '../errors.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import type { ShardPredictions, TaskLayout } from '../protocol.ts';
import { isJsonObject } from '../records/json-fields.ts';
import { labelSeparator } from '../records/output-names.ts';

/** New names of labels, by task and label; labels that get the same name are merged. */
export type LabelMap = Record<string, Record<string, string>>;

/** @throws InputError when the file is not a JSON object of objects of names */
export async function readLabelMap(path: string): Promise<LabelMap> {
  const hint = 'Write it like {"topic": {"service_staff": "Service", "food_drink": "Food"}}.';
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const message = `expected a JSON file with new names of labels, found none: ${(cause as Error).message}`;
    throw new InputError('LABEL_MAP_INVALID', message, { file: path }, { hint, cause });
  }
  if (!isJsonObject(value)) {
    throw new InputError('LABEL_MAP_INVALID', 'expected a JSON object by task', { file: path }, { hint });
  }
  for (const [task, names] of Object.entries(value)) {
    const isNames =
      isJsonObject(names) && Object.values(names).every((name) => typeof name === 'string' && name !== '');
    if (isNames && !Object.values(names).some((name) => (name as string).includes(labelSeparator))) continue;
    const message = `expected names (texts without \`;\`) by label for the task ${task}, found ${JSON.stringify(names).slice(0, 80)}`;
    throw new InputError('LABEL_MAP_INVALID', message, { file: path }, { hint });
  }
  return value as LabelMap;
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
