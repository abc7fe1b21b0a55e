import type { CacheEnd } from './cache/messages.ts';
import { PredictionCache } from './cache/prediction-cache.ts';
import type { ChangeCounts, Changes } from './changes/changes.ts';
import { InputLog } from './pipeline/input-log.ts';
import { drawSample, markSample } from './pipeline/sample.ts';
import { type ScoredShard, scoreRows } from './pipeline/score-rows.ts';
import type { EarlierPredictions } from './pipeline/cached-predictions.ts';
import { Scorer } from './pipeline/scorer.ts';
import { type RunCounts, secondsSaved } from './pipeline/run-counts.ts';
import { labelCountOf } from './protocol.ts';
import type { ScoreOptions } from './score-options.ts';
import type { CacheUse } from './text/cache-words.ts';
import { sentenceCutter } from './text/sentences.ts';
import { planScore, requireForTheEyes, type ScorePlan } from './score-plan.ts';

/** How far the reading of inputs is. */
export interface ReadProgress {
  counts: { readonly rows: number };
  /** Bytes read of the inputs as they lie on disk, compressed or not. */
  bytesRead: number;
  /** Size of all inputs; undefined when that of one is not known, as of stdin. */
  totalBytes: number | undefined;
  /** Rows there will be; known only for a part of the rows, as `shard` takes it. */
  totalRows: number | undefined;
  /** What a cache was good for so far; absent where there is none. */
  cache?: CacheUse | undefined;
  /** What became of rows since an earlier file; absent where none is named. */
  changes?: ChangeCounts | undefined;
}

/** Where a run stands. */
export interface ScoreProgress extends ReadProgress {
  counts: Readonly<RunCounts>;
}

/** A plan with workers that carry it out. */
export interface Scoring {
  plan: ScorePlan;
  /** Rows with their predictions, in input order; to be iterated once. */
  shards(skip?: number): AsyncGenerator<ScoredShard>;
  /** Log of what was read of the inputs so far, as they lie on disk. */
  inputs: InputLog;
  /** Where the run stands when so much is counted. */
  progress(counts: Readonly<RunCounts>): ScoreProgress;
  /** What became of rows since an earlier file; undefined where none is named. */
  changes: Changes | undefined;
  /** Writes what is new to the cache, and says what it came to be; to be called when all shards were taken. */
  closeCache(): Promise<CacheEnd | undefined>;
  /** Ends workers and files. */
  close(): Promise<void>;
}

/**
 * Scores the inputs without writing them anywhere: for `score`, and for everything that measures.
 * @param onNotice told what people should know about the run and its caches
 * @throws UsageError, InputError, BundleError, OutputError; `shards` throws PredictError too
 */
export async function openScoring(
  given: ScoreOptions,
  onNotice: (notice: string) => void = () => {},
): Promise<Scoring> {
  const inputs = new InputLog(given.inputs.length);
  const plan = await planScore(given, (bytes, input) => inputs.add(bytes, input));
  const { options, records } = plan;
  try {
    requireForTheEyes(plan.format, given);
  } catch (error) {
    await records.close();
    throw error;
  }
  const changes = await openChanges(plan, onNotice);
  const earlier = await openCache(plan, changes, onNotice);
  const scorer = new Scorer({
    settings: plan.workerSettings,
    pool: { workers: options.workers, timeoutMs: options.timeoutMs, signal: options.signal },
    mapped: { tasks: plan.tasks, apply: plan.mapPredictions },
    isPure: plan.bundle.batchInvariant || options.deterministic,
    earlier,
  });
  return {
    plan,
    inputs,
    changes,
    shards: (skip = 0) => {
      // Not before: a run that is refused, or has nothing to do, needs no model.
      scorer.start();
      const all = records.rows(plan.textColumns, plan.slice?.start);
      const marked = plan.explained?.sample === undefined ? all : markSample(all, plan.explained.sample);
      const rows = plan.sample === undefined ? marked : drawSample(marked, plan.sample);
      return scoreRows({
        rows: changes === undefined ? rows : changes.mark(rows, options.limit),
        head: records.head,
        scorer,
        sentences: plan.pairs && {
          cut: sentenceCutter(plan.bundle.languages),
          pairs: plan.pairs,
          opposites: plan.opposites,
          labelCount: labelCountOf(plan.tasks),
        },
        explain: plan.explained && {
          tasks: plan.tasks,
          thresholds: plan.explained.thresholds,
          onlyMarked: plan.explained.sample !== undefined,
        },
        skip,
        // Rows that are left out are among those that a limit counts.
        limit: changes === undefined ? (plan.slice?.rows ?? options.limit) : Infinity,
        promptly: options.lineBuffered,
        // One shard in work and one waiting per worker, and one being written.
        maxShardsInFlight: 2 * options.workers + 1,
        signal: options.signal,
      });
    },
    progress: (counts) => ({
      counts,
      bytesRead: inputs.bytesRead,
      totalBytes: records.head.totalBytes,
      totalRows: plan.slice?.rows ?? plan.sample?.rows,
      cache: earlier && { ...counts, secondsSaved: secondsSaved(counts, options.workers) },
      changes: changes?.counts,
    }),
    closeCache: async () => earlier?.store.close(),
    close: async () => {
      await Promise.all([scorer.close(), earlier?.store.close(), records.close()]);
      changes?.close();
    },
  };
}

/** The store that it brings is only loaded where it is needed. */
async function openChanges(
  { changes, records, options }: ScorePlan,
  onNotice: (notice: string) => void,
): Promise<Changes | undefined> {
  if (changes === undefined) return undefined;
  try {
    const { Changes: Opened } = await import('./changes/changes.ts');
    return await Opened.open(changes, records.head, options.signal, onNotice);
  } catch (error) {
    await records.close();
    throw error;
  }
}

async function openCache(
  { cache, records }: ScorePlan,
  changes: Changes | undefined,
  onNotice: (notice: string) => void,
): Promise<EarlierPredictions | undefined> {
  if (cache === undefined) return undefined;
  try {
    const labelCount = cache.lookups[0]?.labelCount ?? 0;
    return { store: await PredictionCache.open(cache, onNotice), lookup: 0, labelCount };
  } catch (error) {
    changes?.close();
    await records.close();
    throw error;
  }
}
