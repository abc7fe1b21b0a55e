import { InputError } from '../errors.ts';
import type { ProblemType, TaskLayout } from '../protocol.ts';
import { counted } from '../text/numbers.ts';
import type { LabelledText } from './labelled-texts.ts';
import type { TaskKind } from './options.ts';

/** Fewest rows that a label can be learned from: one to learn, one to check. */
export const minLabelRows = 2;
/** More would be a column of names or numbers, not of labels. */
const maxLabels = 1000;

/** The labels of one task that are to be learned. */
export interface TaskLabels {
  layout: TaskLayout;
  column: string;
  /** Index of each labelled text among all texts. */
  places: Int32Array;
  /** Ascending label indices of each of these texts. */
  gold: number[][];
  /** Labels with too few rows, which are left out. */
  leftOut: { label: string; rows: number }[];
  notices: string[];
}

export interface TaskFacts {
  name: string;
  column: string;
  /** Told from the cells when undefined. */
  kind: TaskKind | undefined;
  /** For messages. */
  file: string;
  /** Labels of a codeframe, which come first, with rows or without. */
  known: readonly string[];
}

/**
 * Finds out a task's labels, from most to least frequent, and which texts have them.
 * @param task index of the task among the cells of each text
 * @throws InputError when nothing is left to tell apart
 */
export function findTaskLabels(
  texts: readonly LabelledText[],
  task: number,
  { name, column, kind, file, known }: TaskFacts,
): TaskLabels {
  const cells = texts.map((text) => text.cells[task]);
  const isMulti =
    kind === undefined
      ? cells.some((labels) => labels !== undefined && labels.length !== 1)
      : kind === 'multi';
  if (!isMulti) requireSingle(texts, cells, column);
  const counts = new Map<string, number>();
  for (const labels of cells) {
    for (const label of new Set(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const byRows = [...counts].toSorted(
    ([one, rows], [other, otherRows]) => otherRows - rows || (one < other ? -1 : 1),
  );
  const isEnough = ([label, rows]: [string, number]): boolean =>
    rows >= minLabelRows || known.includes(label);
  const leftOut = byRows.filter((each) => !isEnough(each)).map(([label, rows]) => ({ label, rows }));
  const found = byRows.filter(isEnough).map(([label]) => label);
  const labels = [...known, ...found.filter((label) => !known.includes(label))];
  requireLabels(labels, leftOut, { isMulti, column, file });
  const indices = new Map(labels.map((label, index) => [label, index]));
  const places: number[] = [];
  const gold: number[][] = [];
  cells.forEach((names, place) => {
    if (names === undefined) return;
    const applied = [...new Set(names)].flatMap((label) => indices.get(label) ?? []);
    // Of a text all of whose labels are left out nothing is known.
    if (applied.length === 0 && (names.length > 0 || !isMulti)) return;
    places.push(place);
    gold.push(applied.toSorted((one, other) => one - other));
  });
  const problemType: ProblemType = isMulti ? 'multi_label_classification' : 'single_label_classification';
  return {
    layout: { name, problemType, labels },
    column,
    places: Int32Array.from(places),
    gold,
    leftOut,
    notices: noticesOf(name, labels, leftOut),
  };
}

function requireSingle(
  texts: readonly LabelledText[],
  cells: readonly (string[] | undefined)[],
  column: string,
): void {
  const several = cells.findIndex((labels) => labels !== undefined && labels.length > 1);
  if (several === -1) return;
  const { file, line } = (texts[several] as LabelledText).place;
  throw new InputError(
    'LABEL_NOT_SINGLE',
    `expected one label in the column \`${column}\`, found ${JSON.stringify(cells[several]?.join(';'))}`,
    { file, line },
    { hint: 'Allow several: `--kind multi`.' },
  );
}

function requireLabels(
  labels: readonly string[],
  leftOut: TaskLabels['leftOut'],
  { isMulti, column, file }: { isMulti: boolean; column: string; file: string },
): void {
  if (labels.length > maxLabels) {
    throw new InputError(
      'LABELS_TOO_MANY',
      `expected at most ${maxLabels} labels in the column \`${column}\`, found ${labels.length}`,
      { file },
      { hint: 'Is it a column of labels? Name another: `--task <task>=<column>`.' },
    );
  }
  if (labels.length >= (isMulti ? 1 : 2)) return;
  const found = [
    labels.length > 0 ? `only ${JSON.stringify(labels[0])}` : 'none',
    leftOut.length > 0 ? ` (and ${counted(leftOut.length, 'label')} with one row each)` : '',
  ].join('');
  throw new InputError(
    'LABELS_TOO_FEW',
    `expected at least ${isMulti ? 'one label' : 'two labels'} with ${minLabelRows} rows each in the column \`${column}\`, found ${found}`,
    { file },
    { hint: 'Label more rows, or name another column: `--task <task>=<column>`.' },
  );
}

function noticesOf(task: string, labels: readonly string[], leftOut: TaskLabels['leftOut']): string[] {
  const notices: string[] = [];
  if (leftOut.length > 0) {
    const names = leftOut.map(({ label }) => `\`${label}\``);
    const shown = names.length > 20 ? [...names.slice(0, 20), `... (${names.length} in all)`] : names;
    notices.push(`${task}: left out, as a label needs ${minLabelRows} rows: ${shown.join(', ')}`);
  }
  const byForm = new Map<string, string[]>();
  for (const label of [...labels, ...leftOut.map((each) => each.label)]) {
    const form = label
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/[\s_-]+/gu, ' ');
    byForm.set(form, [...(byForm.get(form) ?? []), label]);
  }
  for (const alike of byForm.values()) {
    if (alike.length < 2) continue;
    notices.push(
      `${task}: ${alike.map((label) => `\`${label}\``).join(' and ')} count as different labels; write them alike if they are one`,
    );
  }
  return notices;
}
