import { findBundle } from './bundle/find-bundle.ts';
import { checkBundle } from './bundle/load-bundle.ts';
import { exitCodes, UsageError, VoxpopError } from './errors.ts';
import {
  outputOptions,
  type ResolvedScoreOptions,
  resolveScoreOptions,
  type ScoreOptions,
} from './score-options.ts';
import { checkpointPath, type RunIdentity } from './pipeline/checkpoint.ts';
import { type InputIdentity, identifyInputs, InputLog, type InputRead } from './pipeline/input-log.ts';
import { createManifest, type ManifestShard } from './pipeline/manifest.ts';
import { OutputSession, usualManifestPath } from './pipeline/output-session.ts';
import { mapLabels, type MappedTasks, readLabelMap } from './pipeline/label-map.ts';
import type { TaskLayout } from './protocol.ts';
import { allowsRejects, Rejects } from './pipeline/rejects.ts';
import { planSlice, requireFiles, type SlicePlan } from './pipeline/plan-slice.ts';
import { type ScoredShard, scoreRows } from './pipeline/score-rows.ts';
import { Scorer } from './pipeline/scorer.ts';
import { shardRows } from './pipeline/shard.ts';
import { type LabelCounts, type RunCounts, Tally } from './pipeline/tally.ts';
import { checkpointShards, writeRows } from './pipeline/write-rows.ts';
import { selectTasks } from './predictor/predictor.ts';
import { openRecords, type Records } from './records/open-records.ts';
import type { RecordFormat } from './records/row.ts';
import { checkOutputs } from './records/output-paths.ts';
import { isGzipPath } from './records/sniff.ts';
import { resolveTextColumns } from './records/text-columns.ts';
import { createRowWriter, outputFormat } from './records/writer.ts';
import type { RowWriter } from './records/format-writer.ts';
import { version } from './version.ts';

/** What a run will do, known before the first row is scored. */
export interface ScorePlan {
  options: ResolvedScoreOptions;
  records: Records;
  textColumns: string[];
  /** True when `--text` was absent and the columns were recognised by name. */
  textColumnsGuessed: boolean;
  bundlePath: string;
  bundle: { name: string; version: string; sha256: string; batchInvariant: boolean };
  /** Scored tasks, in bundle order, under the labels that are written. */
  tasks: TaskLayout[];
  /** The same tasks, with what brings the model's predictions under those labels. */
  mapped: MappedTasks;
  /** Of the output. */
  format: RecordFormat;
  writer: RowWriter;
  /** The part of the rows that is scored; undefined: all of them. */
  slice: SlicePlan | undefined;
}

/** Where a run stands. */
export interface ScoreProgress {
  counts: Readonly<RunCounts>;
  /** Of the inputs as they lie on disk, compressed or not. */
  bytesRead: number;
  /** Undefined when an input's size is not known, as of stdin. */
  totalBytes: number | undefined;
  /** Known only of a part of the rows, as `shard` takes it. */
  totalRows: number | undefined;
}

/** What a finished run did. */
export interface ScoreSummary extends RunCounts {
  /** True when a resumed run found its output finished and unchanged; all counts are 0. */
  nothingToDo: boolean;
  /** Rows that an earlier, unfinished run had written. */
  resumedAtRow: number;
  /** Tokens of this process; `tokens` counts those of earlier ones too. */
  tokensHere: number;
  elapsedMs: number;
  workers: number;
  /** How often each label was assigned, by task. */
  labels: LabelCounts;
  bytesRead: number;
  bytesWritten: number;
}

export interface ScoreHooks {
  /** Called once, before the first row is scored. */
  onPlan?: (plan: ScorePlan) => void;
  /** Called after each shard. */
  onProgress?: (progress: ScoreProgress) => void;
  /** Called before a run ends with an error, with the rows that `resume` will not score again. */
  onStop?: (keptRows: number) => void;
}

/**
 * Opens inputs and bundle and decides everything that the options leave open. Close `records` afterwards.
 * @throws UsageError, InputError, BundleError
 */
export async function planScore(
  given: ScoreOptions,
  onBytes?: (bytes: Uint8Array, input: number) => void,
): Promise<ScorePlan> {
  const resolved = resolveScoreOptions(given);
  // What the file says is part of what a run is, so that a changed map is not resumed with.
  const labelMap =
    typeof resolved.labelMap === 'string' ? await readLabelMap(resolved.labelMap) : resolved.labelMap;
  const options = { ...resolved, labelMap };
  if (options.shard !== undefined) await requireFiles(options.inputs);
  const bundlePath = await findBundle(options.model);
  const { manifest, sha256 } = await checkBundle(bundlePath);
  const selected = selectTasks(manifest.tasks, { tasks: options.tasks, thresholds: options.threshold });
  const mapped = mapLabels(selected, labelMap ?? {});
  const { tasks } = mapped;
  const output = typeof options.output === 'string' ? options.output : undefined;
  const written = [output, options.rejects, options.manifest ?? (await usualManifestPath(output))];
  await checkOutputs(
    written.filter((path) => path !== undefined),
    options.inputs,
    (path) => (path === output ? [checkpointPath(path)] : []),
  );
  if (options.lineBuffered && !manifest.batchInvariant && !options.deterministic) {
    throw new UsageError(
      'OPTION_INVALID',
      `Expected --deterministic along with --line-buffered, as the bundle ${manifest.name} is not batch invariant`,
      { hint: 'Which lines are scored together depends on when they arrive, and must not change scores.' },
    );
  }
  const recordsOptions = {
    ...options,
    rejectRows: allowsRejects(options.maxRejects),
    everyLine: options.lineBuffered,
  };
  const records = await openRecords({ ...recordsOptions, onBytes });
  try {
    if (options.lineBuffered && records.head.gzip) {
      throw new UsageError('OPTION_INVALID', 'Expected plain lines along with --line-buffered, found gzip', {
        hint: 'A compressed line cannot be told before the next ones: `gzip -dc | voxpop score - ...`.',
      });
    }
    const { columns: textColumns, guessed } = resolveTextColumns(records.head, options.text);
    const format = outputFormat(output, records.head, options.to);
    const writer = createRowWriter(records.head, {
      to: format,
      tasks,
      textColumns,
      scores: options.scores,
      prefix: options.prefix,
      flagTruncated: options.flagTruncated,
      bom: options.bom,
      outputDelimiter: options.outputDelimiter,
      escapeFormulas: options.escapeFormulas,
      rejectRows: allowsRejects(options.maxRejects),
      inlineErrors: options.errors === 'inline',
    });
    const { name, version: bundleVersion, batchInvariant } = manifest;
    const slice =
      options.shard === undefined
        ? undefined
        : await planSlice({
            ...options,
            slice: options.shard,
            records: recordsOptions,
            textColumns,
            rowsPerCut: rowsPerCut(output, batchInvariant || options.deterministic),
          });
    return {
      options,
      records,
      textColumns,
      textColumnsGuessed: guessed,
      bundlePath,
      bundle: { name, version: bundleVersion, sha256, batchInvariant },
      tasks,
      mapped,
      format,
      writer,
      slice,
    };
  } catch (error) {
    await records.close();
    throw error;
  }
}

/**
 * Slices may begin at any row, but for two cases in which their outputs would not be those of one run: members of
 * a gzip file, and shards of texts that influence each other, must end where they would end there.
 */
function rowsPerCut(output: string | undefined, isPure: boolean): number {
  if (output !== undefined && isGzipPath(output)) return checkpointShards * shardRows;
  return isPure ? 1 : shardRows;
}

/** A plan with workers that carry it out. */
export interface Scoring {
  plan: ScorePlan;
  /** Rows with their predictions, in input order; to be iterated once. */
  shards(skip?: number): AsyncGenerator<ScoredShard>;
  /** What was read of the inputs so far, as they lie on disk. */
  inputs: InputLog;
  /** Ends workers and files. */
  close(): Promise<void>;
}

/**
 * Scores the inputs without writing them anywhere: for `score`, and for everything that measures.
 * @throws UsageError, InputError, BundleError; `shards` throws PredictError too
 */
export async function openScoring(given: ScoreOptions): Promise<Scoring> {
  const inputs = new InputLog(given.inputs.length);
  const plan = await planScore(given, (bytes, input) => inputs.add(bytes, input));
  const { options, records } = plan;
  const scorer = new Scorer({
    settings: {
      bundlePath: plan.bundlePath,
      tasks: options.tasks,
      thresholds: options.threshold,
      maxBatchTokens: options.batchTokens,
      deterministic: options.deterministic,
    },
    workers: options.workers,
    mapped: plan.mapped,
    isPure: plan.bundle.batchInvariant || options.deterministic,
  });
  return {
    plan,
    inputs,
    shards: (skip = 0) =>
      scoreRows({
        rows: records.rows(plan.textColumns, plan.slice?.start),
        head: records.head,
        scorer,
        skip,
        limit: plan.slice?.rows ?? options.limit,
        promptly: options.lineBuffered,
        // One shard in work and one waiting per worker, and one being written.
        maxShardsInFlight: 2 * options.workers + 1,
        signal: options.signal,
      }),
    close: async () => {
      await Promise.all([scorer.close(), records.close()]);
    },
  };
}

/**
 * Labels every row of the inputs and writes it to the output, in order: what `voxpop score` does.
 * An output file appears under its name only when it is complete, and a manifest beside it.
 * @throws UsageError, InputError, BundleError, PredictError, OutputError, RejectsError; the signal's reason
 * when aborted
 */
export async function score(given: ScoreOptions, hooks: ScoreHooks = {}): Promise<ScoreSummary> {
  const { output } = given;
  if (output === undefined) {
    throw new UsageError('OPTION_INVALID', 'Expected an output (a path or a stream), got none');
  }
  const startedAt = new Date();
  const startedMs = performance.now();
  const found = await identifyInputs(given.inputs);
  const scoring = await openScoring(given);
  const { plan, inputs } = scoring;
  const { options } = plan;
  const summarise = (tally: Tally, facts: Partial<ScoreSummary>): ScoreSummary => ({
    ...tally.counts,
    nothingToDo: false,
    resumedAtRow: 0,
    tokensHere: tally.counts.tokens,
    elapsedMs: performance.now() - startedMs,
    workers: options.workers,
    labels: tally.state.labels,
    bytesRead: inputs.bytesRead,
    bytesWritten: 0,
    ...facts,
  });
  try {
    const outputPath = typeof output === 'string' ? output : undefined;
    const identity = identityOf(plan, found);
    const { slice } = plan;
    const read = (): InputRead[] => slice?.read ?? inputs.read();
    const manifestPath = options.manifest ?? (await usualManifestPath(outputPath));
    const session = await OutputSession.open({
      target: output,
      gzip: undefined,
      rejectsPath: options.rejects,
      manifestPath,
      identity,
      resume: options.resume,
      force: options.force,
    });
    if (session === undefined) return summarise(new Tally(plan.tasks), { nothingToDo: true });
    const tally = new Tally(plan.tasks, session.resumed?.tally);
    const countsBefore = { ...tally.counts };
    try {
      hooks.onPlan?.(plan);
      const rejects = new Rejects(options.maxRejects, session.rejectsSink, options.rejects);
      await writeRows({
        shards: scoring.shards(countsBefore.rows),
        writer: plan.writer,
        session,
        rejects,
        tally,
        // The first one keeps its header as the one of all.
        headerApart: slice !== undefined && slice.index > 0,
        read,
        onProgress: (counts) =>
          hooks.onProgress?.({
            counts,
            bytesRead: inputs.bytesRead,
            totalBytes: plan.records.head.totalBytes,
            totalRows: slice?.rows,
          }),
      });
      if (options.signal?.aborted === true) {
        await session.checkpointAnywhere(tally, read());
        throw options.signal.reason;
      }
      requireUnchanged(found, await identifyInputs(given.inputs));
      await session.checkpoint(tally, read());
      rejects.checkShare(tally.counts.rejected, tally.counts.rows);
      const { sink, rejectsSink } = session;
      const facts = {
        identity,
        tally,
        startedAt,
        countsBefore,
        workers: options.workers,
        read: read(),
      };
      await session.commit(
        tally,
        read(),
        createManifest({
          ...facts,
          output: { path: outputPath ?? null, bytes: sink.bytesWritten, sha256: sink.sha256() },
          rejects:
            options.rejects === undefined
              ? null
              : {
                  path: options.rejects,
                  bytes: rejectsSink?.bytesWritten ?? 0,
                  sha256: rejectsSink?.sha256() ?? '',
                },
          shard: slice === undefined ? null : shardOf(slice, plan.format, session),
          elapsedMs: performance.now() - startedMs,
          resumedAtRow: countsBefore.rows,
        }),
      );
      return summarise(tally, {
        resumedAtRow: countsBefore.rows,
        tokensHere: tally.counts.tokens - countsBefore.tokens,
        bytesWritten: sink.bytesWritten,
      });
    } catch (error) {
      const keptRows = await session.stop(error);
      hooks.onStop?.(keptRows);
      throw error;
    }
  } finally {
    await scoring.close();
  }
}

function shardOf(
  { index, of, firstRow, inputRows }: SlicePlan,
  format: RecordFormat,
  { sink, headerBytes }: OutputSession,
): ManifestShard {
  const rows = { first_row: firstRow, input_rows: inputRows };
  return { index, of, ...rows, format, gzip: sink.isGzip, header_bytes: headerBytes };
}

function identityOf(plan: ScorePlan, inputs: InputIdentity[]): RunIdentity {
  const { name, version: bundleVersion, sha256 } = plan.bundle;
  return {
    voxpop: version,
    bundle: { name, version: bundleVersion, sha256 },
    inputs,
    options: { ...outputOptions(plan.options), text: plan.textColumns },
  };
}

/** A file that grew or shrank while it was read was not read as it is. */
function requireUnchanged(before: InputIdentity[], after: InputIdentity[]): void {
  for (const [index, { path, bytes, modifiedMs }] of before.entries()) {
    const now = after[index];
    if (bytes === undefined || (now?.bytes === bytes && now.modifiedMs === modifiedMs)) continue;
    throw new VoxpopError(
      'INPUT_CHANGED',
      exitCodes.failed,
      `${path}: expected the file to stay as it was, but it changed while it was read (${bytes} bytes before, ${now?.bytes ?? 'no file'} now)`,
      { hint: 'Score a copy, or wait until nobody writes to it, and run the command again.' },
    );
  }
}
