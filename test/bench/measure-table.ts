import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBundle } from '../../src/bundle/find-bundle.ts';
import { loadBundle } from '../../src/bundle/load-bundle.ts';
import { compare } from '../../src/compare/compare.ts';
import type { CompareOptions } from '../../src/compare/options.ts';
import type { BundleSpeed, TaskQuality } from '../../src/compare/comparison-document.ts';
import { countParameters } from './onnx-file.ts';
import { writeSingleTask } from './single-task.ts';

export interface TableOptions {
  /** What the speed-up is over; its labels do not matter. */
  baseline: NamedBundle;
  /** What the degradation is against. */
  teacher: NamedBundle;
  bundles: NamedBundle[];
  /** Measured for speed alone, such as shapes with random weights. */
  speedOnly: NamedBundle[];
  /** Labelled file. */
  on: string;
  scoring: Pick<CompareOptions, 'gold' | 'tasks' | 'text' | 'deterministic'>;
  /** Workers of the second measurement; the first has one. */
  workers: number;
  /** Rows that speed is measured on; quality takes all. */
  speedRows: number;
}

export interface NamedBundle {
  name: string;
  path: string;
}

/** One row of the table. */
export interface BundleRow {
  name: string;
  parameters: number;
  bytes: number;
  /** With one worker, and with all. */
  rowsPerSecond: [number, number];
  /** Over the baseline, which took turns with this bundle: with one worker, and with all. */
  speedUp: [number, number];
  quality: { task: string; macroF1: number; rows: number }[] | undefined;
  /** Mean over tasks of the loss of macro-F1 against the teacher, percent; undefined for the teacher. */
  degradationPercent: number | undefined;
  /** One run for all tasks in place of one per task: share of the time saved; undefined with one task. */
  multiTaskSaving: number | undefined;
}

/**
 * Measures all bundles with `compare`, that is in turns of some hundred rows, so that whatever slows the machine
 * down hits both sides of every ratio.
 * @param onStep told what is measured next
 */
export async function measureTable(
  options: TableOptions,
  onStep: (step: string) => void = () => {},
): Promise<BundleRow[]> {
  const { baseline, teacher } = options;
  const named = [baseline, ...options.speedOnly, teacher, ...options.bundles];
  const all = named.filter(({ path }, index) => named.findIndex((other) => other.path === path) === index);
  const rows: BundleRow[] = [];
  for (const bundle of all) {
    const { model, manifest } = await loadBundle(await findBundle(bundle.path));
    const parameters = countParameters(model);
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    const isSpeedOnly = ![teacher, ...options.bundles].some(({ path }) => path === bundle.path);
    onStep(`speed of ${bundle.name}`);
    // The baseline beside itself measures itself, and what chance does to a ratio.
    const one = await speeds(options, baseline, bundle, 1);
    const many = options.workers === 1 ? one : await speeds(options, baseline, bundle, options.workers);
    onStep(`quality of ${bundle.name}`);
    const quality = isSpeedOnly ? undefined : await qualities(options, bundle);
    onStep(`saving of ${bundle.name}`);
    const tasks = manifest.tasks.map(({ name }) => name);
    const multiTaskSaving =
      isSpeedOnly || tasks.length < 2 ? undefined : await savingOf(options, bundle, tasks);
    rows.push({
      name: bundle.name,
      parameters,
      bytes,
      rowsPerSecond: [one[1].rows_per_second, many[1].rows_per_second],
      speedUp: [ratio(one), ratio(many)],
      quality: quality?.perTask.map(({ task, macro_f1_b, rows: count }) => ({
        task,
        macroF1: macro_f1_b,
        rows: count,
      })),
      degradationPercent: bundle.path === teacher.path ? undefined : quality?.degradation,
      multiTaskSaving,
    });
  }
  return rows;
}

type Speeds = [BundleSpeed, BundleSpeed];

async function speeds(
  options: TableOptions,
  a: NamedBundle,
  b: NamedBundle,
  workers: number,
  tasks?: string[],
): Promise<Speeds> {
  const { on, scoring, speedRows } = options;
  const { document } = await compare({
    ...scoring,
    ...(tasks === undefined ? {} : { tasks }),
    gold: undefined,
    bundles: [a.path, b.path],
    on,
    workers,
    limit: speedRows,
  });
  return document.speed as Speeds;
}

function ratio([a, b]: Speeds): number {
  return a.elapsed_ms / b.elapsed_ms;
}

async function qualities(
  { scoring, teacher, on, workers }: TableOptions,
  bundle: NamedBundle,
): Promise<{ perTask: TaskQuality[]; degradation: number | undefined }> {
  const { document } = await compare({ ...scoring, bundles: [teacher.path, bundle.path], on, workers });
  return { perTask: document.quality ?? [], degradation: document.degradation_percent };
}

/** One run with all heads against a run per task with its head alone: same body, same texts, one worker, in turns. */
async function savingOf(
  options: TableOptions,
  bundle: NamedBundle,
  tasks: readonly string[],
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'voxpop-single-task-'));
  try {
    // Each run with one head in units of the run with all heads beside it.
    let separate = 0;
    for (const task of tasks) {
      const path = await writeSingleTask(await findBundle(bundle.path), task, join(directory, task));
      const [all, single] = await speeds(options, bundle, { name: task, path }, 1, undefined);
      separate += single.elapsed_ms / all.elapsed_ms;
    }
    return 1 - 1 / separate;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
