import { UsageError } from './errors.ts';
import { findBundle } from './bundle/find-bundle.ts';
import { type Bundle, loadBundle } from './bundle/load-bundle.ts';
import { type ResolvedScoreOptions, resolveScoreOptions, type ScoreOptions } from './options.ts';
import { WorkerPool } from './pipeline/pool.ts';
import { run, type RunCounts } from './pipeline/run.ts';
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
  if (typeof options.output === 'string') await refuseInputAsOutput(options.output, options.inputs);
  const records = await openRecords({ ...options, onBytes });
  try {
    const { columns: textColumns, guessed } = resolveTextColumns(records.head, options.text);
    const writer = createRowWriter(records.head, {
      to: outputFormat(
        typeof options.output === 'string' ? options.output : undefined,
        records.head,
        options.to,
      ),
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

/**
 * Labels every row of the inputs and writes it to the output, in order: what `voxpop score` does.
 * An output file appears under its name only when it is complete.
 * @throws UsageError, InputError, BundleError, PredictError, OutputError; the signal's reason when aborted
 */
export async function score(given: ScoreOptions, hooks: ScoreHooks = {}): Promise<ScoreSummary> {
  if (given.output === undefined) {
    throw new UsageError('OPTION_INVALID', 'expected an output (a path or a stream), got none');
  }
  const startedMs = performance.now();
  let bytesRead = 0;
  const plan = await planScore(given, (bytes) => (bytesRead += bytes));
  const { options, records, writer } = plan;
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
  try {
    hooks.onPlan?.(plan);
    const sink = await openSink(given.output);
    try {
      const counts = await run({
        rows: records.rows(plan.textColumns),
        limit: options.limit,
        score: (shard) => pool.score(shard),
        // One shard in work and one waiting per worker, and one being written.
        maxShardsInFlight: 2 * options.workers + 1,
        writer,
        sink,
        signal: options.signal,
        onProgress: (now) =>
          hooks.onProgress?.({ counts: now, bytesRead, totalBytes: records.head.totalBytes }),
      });
      await sink.commit();
      const elapsedMs = performance.now() - startedMs;
      return { ...counts, elapsedMs, workers: options.workers, bytesRead, bytesWritten: sink.bytesWritten };
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } finally {
    await Promise.all([pool.close(), records.close()]);
  }
}
