import { findBundle } from '../bundle/find-bundle.ts';
import { checkBundle } from '../bundle/load-bundle.ts';
import { UsageError } from '../errors.ts';
import type { ScoreOptions } from '../score-options.ts';
import { type LabelMap, mapLabels, readLabelMap } from '../pipeline/label-map.ts';
import type { TaskLayout } from '../protocol.ts';
import { Rejects } from '../pipeline/rejects.ts';
import { Tally } from '../pipeline/tally.ts';
import { outputMode } from '../records/output-mode.ts';
import { openSink } from '../records/sink.ts';
import type { ScorePlan } from '../score-plan.ts';
import { cacheWords } from '../text/cache-words.ts';
import { openScoring, type ScoreProgress } from '../scoring.ts';
import {
  type Baseline,
  formatBaseline,
  readBaseline,
  requireSameTasks,
  type TextPredictions,
} from './baseline.ts';
import { type Evaluation, EvaluationRun } from './evaluation-run.ts';
import { FlipsFile, keyColumn } from './flips.ts';
import { findGoldColumns } from './gold.ts';
import { type EvaluateOptions, resolveEvaluateOptions, type ResolvedEvaluateOptions } from './options.ts';
import { pairTask } from './pair-task.ts';
import { checkEvaluationOutputs } from './outputs.ts';
import { languageTask } from '../label-facts.ts';

/** Prefix of the columns that `score` would add, so that they never clash with gold columns. Nobody ever sees it. */
const hiddenPrefix = '\u0000';

export interface EvaluateHooks {
  /** Called once, before the first row is scored. */
  onPlan?: (plan: ScorePlan) => void;
  /** Called after each shard. */
  onProgress?: (progress: ScoreProgress) => void;
}

/**
 * Scores labelled files and measures how well: what `voxpop evaluate` does. A failed gate is a result, never
 * an error.
 * @throws UsageError, InputError, BundleError, PredictError, OutputError; the signal's reason when aborted
 */
export async function evaluate(given: EvaluateOptions, hooks: EvaluateHooks = {}): Promise<Evaluation> {
  const options = resolveEvaluateOptions(given);
  await checkEvaluationOutputs(options, options);
  const labelMap =
    typeof options.labelMap === 'string' ? await readLabelMap(options.labelMap) : (options.labelMap ?? {});
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline);
  const notices: string[] = [];
  const scoring = await openScoring({ ...(await scoringOptions(options)), prefix: hiddenPrefix }, (notice) =>
    notices.push(notice),
  );
  try {
    hooks.onPlan?.(scoring.plan);
    const run = prepare(scoring.plan, options, labelMap, baseline);
    const flips =
      options.flips === undefined
        ? undefined
        : await FlipsFile.open(
            options.flips,
            await outputMode(options.inputs, options.stdin),
            scoring.plan.records.head,
            keyColumn(scoring.plan.records.head.columns, options.key),
          );
    try {
      const tally = new Tally(scoring.plan.tasks);
      const rejects = new Rejects({ rows: 0 }, undefined);
      for await (const shard of scoring.shards()) {
        // A text that the model cannot score would be measured as if it had no labels.
        await rejects.write(shard.rows, shard.rejected, 0);
        tally.add(shard.rows, shard.predictions, shard.rejected);
        await run.add(shard, flips);
        hooks.onProgress?.(scoring.progress(tally.counts));
      }
      // An abort ends the shards early; half an evaluation is none.
      options.signal?.throwIfAborted();
      const result = run.finish(tally.counts.rows, tally.counts.rows - tally.counts.scored);
      await scoring.closeCache();
      const { head, notices: readNotices } = scoring.plan.records;
      const { textColumnsGuessed, chosenColumns } = scoring.plan;
      if (!textColumnsGuessed && chosenColumns !== undefined)
        result.notices.unshift(`Scored ${chosenColumns}`);
      result.notices.unshift(...head.notices, ...readNotices());
      result.notices.push(...notices, ...cacheWords(scoring.progress(tally.counts).cache));
      await flips?.commit();
      if (options.save !== undefined) await save(options.save, result, run.predictions as TextPredictions);
      return result;
    } catch (error) {
      await flips?.abort();
      throw error;
    }
  } finally {
    await scoring.close();
  }
}

/** Options for scoring: the tasks that were asked for, and the language, by which figures are always given. */
async function scoringOptions(options: ResolvedEvaluateOptions): Promise<ScoreOptions> {
  // Labels are renamed where gold is read, and the key only names rows that flipped.
  const { key: _key, ...others } = options;
  const scoring = { ...others, labelMap: undefined };
  const { tasks } = options;
  if (tasks === undefined || tasks.includes(languageTask)) return scoring;
  const { manifest } = await checkBundle(await findBundle(options.model));
  const hasLanguage = manifest.tasks.some(({ name }) => name === languageTask);
  return { ...scoring, tasks: hasLanguage ? [...tasks, languageTask] : tasks };
}

async function save(path: string, { document, passed, notices }: Evaluation, predictions: TextPredictions) {
  if (!passed) {
    notices.push(`No baseline was saved to ${path}, because a gate failed`);
    return;
  }
  const sink = await openSink(path);
  try {
    await sink.write(formatBaseline({ evaluation: document, predictions }));
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function prepare(
  plan: ScorePlan,
  options: ResolvedEvaluateOptions,
  labelMap: LabelMap,
  baseline: Baseline | undefined,
): EvaluationRun {
  if (plan.textColumns.length !== 1) {
    throw new UsageError(
      'TEXT_COLUMN_NOT_SINGLE',
      `Expected one text column to evaluate, got ${plan.textColumns.length}`,
      { hint: 'Evaluate the columns one by one: `--text <column>`.' },
    );
  }
  // Names that only gold labels have are no labels of the bundle: they are mapped where gold is read.
  const map = mapLabels(plan.tasks, knownPart(labelMap, plan.tasks, options.tasks !== undefined));
  const chosen = map.tasks.filter(({ name }) => options.tasks?.includes(name) ?? true);
  const pairs = (plan.pairs ?? []).map((pair) => pairTask(pair, labelMap));
  const measurable = [...chosen, ...pairs.map(({ task }) => task)];
  const gold = findGoldColumns(plan.records.head, measurable, options.gold).map((column) => {
    const pair = pairs.find(({ task }) => task === column.task);
    return { task: column.task, column: column.column, rename: pair?.rename };
  });
  if (baseline !== undefined) {
    const measured = gold.map(({ task }) => task.name);
    requireSameTasks(baseline.evaluation, measured, options.tasks);
  }
  const { name, version, sha256 } = plan.bundle;
  const bundle = { name, version, sha256 };
  return new EvaluationRun({ plan, options, labelMap, baseline, map, pairs, gold, bundle });
}

/**
 * The part of a map that names labels of the bundle.
 * @param chosen whether tasks were chosen, so that the map may name others too
 */
function knownPart(labelMap: LabelMap, tasks: readonly TaskLayout[], chosen: boolean): LabelMap {
  const parts = Object.entries(labelMap).flatMap(([name, names]): [string, LabelMap[string]][] => {
    const task = tasks.find((each) => each.name === name);
    if (task === undefined && chosen) return [];
    const known = Object.entries(names).filter(([label]) => task?.labels.includes(label) ?? true);
    return [[name, Object.fromEntries(known)]];
  });
  return Object.fromEntries(parts);
}
