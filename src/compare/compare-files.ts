import { InputError, UsageError } from '../errors.ts';
import { isManifestPath } from '../pipeline/manifest.ts';
import { readRunSummary, type RunSummary } from '../pipeline/read-manifest.ts';
import { columnsReader, valueText } from '../records/column-reader.ts';
import type { CompareOptions } from './options.ts';
import type { ComparisonDocument, LanguageComparison, TaskComparison } from './comparison-document.ts';
import { compareCounts, ComparisonTally, LabelMix } from './comparison-tally.ts';
import { openScoredFile, type ScoredFile, type ScoredRow, type ScoredText } from '../scored/scored-file.ts';
import { languageColumn } from '../scored/column-groups.ts';
import { languageTask } from '../label-facts.ts';
import { knownLabels } from '../scored/known-tasks.ts';
import { excerpt } from '../text/excerpt.ts';
import { shellWord } from '../text/shell-word.ts';

type Compared = Pick<ComparisonDocument, 'a' | 'b' | 'tasks' | 'matched' | 'only_a' | 'only_b'> & {
  notices: string[];
};

/** Label mixes of two runs, from their manifests alone. */
export async function compareManifests(a: string, b: string, options: CompareOptions): Promise<Compared> {
  const [one, other] = await Promise.all([readRunSummary(a), readRunSummary(b)]);
  for (const task of options.tasks ?? []) {
    const lacking = [one, other].find(({ labels }) => !Object.hasOwn(labels, task));
    if (lacking === undefined) continue;
    const found = Object.keys(lacking.labels).join(', ') || 'none';
    throw new InputError('NOT_SCORED', `expected labels of the task ${task}, found ${found}`, {
      file: lacking.path,
    });
  }
  const all = commonTasks(Object.keys(one.labels), Object.keys(other.labels), [a, b]);
  const names = options.tasks === undefined ? all : all.filter((task) => options.tasks?.includes(task));
  if (options.maxPsi !== undefined) await requireWholeMixes(names, [one, other]);
  const tasks = names.map((task) => compareTask(task, one, other));
  return { a: sideOf(one), b: sideOf(other), tasks, notices: [] };
}

/** @throws UsageError when the index of a task would not be that of the files */
async function requireWholeMixes(names: readonly string[], runs: readonly RunSummary[]): Promise<void> {
  const known = (await Promise.all(runs.map((run) => knownLabels(run, undefined)))).flatMap(
    ({ tasks }) => tasks,
  );
  const multi = new Set(known.filter(({ isMulti }) => isMulti).map(({ name }) => name));
  const isWhole = (task: string): boolean =>
    !multi.has(task) && runs.every((run) => hasLabelPerText(run, task));
  const partial = names.filter((task) => !isWhole(task));
  if (partial.length === 0) return;
  const whole = names.filter(isWhole);
  const chosen = whole.length === 0 ? '' : `, or choose tasks with \`--tasks ${shellWord(whole.join(','))}\``;
  throw new UsageError(
    'GATE_NOT_MEASURED',
    `Expected --max-psi on tasks with one label per text, got ${partial.join(', ')}: manifests do not count texts without a label`,
    { hint: `Compare the scored files with \`--drift\`${chosen}.` },
  );
}

function hasLabelPerText({ labels, scored, textColumns }: RunSummary, task: string): boolean {
  if (scored === undefined) return true;
  const sum = Object.values(labels[task] ?? {}).reduce((total, texts) => total + texts, 0);
  return sum >= scored && sum <= scored * (textColumns?.length ?? 1);
}

function compareTask(task: string, a: RunSummary, b: RunSummary): TaskComparison {
  const labels = compareCounts(countsOf(a.labels, task, a), countsOf(b.labels, task, b));
  const shared = Object.keys(a.labelsByLanguage).filter((name) => name in b.labelsByLanguage);
  const languages = shared.map((language): LanguageComparison => {
    const [before, now] = [a, b].map((run) => countsOf(run.labelsByLanguage[language] ?? {}, task));
    const { drift } = compareCounts(before as LabelMix, now as LabelMix);
    return { language, psi: drift.psi, jensen_shannon: drift.jensen_shannon };
  });
  return { task, ...labels, ...(languages.length > 0 ? { languages } : {}) };
}

function sideOf({ path, rows, bundle }: RunSummary): ComparisonDocument['a'] {
  return { name: path, ...(rows === undefined ? {} : { rows }), ...(bundle === undefined ? {} : { bundle }) };
}

function countsOf(table: RunSummary['labels'], task: string, manifest?: RunSummary): LabelMix {
  const counts = new LabelMix();
  const labels = Object.entries(table[task] ?? {});
  for (const [label, rows] of labels) counts.counts.set(label, rows);
  // Shares are of texts; without their number, of labels.
  const isOneText = (manifest?.textColumns?.length ?? 1) === 1;
  counts.rows = (isOneText ? manifest?.scored : undefined) ?? labels.reduce((sum, [, rows]) => sum + rows, 0);
  return counts;
}

/** Two scored files, row by row, by key, or only their label mixes. */
export async function compareFiles(a: string, b: string, options: CompareOptions): Promise<Compared> {
  const files: ScoredFile[] = [];
  try {
    for (const path of [a, b]) files.push(await openScoredFile(path, options));
    const [one, other] = files as [ScoredFile, ScoredFile];
    const names = commonTasks(
      one.tasks.map(({ name }) => name),
      other.tasks.map(({ name }) => name),
      [a, b],
    );
    const matched = options.drift
      ? await compareMixes(one, other, names)
      : await new RowComparison(one, other, names, options).run();
    const side = ({ path, manifest }: ScoredFile, rows: number): ComparisonDocument['a'] => ({
      ...(manifest === undefined ? { name: path } : sideOf(manifest)),
      name: path,
      rows,
    });
    const { rowsA, rowsB, ...rest } = matched;
    const notices = files.flatMap((file) => file.notices());
    return { a: side(one, rowsA), b: side(other, rowsB), ...rest, notices };
  } finally {
    for (const file of files) await file.close();
  }
}

/**
 * Finds the tasks that two files or runs have in common.
 * @throws InputError when there are none
 */
export function commonTasks(a: readonly string[], b: readonly string[], names: [string, string]): string[] {
  const common = a.filter((task) => b.includes(task));
  if (common.length > 0) return common;
  throw new InputError(
    'NO_COMMON_TASK',
    `expected tasks that both have, found ${a.join(', ') || 'none'} in ${names[0]} and ${b.join(', ') || 'none'} in ${names[1]}`,
    {},
  );
}

type Matched = Omit<Compared, 'a' | 'b' | 'notices'> & { rowsA: number; rowsB: number };

async function compareMixes(a: ScoredFile, b: ScoredFile, names: readonly string[]): Promise<Matched> {
  const [one, other] = [await countFile(a, names), await countFile(b, names)];
  const tasks = names.map((task, index) => ({
    task,
    ...compareCounts(one.counts[index] as LabelMix, other.counts[index] as LabelMix),
  }));
  return { tasks, rowsA: one.rows, rowsB: other.rows };
}

async function countFile(
  file: ScoredFile,
  names: readonly string[],
): Promise<{ rows: number; counts: LabelMix[] }> {
  const places = placesOf(file, names);
  const counts = names.map(() => new LabelMix());
  let rows = 0;
  for await (const batch of file.rows()) {
    for (const { texts } of batch) {
      rows++;
      for (const { isEmpty, tasks } of texts) {
        if (isEmpty) continue;
        places.forEach((place, index) => counts[index]?.add(tasks[place]?.labels ?? []));
      }
    }
  }
  return { rows, counts };
}

function placesOf(file: ScoredFile, names: readonly string[]): number[] {
  return names.map((name) => file.tasks.findIndex((task) => task.name === name));
}

/** Matches the rows of two files, and holds their labels side by side. */
class RowComparison {
  readonly #a: ScoredFile;
  readonly #b: ScoredFile;
  readonly #key: string | undefined;
  readonly #tallies: ComparisonTally[];
  readonly #places: [number[], number[]];
  readonly #language: (text: ScoredText, row: ScoredRow) => string | undefined;
  #matched = 0;

  constructor(a: ScoredFile, b: ScoredFile, names: readonly string[], options: CompareOptions) {
    this.#a = a;
    this.#b = b;
    this.#key = options.key;
    this.#tallies = names.map((name) => new ComparisonTally(name, options.seed ?? 1));
    this.#places = [placesOf(a, names), placesOf(b, names)];
    const column = languageColumn(b.head);
    const task = b.tasks.findIndex(({ name }) => name === languageTask);
    if (column !== undefined && task === -1) {
      const read = columnsReader(b.head, [column], '--by');
      this.#language = (_, { row }) => valueText(read(row)[0]);
    } else {
      this.#language = ({ tasks }) => tasks[task]?.labels[0];
    }
  }

  async run(): Promise<Matched> {
    const rows = await (this.#key === undefined ? this.#byOrder() : this.#byKey(this.#key));
    return { ...rows, matched: this.#matched, tasks: this.#tallies.map((tally) => tally.result()) };
  }

  async #byOrder(): Promise<{ rowsA: number; rowsB: number }> {
    const [one, other] = [singleRows(this.#a), singleRows(this.#b)];
    let rows = 0;
    try {
      for (;;) {
        const [left, right] = [await one.next(), await other.next()];
        if (left.done === true && right.done === true) return { rowsA: rows, rowsB: rows };
        if (left.done === true || right.done === true) {
          const [shorter, longer] = left.done === true ? [this.#a, this.#b] : [this.#b, this.#a];
          throw differentRows(`${longer.path} has more rows than ${shorter.path}, which ends after ${rows}`);
        }
        this.#compare(left.value, right.value);
        rows++;
      }
    } finally {
      await one.return(undefined);
      await other.return(undefined);
    }
  }

  async #byKey(key: string): Promise<{ rowsA: number; rowsB: number; only_a: number; only_b: number }> {
    const [keyA, keyB] = [this.#a, this.#b].map(({ head }) => columnsReader(head, [key], '--key'));
    const held = new Map<string, ScoredRow>();
    let rowsA = 0;
    for await (const row of singleRows(this.#a)) {
      rowsA++;
      const value = valueText(keyA?.(row.row)[0]);
      if (held.has(value)) throw doubledKey(this.#a.path, row, key, value);
      // Only the labels are needed from here on.
      held.set(value, { row: { ...row.row, cells: [], json: '{}' }, texts: row.texts });
    }
    let rowsB = 0;
    const seen = new Set<string>();
    for await (const row of singleRows(this.#b)) {
      rowsB++;
      const value = valueText(keyB?.(row.row)[0]);
      if (seen.has(value)) throw doubledKey(this.#b.path, row, key, value);
      const other = held.get(value);
      if (other === undefined) continue;
      seen.add(value);
      this.#compare(other, row);
    }
    keyA?.requireFound();
    keyB?.requireFound();
    return { rowsA, rowsB, only_a: rowsA - seen.size, only_b: rowsB - seen.size };
  }

  #compare(a: ScoredRow, b: ScoredRow): void {
    if (a.texts.length !== b.texts.length) {
      throw differentRows(`they have ${a.texts.length} and ${b.texts.length} scored text columns`);
    }
    for (const [index, one] of a.texts.entries()) {
      const other = b.texts[index] as ScoredText;
      if (one.text !== undefined && other.text !== undefined && one.text !== other.text) {
        throw differentRows(
          `row ${b.row.ordinal + 1} has the text ${quoted(one.text)} in ${this.#a.path} and ${quoted(other.text)} in ${this.#b.path}`,
        );
      }
      if (one.isEmpty && other.isEmpty) continue;
      this.#matched++;
      const text = { row: b.row.ordinal, words: other.text, language: this.#language(other, b) };
      this.#tallies.forEach((tally, task) => {
        const [left, right] = [
          one.tasks[this.#places[0][task] ?? -1],
          other.tasks[this.#places[1][task] ?? -1],
        ];
        if (left !== undefined && right !== undefined) tally.add(left, right, text);
      });
    }
  }
}

async function* singleRows(file: ScoredFile): AsyncGenerator<ScoredRow> {
  for await (const batch of file.rows()) yield* batch;
}

function differentRows(found: string): InputError {
  return new InputError(
    'ROWS_DIFFER',
    `expected two files with the same rows in the same order, but ${found}`,
    {},
    {
      hint: 'Match rows with `--key <column>`, or compare only the label mixes of different rows with `--drift`.',
    },
  );
}

function doubledKey(path: string, { row }: ScoredRow, key: string, value: string): UsageError {
  const where = `${path}:${row.line}`;
  const found = `${quoted(value)} a second time`;
  return new UsageError(
    'KEY_NOT_UNIQUE',
    `${where}: expected different values in \`${key}\`, found ${found}`,
    {
      hint: 'Give `--key` a column that names each row once, such as an id.',
    },
  );
}

function quoted(text: string): string {
  return JSON.stringify(excerpt(text, 50));
}

/** Whether both are manifests; one of each cannot be compared. */
export function areManifests(a: string, b: string): boolean {
  if (isManifestPath(a) === isManifestPath(b)) return isManifestPath(a);
  throw new UsageError('COMPARE_MIXED', `Expected two scored files or two manifests, got ${a} and ${b}`);
}
