import { BundleError } from '../errors.ts';
import { type LabelFacts, noLabelFacts } from '../label-facts.ts';
import type { ProblemType } from '../protocol.ts';
import { type Json, JsonChecker, show } from './json-checker.ts';
import { parseJson } from './parse-json.ts';
import { parseLabelFacts } from './parse-label-facts.ts';

/** The bundle format that this version reads and `bundle.json` must state. */
export const bundleFormatVersion = 1;

/** More than any model has; a file that states more is refused before the rest of it is looked at. */
const limits = { tasks: 1000, labelsPerTask: 10_000, files: 1000, maxLength: 8192 };

/** The separator of several labels in one cell of an output, which no label can hold. */
const labelSeparator = ';';

/** Characters that would break a cell, a line of a log or a terminal. */
const controlCharacter = /\p{Cc}/u;

/** One classification question of a bundle. */
export interface BundleTask {
  name: string;
  problemType: ProblemType;
  /** Labels in the order of the logits. */
  labels: string[];
  /** Name of the ONNX output, float32 logits [batch, labels]; undefined for a task with a head of its own. */
  output: string | undefined;
  /** Path in the bundle of the head that makes logits of the sentence vector, for a task that was taught. */
  head: string | undefined;
  /** Words that decide on labels by themselves. */
  rules: LabelRule[];
  /** How a task was taught; free form. */
  taught: Record<string, unknown> | undefined;
  /** Multi-label only: a label is assigned when its score reaches its threshold, in label order. */
  thresholds: number[] | undefined;
}

/** A label that a text gets whenever it holds one of the words, whatever the model says. */
export interface LabelRule {
  label: string;
  words: string[];
}

export interface BundleFile {
  /** Relative to the bundle, forward slashes. */
  path: string;
  sha256: string;
  bytes: number;
}

/** A label that says that there is nothing to say: where it is assigned, the other tasks' labels mean nothing. */
export interface BundleGate {
  /** Name of a single-label task. */
  task: string;
  /** One of its labels. */
  label: string;
}

/**
 * Tasks whose labels belong together: of each sentence, the labels of `task` are about what `with` says. A comment
 * then gets a label of `with` for each of its labels of `task`.
 */
export interface BundlePair {
  /** Name of a multi-label task. */
  task: string;
  /** Name of a single-label task. */
  with: string;
  /** What two labels of `with` make together, when one sentence has the one and another sentence the other. */
  both: { labels: [string, string]; label: string } | undefined;
}

/** Where the model gives the sentence vector of a text, which the heads are built on and another head can be. */
export interface BundleVectors {
  /** Name of the ONNX output, float32 [batch, size]. */
  output: string;
  size: number;
  /** Path of the file with the directions that tell languages apart; undefined for a bundle without one. */
  directions: string | undefined;
}

/** `bundle.json`, checked. */
export interface BundleJson {
  name: string;
  version: string;
  license: string;
  architecture: string;
  languages: string[];
  /** Tokens per text at most, special tokens included. */
  maxLength: number;
  padTokenId: number;
  /** Whether a text in capitals is read in small letters; false where the file says nothing. */
  foldCapitals: boolean;
  /** Whether logits are the same bit for bit whatever else is in the batch. */
  batchInvariant: boolean;
  files: BundleFile[];
  tasks: BundleTask[];
  gate: BundleGate | undefined;
  vectors: BundleVectors | undefined;
  pairs: BundlePair[];
  /** What the labels stand for in a report; its `no_feedback` is that of the gate. */
  report: LabelFacts;
  /** Figures that the model card reports, in any form. */
  metrics: Record<string, unknown>;
  /** Data sources with their licences, the recipe and its seeds, in any form. */
  provenance: Record<string, unknown>;
}

/**
 * Reads a `bundle.json`.
 * @param where path to name in errors
 * @throws BundleError naming the key, what was expected and what was found
 */
export function parseBundleJson(bytes: Buffer, where: string): BundleJson {
  const value = parseJson(bytes, where, 'BUNDLE_JSON_INVALID');
  const check = new JsonChecker(where, 'BUNDLE_JSON_INVALID');
  const json = check.object(value, 'the top level');
  if (json['format_version'] !== bundleFormatVersion) {
    throw new BundleError(
      'BUNDLE_FORMAT_UNKNOWN',
      `${where}: expected format_version ${bundleFormatVersion}, found ${show(json['format_version'])}`,
      { hint: 'The bundle was made for another version of voxpop.' },
    );
  }
  check.atMost(check.array(json, 'tasks').length, limits.tasks, 'tasks', 'tasks');
  check.atMost(check.array(json, 'files').length, limits.files, 'files', 'files');
  const tasks = check
    .array(json, 'tasks')
    .map((task, index) => parseTask(check, check.object(task, `tasks[${index}]`), `tasks[${index}].`));
  const manifest: BundleJson = {
    name: check.string(json, 'name'),
    version: check.string(json, 'version'),
    license: check.string(json, 'license'),
    architecture: check.string(json, 'architecture'),
    languages: check.strings(json, 'languages'),
    maxLength: check.integer(json, 'max_length', 3, '', limits.maxLength),
    padTokenId: check.integer(json, 'pad_token_id', 0),
    foldCapitals: json['fold_capitals'] === undefined ? false : check.boolean(json, 'fold_capitals'),
    batchInvariant: check.boolean(json, 'batch_invariant'),
    files: check
      .array(json, 'files')
      .map((file, index) => parseFile(check, check.object(file, `files[${index}]`), `files[${index}].`)),
    tasks,
    gate:
      json['gate'] === undefined ? undefined : parseGate(check, check.object(json['gate'], 'gate'), tasks),
    vectors:
      json['vectors'] === undefined
        ? undefined
        : parseVectors(check, check.object(json['vectors'], 'vectors'), tasks),
    pairs: json['pairs'] === undefined ? [] : parsePairs(check, json, tasks),
    report: noLabelFacts,
    metrics: check.object(json['metrics'] ?? {}, 'metrics'),
    provenance: check.object(json['provenance'] ?? {}, 'provenance'),
  };
  if (manifest.tasks.length === 0) check.fail('tasks', 'at least one task', 'none');
  check.unique(
    manifest.tasks.map((task) => task.name),
    'tasks',
  );
  check.unique(
    manifest.files.map((file) => file.path),
    'files',
  );
  requireHeads(check, manifest);
  return { ...manifest, report: reportFacts(check, json, manifest) };
}

/** The gate tells what is no feedback in a report too. */
function reportFacts(check: JsonChecker, json: Json, { tasks, gate }: BundleJson): LabelFacts {
  const facts = parseLabelFacts(check, check.object(json['report'] ?? {}, 'report'), tasks);
  if (gate === undefined) return facts;
  return { ...facts, roles: { ...facts.roles, no_feedback: { task: gate.task, labels: [gate.label] } } };
}

function requireHeads(check: JsonChecker, { tasks, vectors, files }: BundleJson): void {
  const directions = vectors?.directions;
  if (directions !== undefined && !files.some(({ path }) => path === directions))
    check.fail('vectors.directions', 'one of the files', show(directions));
  tasks.forEach(({ name, head }, index) => {
    if (head === undefined) return;
    if (vectors === undefined) check.fail('vectors', `what the head of ${name} is for`, 'nothing');
    if (files.some(({ path }) => path === head)) return;
    check.fail(`tasks[${index}].head`, 'one of the files', show(head));
  });
}

function parseRules(check: JsonChecker, json: Json, labels: readonly string[], at: string): LabelRule[] {
  if (json['rules'] === undefined) return [];
  return check.array(json, 'rules', at).map((value, index) => {
    const where = `${at}rules[${index}]`;
    const rule = check.object(value, where);
    const label = check.string(rule, 'label', `${where}.`);
    if (!labels.includes(label)) check.fail(`${where}.label`, 'a label of the task', show(label));
    const words = check.strings(rule, 'words', `${where}.`);
    if (words.length === 0) check.fail(`${where}.words`, 'at least one word', 'none');
    return { label, words };
  });
}

function parseFile(check: JsonChecker, json: Json, at: string): BundleFile {
  const sha256 = check.string(json, 'sha256', at);
  if (!/^[0-9a-f]{64}$/.test(sha256)) check.fail(`${at}sha256`, '64 lower-case hex digits', show(sha256));
  return { path: check.string(json, 'path', at), sha256, bytes: check.integer(json, 'bytes', 0, at) };
}

function parseTask(check: JsonChecker, json: Json, at: string): BundleTask {
  const problemType = check.string(json, 'problem_type', at);
  if (problemType !== 'single_label_classification' && problemType !== 'multi_label_classification') {
    return check.fail(
      `${at}problem_type`,
      'single_label_classification or multi_label_classification',
      show(problemType),
    );
  }
  check.atMost(check.array(json, 'labels', at).length, limits.labelsPerTask, `${at}labels`, 'labels');
  const labels = check.strings(json, 'labels', at);
  if (labels.length === 0) check.fail(`${at}labels`, 'at least one label', 'none');
  check.unique(labels, `${at}labels`);
  for (const label of labels) checkLabel(check, label, problemType, `${at}labels`);
  const task = {
    name: check.string(json, 'name', at),
    problemType,
    labels,
    // A head takes the place of an output.
    output: json['head'] === undefined ? check.string(json, 'output', at) : undefined,
    head: json['head'] === undefined ? undefined : check.string(json, 'head', at),
    rules: parseRules(check, json, labels, at),
    taught: json['taught'] === undefined ? undefined : check.object(json['taught'], `${at}taught`),
  };
  if (problemType === 'single_label_classification') return { ...task, problemType, thresholds: undefined };
  const thresholds = check.array(json, 'thresholds', at);
  if (thresholds.length !== labels.length) {
    check.fail(`${at}thresholds`, `one number for each of ${labels.length} labels`, `${thresholds.length}`);
  }
  for (const value of thresholds) {
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
      check.fail(`${at}thresholds`, 'numbers from 0 to 1', show(value));
    }
  }
  return { ...task, problemType, thresholds: thresholds as number[] };
}

function checkLabel(check: JsonChecker, label: string, problemType: ProblemType, key: string): void {
  if (label.trim() !== label || controlCharacter.test(label))
    check.fail(key, 'free of control characters and of white space at their ends', show(label));
  if (problemType === 'multi_label_classification' && label.includes(labelSeparator))
    check.fail(key, `free of ${labelSeparator}, which separates the labels of one text`, show(label));
}

function parseGate(check: JsonChecker, json: Json, tasks: readonly BundleTask[]): BundleGate {
  const gate = { task: check.string(json, 'task', 'gate.'), label: check.string(json, 'label', 'gate.') };
  const candidates = tasks.filter((task) => task.problemType === 'single_label_classification');
  const task = candidates.find(({ name }) => name === gate.task);
  if (task === undefined) {
    const names = candidates.map(({ name }) => name);
    return check.fail(
      'gate.task',
      `a single-label task (${names.join(', ') || 'there is none'})`,
      show(gate.task),
    );
  }
  if (!task.labels.includes(gate.label))
    check.fail('gate.label', `a label of ${task.name} (${task.labels.join(', ')})`, show(gate.label));
  return gate;
}

function parseVectors(check: JsonChecker, json: Json, tasks: readonly BundleTask[]): BundleVectors {
  const output = check.string(json, 'output', 'vectors.');
  const task = tasks.find((other) => other.output === output);
  if (task !== undefined)
    check.fail('vectors.output', 'an output of its own', `${show(output)}, the output of ${task.name}`);
  return {
    output,
    size: check.integer(json, 'size', 1, 'vectors.'),
    directions: json['directions'] === undefined ? undefined : check.string(json, 'directions', 'vectors.'),
  };
}

function parsePairs(check: JsonChecker, json: Json, tasks: readonly BundleTask[]): BundlePair[] {
  const pairs = check.array(json, 'pairs').map((value, index) => {
    const at = `pairs[${index}].`;
    const pair = check.object(value, `pairs[${index}]`);
    const task = taskOfKind(check, check.string(pair, 'task', at), tasks, 'multi', `${at}task`);
    const other = taskOfKind(check, check.string(pair, 'with', at), tasks, 'single', `${at}with`);
    for (const { name, labels } of [task, other]) {
      const unfit = labels.find((label) => !isPairLabel(label));
      if (unfit !== undefined)
        check.fail(
          at.slice(0, -1),
          `of labels without = and ;, which stand between them`,
          `${show(unfit)} of ${name}`,
        );
    }
    const both = pair['both'] === undefined ? undefined : parseBoth(check, pair['both'], other, `${at}both`);
    return { task: task.name, with: other.name, both };
  });
  check.unique(
    pairs.map((pair) => `${pair.task} with ${pair.with}`),
    'pairs',
  );
  return pairs;
}

/** Whether a label can stand in a cell of pairs, as `label=label;label=label`. */
export function isPairLabel(label: string): boolean {
  return !/[=;]/.test(label);
}

function taskOfKind(
  check: JsonChecker,
  name: string,
  tasks: readonly BundleTask[],
  kind: 'single' | 'multi',
  key: string,
): BundleTask {
  const candidates = tasks.filter((task) => task.problemType === `${kind}_label_classification`);
  const found = candidates.find((task) => task.name === name);
  if (found !== undefined) return found;
  const names = candidates.map((task) => task.name).join(', ') || 'there is none';
  return check.fail(key, `a ${kind}-label task (${names})`, show(name));
}

function parseBoth(
  check: JsonChecker,
  value: unknown,
  { name, labels }: BundleTask,
  at: string,
): BundlePair['both'] {
  const both = check.object(value, at);
  const [one, other, ...more] = check.strings(both, 'labels', `${at}.`);
  if (one === undefined || other === undefined || more.length > 0 || one === other)
    return check.fail(`${at}.labels`, 'two labels', show(both['labels']));
  const label = check.string(both, 'label', `${at}.`);
  for (const each of [one, other, label]) {
    if (!labels.includes(each)) check.fail(at, `labels of ${name} (${labels.join(', ')})`, show(each));
  }
  return { labels: [one, other], label };
}
