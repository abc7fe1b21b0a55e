import { mkdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { LabelRule } from '../bundle/bundle-json.ts';
import { findBundle } from '../bundle/find-bundle.ts';
import type { Head } from '../bundle/head-file.ts';
import { type BundleDescription, checkBundle, loadDirections } from '../bundle/load-bundle.ts';
import { requireVectors } from '../bundle/require-vectors.ts';
import { InputError, UsageError } from '../errors.ts';
import { lessen, toFeatures } from '../predictor/head.ts';
import { checkOutputs } from '../records/output-paths.ts';
import { seedFor } from '../random.ts';
import { measureBackground } from './background.ts';
import { type CodeframeLabel, readCodeframe } from './codeframe.ts';
import { hintRows, hintTexts } from './codeframe-hints.ts';
import { type Learned, learnHead } from './fit-head.ts';
import { type LabelledTexts, readLabelledTexts, requireTexts } from './labelled-texts.ts';
import { type ResolvedTeachOptions, resolveTeachOptions, type TeachOptions } from './options.ts';
import { sentenceVectors } from './sentence-vectors.ts';
import { conflictSuspects, findSuspects, type Suspect, writeSuspects } from './suspects.ts';
import { findTaskLabels, type TaskLabels } from './task-labels.ts';
import { checkBundleOutput, type NewTask, writeTaughtBundle } from './taught-bundle.ts';
import { describeTask, type TaughtTask, type TeachDocument } from './teach-document.ts';
import { shellWord } from '../text/shell-word.ts';

export interface Taught {
  document: TeachDocument;
  /** Sentences that a person should read about the rows and the result. */
  notices: string[];
}

export interface TeachHooks {
  /** Called while texts are read by the model. */
  onProgress?: (texts: number, total: number) => void;
}

/** Vectors of a round, for the next one; beside the bundle, since it is no part of it. */
export function vectorCachePath(output: string): string {
  return `${output.replace(/[/\\]+$/, '')}.vectors`;
}

/**
 * Makes a bundle with new tasks, learned from labelled rows: what `voxpop teach` does. The same rows, body and
 * seed give the same bytes.
 * @throws UsageError, InputError, BundleError, PredictError, OutputError; the signal's reason when aborted
 */
export async function teach(given: TeachOptions, hooks: TeachHooks = {}): Promise<Taught> {
  const options = resolveTeachOptions(given);
  await checkBundleOutput(options.output, options.force);
  const written = options.suspects === undefined ? [] : [options.suspects];
  const read = [...options.inputs, ...options.with];
  await checkOutputs(written, options.codeframe === undefined ? read : [...read, options.codeframe]);
  const body = await checkBundle(await findBundle(options.model));
  requireVectors(body);
  requireFreeNames(options, body);

  const codeframe = options.codeframe === undefined ? [] : await readCodeframe(options.codeframe);
  const known = codeframe.map(({ label }) => label);
  const labelled = await readLabelledTexts(options, known);
  const file = options.inputs.join(', ');
  requireTexts(labelled, file);
  const tasks = Object.entries(options.task).map(([name, column], task) =>
    findTaskLabels(labelled.texts, task, {
      name,
      column,
      // A comment often touches several topics of a codeframe.
      kind: options.kind[name] ?? options.kind['*'] ?? (codeframe.length > 0 ? 'multi' : undefined),
      file,
      known,
    }),
  );
  await mkdir(dirname(resolve(options.output)), { recursive: true });
  const texts = labelled.texts.map(({ text }) => text);
  const said = hintTexts(codeframe).map(({ text }) => text);
  const { features, background, size } = await featuresOf(texts, said, body, options, hooks);

  const newTasks: NewTask[] = [];
  const described: TaughtTask[] = [];
  const suspects: Suspect[] = conflictSuspects(labelled.conflicts, Object.keys(options.task));
  for (const task of tasks) {
    const learned = await learnHead({
      texts: [...texts, ...said],
      features,
      size,
      background,
      places: task.places,
      gold: task.gold,
      labels: task.layout.labels,
      problemType: task.layout.problemType,
      hints: codeframe.length === 0 ? undefined : hintRows(codeframe, task, texts, options.seed),
      seed: seedFor(options.seed, task.layout.name),
      pause: async () => {
        await setImmediate();
        options.signal?.throwIfAborted();
      },
    });
    const figures = describeTask(task, learned, options);
    described.push(figures);
    suspects.push(...findSuspects(task, learned.checked, labelled.texts));
    newTasks.push(toNewTask(task, learned, figures, codeframe, options));
  }
  const sha256 = await writeTaughtBundle(body, options.output, newTasks, options.replace);
  if (options.suspects !== undefined) await writeSuspects(options.suspects, suspects);
  const { name, version } = body.manifest;
  return {
    document: {
      teach_version: 1,
      bundle: { name: basename(options.output), version, sha256 },
      body: { name, version, sha256: body.sha256 },
      inputs: [...options.inputs, ...options.with],
      rows: labelled.rows,
      empty: labelled.empty,
      repeated: labelled.repeated,
      text_column: labelled.textColumn,
      resamples: options.resamples,
      seed: options.seed,
      tasks: described,
      suspects: suspects.length,
    },
    notices: [...readingNotices(labelled), ...tasks.flatMap((task) => task.notices)],
  };
}

/** @throws UsageError for a new task that the body has already, or a task to replace that it has not */
function requireFreeNames({ task, replace }: ResolvedTeachOptions, { manifest }: BundleDescription): void {
  const names = manifest.tasks.map(({ name }) => name);
  const unknown = replace.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      'REPLACE_UNKNOWN',
      `Expected --replace to name a task of ${manifest.name} (${names.join(', ')}), got ${unknown}`,
    );
  }
  const taken = Object.keys(task).find((name) => names.includes(name) && !replace.includes(name));
  if (taken === undefined) return;
  throw new UsageError(
    'TASK_EXISTS',
    `Expected a new name for a task, got ${taken}, which ${manifest.name} has`,
    {
      hint: `Put it in place of the old one with \`--replace ${shellWord(taken)}\`, or name it otherwise.`,
    },
  );
}

type Background = Pick<Head, 'directions' | 'center' | 'scale'>;

/** Fewer texts do not show what texts have in common. */
const minBackgroundTexts = 20;

/**
 * Texts as heads see them. All texts of rows count for what texts have in common, labelled or not; what a codeframe
 * says is put to words otherwise, and only counts where there are hardly any rows.
 * @param said what the codeframe says, whose features stand behind those of the texts
 */
async function featuresOf(
  rows: readonly string[],
  said: readonly string[],
  body: BundleDescription,
  options: ResolvedTeachOptions,
  hooks: TeachHooks,
): Promise<{ features: Float32Array; background: Background; size: number }> {
  const texts = [...rows, ...said];
  const { vectors, size, isUsed } = await sentenceVectors(body, texts, {
    workers: options.workers,
    batchTokens: options.batchTokens,
    timeoutMs: options.timeoutMs,
    cachePath: vectorCachePath(options.output),
    signal: options.signal,
    onProgress: (done) => hooks.onProgress?.(done, texts.length),
  });
  if (!isUsed.includes(1)) {
    throw new InputError('NOTHING_TO_TEACH', 'expected texts that the model can read, found none', {
      file: options.inputs.join(', '),
    });
  }
  const last = rows.length >= minBackgroundTexts ? rows.length : texts.length;
  const directions = await loadDirections(body);
  // In place, here and below: a hundred thousand vectors take 300 MB.
  if (directions !== undefined) {
    for (let text = 0; text < texts.length; text++) {
      lessen(directions, vectors, text * size, vectors, text * size);
    }
  }
  const isCounted = (text: number): boolean => text < last && isUsed[text] === 1;
  // Without their directions of languages, values have spreads that say how much they tell.
  const background = {
    ...measureBackground(vectors, size, isCounted, directions === undefined),
    directions,
  };
  for (let text = 0; text < texts.length; text++) {
    if (isUsed[text] === 1) toFeatures(background, vectors, text * size, vectors, text * size);
  }
  return { features: vectors, background, size };
}

function toNewTask(
  { layout }: TaskLabels,
  { head, thresholds }: Learned,
  figures: TaughtTask,
  codeframe: readonly CodeframeLabel[],
  { seed, date, inputs, with: further, codeframe: path }: ResolvedTeachOptions,
): NewTask {
  const { metrics, intervals, labelled, labels } = figures;
  return {
    layout,
    head,
    thresholds,
    rules: rulesOf(codeframe),
    taught: {
      ...(date === undefined ? {} : { date }),
      files: [...inputs, ...further].map((file) => basename(file)),
      ...(path === undefined ? {} : { codeframe: basename(path) }),
      rows: labelled,
      rows_by_label: Object.fromEntries(labels.map(({ label, rows }) => [label, rows])),
      ...(figures.rows === 0 ? {} : { cross_validated: { ...metrics, intervals } }),
      seed,
    },
  };
}

function rulesOf(codeframe: readonly CodeframeLabel[]): LabelRule[] {
  return codeframe.flatMap(({ label, must }) => (must.length === 0 ? [] : [{ label, words: must }]));
}

function readingNotices(read: LabelledTexts): string[] {
  const { textColumn, isTextColumnGuessed, isTextColumnNumbered, notices, repeated, conflicts } = read;
  const texts = `Teaching on the texts of \`${textColumn}\``;
  return [
    ...(isTextColumnGuessed ? [`${texts}; name another column with --text`] : []),
    ...(isTextColumnNumbered ? [texts] : []),
    ...notices,
    ...(repeated > 0 ? [`${repeated} rows repeat a text and count once`] : []),
    ...(conflicts.length > 0
      ? [`${conflicts.length} of them have other labels than before; the first ones count, see --suspects`]
      : []),
  ];
}
