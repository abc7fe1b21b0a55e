import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { InputError, UsageError } from '../errors.ts';
import type { TaskLayout } from '../protocol.ts';
import type { EvaluationDocument } from './evaluation-document.ts';
import { shellWord } from '../text/shell-word.ts';

const baselineVersion = 1;
const hashBytes = 6;

/**
 * Predictions by text. A prediction depends on the text alone, so one per distinct text is enough: 6 bytes of
 * the text's SHA-256 and a bit per label, 10 to 12 bytes for the default bundle, some 1.5 MB of JSON for
 * 100,000 texts.
 */
export class TextPredictions {
  readonly tasks: readonly Pick<TaskLayout, 'name' | 'labels'>[];
  readonly #width: number;
  /** Hash of the text to the place of its record. */
  readonly #places = new Map<number, number>();
  #records: Buffer;

  constructor(tasks: readonly Pick<TaskLayout, 'name' | 'labels'>[], records: Buffer = Buffer.alloc(0)) {
    this.tasks = tasks.map(({ name, labels }) => ({ name, labels }));
    this.#width = recordWidth(tasks);
    this.#records = records;
    for (let at = 0; at + this.#width <= records.length; at += this.#width) {
      this.#places.set(records.readUIntBE(at, hashBytes), at);
    }
  }

  get texts(): number {
    return this.#places.size;
  }

  /**
   * Keeps what was predicted for a text, unless the text is held already.
   * @param labels assigned labels of each task, as indices
   */
  add(text: string, labels: readonly (readonly number[])[]): void {
    const hash = hashOf(text);
    if (this.#places.has(hash)) return;
    const at = this.texts * this.#width;
    if (at + this.#width > this.#records.length) {
      this.#records = Buffer.concat([this.#records], Math.max(1 << 16, 2 * this.#records.length));
    }
    this.#places.set(hash, at);
    this.#records.writeUIntBE(hash, at, hashBytes);
    let start = at + hashBytes;
    this.tasks.forEach((task, index) => {
      for (const label of labels[index] ?? []) {
        const byte = start + (label >> 3);
        this.#records[byte] = (this.#records[byte] as number) | (1 << (label & 7));
      }
      start += bitBytes(task.labels.length);
    });
  }

  /** Assigned labels of each task by name, undefined for a text that is not held. */
  find(text: string): string[][] | undefined {
    const at = this.#places.get(hashOf(text));
    if (at === undefined) return undefined;
    let start = at + hashBytes;
    return this.tasks.map(({ labels }) => {
      const assigned = labels.filter(
        (_, label) => ((this.#records[start + (label >> 3)] as number) >> (label & 7)) & 1,
      );
      start += bitBytes(labels.length);
      return assigned;
    });
  }

  toJSON(): object {
    const bytes = this.#records.subarray(0, this.texts * this.#width);
    return { tasks: this.tasks, texts: this.texts, records: deflateRawSync(bytes).toString('base64') };
  }
}

function recordWidth(tasks: readonly Pick<TaskLayout, 'labels'>[]): number {
  return hashBytes + tasks.reduce((sum, { labels }) => sum + bitBytes(labels.length), 0);
}

function bitBytes(labels: number): number {
  return (labels + 7) >> 3;
}

function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, hashBytes);
}

/** A saved evaluation, with what it predicted. */
export interface Baseline {
  evaluation: EvaluationDocument;
  predictions: TextPredictions;
}

/** Formats a baseline as the text of its file. */
export function formatBaseline({ evaluation, predictions }: Baseline): string {
  const { gates: _, comparison: __, ...measured } = evaluation;
  return `${JSON.stringify({ baseline_version: baselineVersion, evaluation: measured, predictions }, null, 1)}\n`;
}

/**
 * Reads a baseline file.
 * @throws InputError when the file is not one that `--save` wrote
 */
export async function readBaseline(path: string): Promise<Baseline> {
  const hint = 'Make one with `voxpop evaluate <gold> --save baseline.json`.';
  let value: BaselineFile;
  try {
    value = JSON.parse(await readFile(path, 'utf8')) as BaselineFile;
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const found = isMissing ? 'nothing of this name' : (cause as Error).message;
    const message = `expected a baseline, found ${found}`;
    throw new InputError('BASELINE_INVALID', message, { file: path }, { hint, cause });
  }
  if (value?.baseline_version !== baselineVersion) {
    throw new InputError(
      'BASELINE_INVALID',
      `expected a baseline with baseline_version ${baselineVersion}, found ${JSON.stringify(value?.baseline_version) ?? 'none'}`,
      { file: path },
      { hint },
    );
  }
  try {
    checkEvaluation(value.evaluation);
    return { evaluation: value.evaluation, predictions: readPredictions(value.predictions) };
  } catch (cause) {
    const message = `expected a complete baseline, found a damaged one: ${(cause as Error).message}`;
    throw new InputError('BASELINE_INVALID', message, { file: path }, { hint, cause });
  }
}

interface BaselineFile {
  baseline_version: number;
  evaluation: EvaluationDocument;
  predictions: { tasks: { name: string; labels: string[] }[]; texts: number; records: string };
}

/** Checks the parts of a saved evaluation that are used. The caller says in which file the fault is. */
function checkEvaluation({ bundle, tasks, slices }: EvaluationDocument): void {
  expect(areStrings([bundle.name, bundle.version, bundle.sha256]), 'no name, version and sha256 of a bundle');
  expect(Array.isArray(tasks) && Array.isArray(slices), 'no tasks');
  for (const { task, rows, metrics } of [...tasks, ...slices]) {
    expect(typeof task === 'string' && Number.isSafeInteger(rows), 'a task without its name or rows');
    expect(Object.values(metrics).every(Number.isFinite), `a figure of ${task} that is no number`);
  }
  for (const { by, value } of slices) expect(areStrings([by, value]), 'a slice without its column or value');
}

function readPredictions({ tasks, texts, records }: BaselineFile['predictions']): TextPredictions {
  expect(Number.isSafeInteger(texts) && texts >= 0 && typeof records === 'string', 'no predictions');
  const isTask = ({ name, labels }: BaselineFile['predictions']['tasks'][number]): boolean =>
    areStrings([name]) && Array.isArray(labels) && areStrings(labels);
  expect(Array.isArray(tasks) && tasks.every(isTask), 'predictions without their labels');
  const bytes = texts * recordWidth(tasks);
  const inflated = inflateRawSync(Buffer.from(records, 'base64'), { maxOutputLength: bytes + 1 });
  expect(inflated.length === bytes, `predictions that are not of ${texts} texts`);
  return new TextPredictions(tasks, inflated);
}

function areStrings(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}

function expect(isRight: boolean, found: string): void {
  if (!isRight) throw new TypeError(found);
}

/**
 * Makes sure that every task of the baseline is measured again.
 * @throws UsageError when the baseline measured a task that is not measured now, unless others were chosen
 */
export function requireSameTasks(
  baseline: EvaluationDocument,
  measured: readonly string[],
  chosen: readonly string[] | undefined,
): void {
  const missing = baseline.tasks.map(({ task }) => task).filter((task) => !measured.includes(task));
  if (missing.length === 0 || chosen !== undefined) return;
  throw new UsageError(
    'BASELINE_TASKS_DIFFER',
    `Expected gold labels for every task of the baseline, found none for ${missing.join(', ')}`,
    {
      hint: `Leave them out on purpose with \`--tasks ${shellWord(measured.join(','))}\`, or save a new baseline.`,
    },
  );
}
