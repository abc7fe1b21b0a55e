import { UsageError } from './errors.ts';
import { findBundle } from './bundle/find-bundle.ts';
import { type Bundle, loadBundle } from './bundle/load-bundle.ts';
import { type ResolvedScoreOptions, resolveScoreOptions, type ScoreOptions } from './options.ts';
import { WorkerPool } from './pipeline/pool.ts';
import { type RunCounts, type ScoredShard, scoreRows, writeRows } from './pipeline/run.ts';
import { selectTasks } from './predictor/predictor.ts';
import { openRecords, type Records } from './records/open-records.ts';
import { openSink, refuseInputAsOutput } from './records/sink.ts';
import { resolveTextColumns } from './records/text-columns.ts';
import { createRowWriter, outputFormat, type RowWriter } from './records/writer.ts';

/** What a run will do, known before the first row is scored. */
export interface ScorePlan {
  options: ResolvedScoreOptions;
  records: Records;
  textColumns: string[];
  /** True when `--text` was absent and the columns were recognised by name. */
  textColumnsGuessed: boolean;
  bundlePath: string;
  bundle: { name: string; version: string; batchInvariant: boolean };
  writer: RowWriter;
}

/** Where a run stands. */
export interface ScoreProgress {
  counts: Readonly<RunCounts>;
  /** Of the inputs as they lie on disk, compressed or not. */
  bytesRead: number;
  /** Undefined when an input's size is not known, as of stdin. */
  totalBytes: number | undefined;
}

/** What a finished run did. */
export interface ScoreSummary extends RunCounts {
  elapsedMs: number;
  workers: number;
  bytesRead: number;
  bytesWritten: number;
}

export interface ScoreHooks {
  /** Called once, before the first row is scored. */
  onPlan?: (plan: ScorePlan) => void;
  /** Called after each shard. */
  onProgress?: (progress: ScoreProgress) => void;
}

/**
 * Opens inputs and bundle and decides everything that the options leave open. Close `records` afterwards.
 * @throws UsageError, InputError, BundleError
 */
export async function planScore(given: ScoreOptions, onBytes?: (bytes: number) => void): Promise<ScorePlan> {
  const options = resolveScoreOptions(given);
  const bundlePath = await findBundle(options.model);
  const { manifest }: Bundle = await loadBundle(bundlePath);
  const tasks = selectTasks(manifest.tasks, { tasks: options.tasks, thresholds: options.threshold });
  const output = typeof options.output === 'string' ? options.output : undefined;
  if (output !== undefined) await refuseInputAsOutput(output, options.inputs);
  const records = await openRecords({ ...options, onBytes });
  try {
    const { columns: textColumns, guessed } = resolveTextColumns(records.head, options.text);
    const writer = createRowWriter(records.head, {
      to: outputFormat(output, records.head, options.to),
      tasks,
      textColumns,
      scores: options.scores,
      prefix: options.prefix,
      flagTruncated: options.flagTruncated,
    });
    return {
      options,
      records,
      textColumns,
      textColumnsGuessed: guessed,
      bundlePath,
      bundle: { name: manifest.name, version: manifest.version, batchInvariant: manifest.batchInvariant },
      writer,
    };
  } catch (error) {
    await records.close();
    throw error;
  }
}

/** A plan with workers that carry it out. */
export interface Scoring {
  plan: ScorePlan;
  /** Rows with their predictions, in input order; to be iterated once. */
  shards: AsyncGenerator<ScoredShard>;
  /** Bytes of the inputs read so far, as they lie on disk. */
  bytesRead(): number;
  /** Ends workers and files. */
  close(): Promise<void>;
}

/**
 * Scores the inputs without writing them anywhere: for `score`, and for everything that measures.
 * @throws UsageError, InputError, BundleError; `shards` throws PredictError too, and the signal's reason
 */
export async function openScoring(given: ScoreOptions): Promise<Scoring> {
  let bytesRead = 0;
  const plan = await planScore(given, (bytes) => (bytesRead += bytes));
  const { options, records } = plan;
  const pool = new WorkerPool(
    {
      bundlePath: plan.bundlePath,
      tasks: options.tasks,
      thresholds: options.threshold,
      maxBatchTokens: options.batchTokens,
      deterministic: options.deterministic,
    },
    options.workers,
  );
  const shards = scoreRows({
    rows: records.rows(plan.textColumns),
    limit: options.limit,
    score: (shard) => pool.score(shard),
    // One shard in work and one waiting per worker, and one being written.
    maxShardsInFlight: 2 * options.workers + 1,
    signal: options.signal,
  });
  return {
    plan,
    shards,
    bytesRead: () => bytesRead,
    close: async () => {
      await Promise.all([pool.close(), records.close()]);
    },
  };
}

/**
 * Labels every row of the inputs and writes it to the output, in order: what `voxpop score` does.
 * An output file appears under its name only when it is complete.
 * @throws UsageError, InputError, BundleError, PredictError, OutputError; the signal's reason when aborted
 */
export async function score(given: ScoreOptions, hooks: ScoreHooks = {}): Promise<ScoreSummary> {
  if (given.output === undefined) {
    throw new UsageError('OPTION_INVALID', 'Expected an output (a path or a stream), got none');
  }
  const startedMs = performance.now();
  const scoring = await openScoring(given);
  const { plan } = scoring;
  try {
    hooks.onPlan?.(plan);
    const sink = await openSink(given.output);
    try {
      const counts = await writeRows(scoring.shards, plan.writer, sink, (now) =>
        hooks.onProgress?.({
          counts: now,
          bytesRead: scoring.bytesRead(),
          totalBytes: plan.records.head.totalBytes,
        }),
      );
      await sink.commit();
      return {
        ...counts,
        elapsedMs: performance.now() - startedMs,
        workers: plan.options.workers,
        bytesRead: scoring.bytesRead(),
        bytesWritten: sink.bytesWritten,
      };
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } finally {
    await scoring.close();
  }
}
