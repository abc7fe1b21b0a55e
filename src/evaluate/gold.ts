import { InputError, UsageError } from '../errors.ts';
import { type LabelMap, newName } from '../pipeline/label-map.ts';
import type { TaskLayout } from '../protocol.ts';
import { type ColumnsReader, columnsReader } from '../records/column-reader.ts';
import { isTable, type RecordsHead, type Row } from '../records/row.ts';
import { didYouMean, nearest } from '../text/did-you-mean.ts';
import { nameList } from '../text/name-list.ts';
import { splitLabels } from '../records/output-names.ts';
import { MissingLabels } from './missing-labels.ts';
import { shellWord } from '../text/shell-word.ts';

/** Where the gold labels of a task stand. */
export interface GoldColumn {
  task: TaskLayout;
  column: string;
  /** The label that a name in the column stands for, where the label map alone does not tell. */
  rename?: ((name: string) => string) | undefined;
}

/**
 * The columns with gold labels: as told, else the column `gold_<task>`, else the one named as the task.
 * Tasks without one are left out.
 * @throws UsageError when a task is named that there is not, or no task has a column
 */
export function findGoldColumns(
  head: RecordsHead,
  tasks: readonly TaskLayout[],
  told: Record<string, string>,
): GoldColumn[] {
  const names = tasks.map(({ name }) => name);
  for (const name of Object.keys(told)) {
    if (names.includes(name)) continue;
    throw new UsageError(
      'GOLD_TASK_UNKNOWN',
      `Expected a task (${names.join(', ')}) in --gold, found ${name}`,
      { hint: didYouMean(name, names, (near) => `--gold ${shellWord(`${near}=${told[name]}`)}`) },
    );
  }
  const found = tasks.flatMap((task) => {
    const usual = [`gold_${task.name}`, task.name].find((name) => head.columns.includes(name));
    const column = (Object.hasOwn(told, task.name) ? told[task.name] : undefined) ?? usual;
    return column === undefined ? [] : [{ task, column }];
  });
  if (found.length > 0) return found;
  throw new UsageError(
    'GOLD_NOT_FOUND',
    `Expected a column named as a task (${names.join(', ')}) with labels to compare with, found ${nameList(head.columns)}`,
    { hint: `Say which column holds them: \`--gold ${names[0]}=<column>\`.` },
  );
}

/** Reads the gold labels of a row, a list per gold column; undefined where the row has none. Else a {@link ColumnsReader}. */
export interface GoldReader extends Pick<ColumnsReader, 'requireFound'> {
  (row: Row): (number[] | undefined)[];
  /** Sentences that a person should read about the cells that were read. */
  notices: () => string[];
}

/**
 * Cells of a multi-label task hold labels between `;`, or a JSON array; an array may be empty, which says that
 * no label applies. An empty cell says that the row has no gold label for the task, as does a mark for a missing value.
 * @throws UsageError when a column is missing; the reader throws InputError for a label that there is not
 */
export function goldReader(head: RecordsHead, gold: readonly GoldColumn[], labelMap: LabelMap): GoldReader {
  const columns = columnsReader(
    head,
    gold.map(({ column }) => column),
    '--gold <task>=<column>',
  );
  const places = gold.map(({ task }) => new Map(task.labels.map((label, index) => [label, index])));
  const missing = new MissingLabels();
  const labelsOf: (row: Row) => (number[] | undefined)[] = (row) =>
    columns(row).map((value, index) => {
      const { task, column, rename } = gold[index] as GoldColumn;
      const known = places[index] as Map<string, number>;
      const place = (name: string): number | undefined => {
        const renamed = rename === undefined ? newName(labelMap, task.name, name) : rename(name);
        return known.get(renamed) ?? known.get(name);
      };
      const said = cellLabels(value, task.problemType === 'multi_label_classification');
      const names = missing.drop(column, said, (name) => place(name) !== undefined);
      if (names === undefined) return undefined;
      const labels = names.map((name) => {
        const label = place(name);
        if (label === undefined) throw unknownLabel(row, task, column, name, head);
        return label;
      });
      return [...new Set(labels)].toSorted((one, other) => one - other);
    });
  return Object.assign(labelsOf, {
    requireFound: columns.requireFound,
    notices: () => missing.notices(),
  });
}

/** The labels in a cell; undefined where it says nothing, which an empty array does not. */
export function cellLabels(value: unknown, isMulti: boolean): string[] | undefined {
  const list =
    typeof value === 'string' && isMulti && value.trim().startsWith('[') ? parseArray(value) : value;
  if (Array.isArray(list)) return isMulti || list.length > 0 ? list.map(labelText) : undefined;
  if (list === undefined || list === null) return undefined;
  const text = labelText(list);
  if (text === '') return undefined;
  if (!isMulti) return [text];
  return splitLabels(text)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function labelText(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).trim();
}

function parseArray(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unknownLabel(
  row: Row,
  task: TaskLayout,
  column: string,
  found: string,
  head: RecordsHead,
): InputError {
  const place = isTable(head.format) ? head.columns.indexOf(column) + 1 : undefined;
  const near = nearest(found, task.labels);
  const example = JSON.stringify({ [task.name]: { [found]: near ?? task.labels[0] } });
  return new InputError(
    'GOLD_LABEL_UNKNOWN',
    `expected a label of ${task.name} (${task.labels.join(', ')}) in the column \`${column}\`, found ${JSON.stringify(found)}`,
    { file: row.file, line: row.line, column: place },
    { hint: `Rename labels with \`--label-map map.json\`, for example ${example}.` },
  );
}
