import { exitCodes, UsageError, VoxpopError } from './errors.ts';
import type { RunIdentity } from './pipeline/run-identity.ts';
import { type InputIdentity, identifyInputs, type InputRead } from './pipeline/input-log.ts';
import { createManifest, type ManifestSlice, type RunManifest } from './pipeline/manifest.ts';
import { OutputSession } from './pipeline/output-session.ts';
import { Rejects } from './pipeline/rejects.ts';
import type { RunCounts } from './pipeline/run-counts.ts';
import { type TaskLabelCounts, Tally } from './pipeline/tally.ts';
import { writeRows } from './pipeline/write-rows.ts';
import { outputMode } from './records/output-mode.ts';
import { outputOptions, type ScoreOptions } from './score-options.ts';
import { requireForTheEyes, type ScorePlan } from './score-plan.ts';
import { openScoring, type ScoreProgress, type Scoring } from './scoring.ts';
import type { CacheUse } from './text/cache-words.ts';
import type { ChangeFigures } from './text/change-words.ts';
import { version } from './version.ts';

export { countsByKey, countsInWords } from './pipeline/run-counts.ts';

/** Counts and figures of a finished run. */
export interface ScoreSummary extends RunCounts {
  /** True when a resumed run found its output finished and unchanged; all counts are 0. */
  nothingToDo: boolean;
  /** Rows that an earlier, unfinished run had written. */
  resumedAtRow: number;
  /** Tokens of this process; `tokens` counts those of earlier ones too. */
  tokensHere: number;
  elapsedMs: number;
  /** What the cache was good for; undefined without one. */
  cache: CacheUse | undefined;
  /** What became of rows since the file of `since`; undefined without one. */
  changes: ChangeFigures | undefined;
  workers: number;
  /** How often each label was assigned, by task. */
  labels: TaskLabelCounts;
  /** What came up while reading that people should know. */
  notices: string[];
  bytesRead: number;
  bytesWritten: number;
}

export interface ScoreHooks {
  /** Called once, before the first row is scored. */
  onPlan?: (plan: ScorePlan) => void;
  /** Called when a run that was to be resumed starts over all the same, as `force` allows, with the reason. */
  onStartOver?: (reason: string) => void;
  /** Called before the first row is scored, with the rows that an earlier, unfinished run has done. */
  onBegin?: (rowsBefore: number) => void;
  /** Called after each shard. */
  onProgress?: (progress: ScoreProgress) => void;
  /** Called before a run ends with an error, with the rows that `resume` will not score again. */
  onStop?: (keptRows: number) => void;
  /** Called with a sentence that people should read, such as that a cache is damaged. */
  onNotice?: (notice: string) => void;
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
  requireForTheEyes(given.to, given);
  const started = { at: new Date(), ms: performance.now() };
  const found = await identifyInputs(given.inputs);
  const scoring = await openScoring(given, hooks.onNotice);
  try {
    const { plan } = scoring;
    const session = await OutputSession.open({
      target: output,
      gzip: undefined,
      rejectsPath: plan.paths.rejects,
      manifestPath: plan.paths.manifest,
      identity: identityOfPlan(plan, found),
      resume: plan.options.resume,
      force: plan.options.force,
      mode: await outputMode(given.inputs, given.stdin),
      keepCheckpoints: plan.isResumable,
      onStartOver: hooks.onStartOver,
    });
    if (session === undefined) {
      const nothing = new Tally(plan.tasks);
      return { ...summarise(scoring, nothing, nothing.counts, started.ms), nothingToDo: true };
    }
    try {
      hooks.onPlan?.(plan);
      hooks.onBegin?.(session.resumed?.tally.counts.rows ?? 0);
      return await run({ scoring, session, found, started, hooks });
    } catch (error) {
      const keptRows = await session.stop(error);
      hooks.onStop?.(keptRows);
      throw error;
    }
  } finally {
    await scoring.close();
  }
}

/** A run whose files are open. */
interface Run {
  scoring: Scoring;
  session: OutputSession;
  /** The inputs as they were before anything was read. */
  found: InputIdentity[];
  started: { at: Date; ms: number };
  hooks: ScoreHooks;
}

/** Scores and writes all rows, and gives the output its name. */
async function run({ scoring, session, found, started, hooks }: Run): Promise<ScoreSummary> {
  const { plan, inputs } = scoring;
  const { options, slice } = plan;
  const tally = new Tally(plan.tasks, session.resumed?.tally);
  const before = { ...tally.counts };
  const rejects = new Rejects(options.maxRejects, session.rejectsSink, options.rejects);
  const read = (): InputRead[] => slice?.read ?? inputs.read();
  await writeRows({
    shards: scoring.shards(before.rows),
    writer: plan.writer,
    session,
    rejects,
    tally,
    // The first one keeps its header as the one of all.
    headerApart: slice !== undefined && slice.index > 0,
    read,
    onProgress: (counts) => hooks.onProgress?.(scoring.progress(counts)),
  });
  if (options.signal?.aborted === true) {
    await session.checkpointAnywhere(tally, read());
    throw options.signal.reason;
  }
  await session.sink.write(plan.writer.end?.() ?? '');
  const cacheEnd = await scoring.closeCache();
  const changes = scoring.changes?.summary();
  requireUnchanged(found, await identifyInputs(options.inputs));
  await session.checkpoint(tally, read());
  rejects.checkShare(tally.counts.rejected, tally.counts.rows);
  const manifest = createManifest({
    identity: identityOfPlan(plan, found),
    read: read(),
    workers: options.workers,
    ...filesOf(plan, session),
    tasks: plan.tasks,
    notices: [...plan.records.head.notices, ...plan.records.notices()],
    cache: plan.cache && { ...plan.cache, ...cacheEnd },
    changes,
    labelFacts: plan.labelFacts,
    tally,
    startedAt: started.at,
    elapsedMs: performance.now() - started.ms,
    countsBefore: before,
    resumedAtRow: before.rows,
  });
  await session.commit(tally, read(), manifest);
  const bytesWritten = session.sink.bytesWritten;
  return { ...summarise(scoring, tally, before, started.ms), changes, bytesWritten };
}

/** The files that were written, as they stand in the manifest. */
function filesOf(
  { paths, slice, format }: ScorePlan,
  { sink, rejectsSink, headerBytes }: OutputSession,
): Pick<RunManifest, 'output' | 'rejects' | 'shard'> {
  const shard = (part: NonNullable<typeof slice>): ManifestSlice => ({
    index: part.index,
    of: part.of,
    first_row: part.firstRow,
    input_rows: part.inputRows,
    format,
    gzip: sink.compression === 'gzip',
    header_bytes: headerBytes,
  });
  return {
    output: { path: paths.output ?? null, bytes: sink.bytesWritten, sha256: sink.sha256() },
    rejects:
      paths.rejects === undefined
        ? null
        : {
            path: paths.rejects,
            bytes: rejectsSink?.bytesWritten ?? 0,
            sha256: rejectsSink?.sha256() ?? '',
          },
    shard: slice === undefined ? null : shard(slice),
  };
}

/** @param before counts when this process began */
function summarise(
  scoring: Scoring,
  tally: Tally,
  before: Readonly<RunCounts>,
  startedMs: number,
): ScoreSummary {
  const { plan, inputs } = scoring;
  return {
    ...tally.counts,
    nothingToDo: false,
    resumedAtRow: before.rows,
    tokensHere: tally.counts.tokens - before.tokens,
    elapsedMs: performance.now() - startedMs,
    cache: scoring.progress(tally.counts).cache,
    changes: undefined,
    workers: plan.options.workers,
    labels: tally.state.labels,
    notices: plan.records.notices(),
    bytesRead: inputs.bytesRead,
    bytesWritten: 0,
  };
}

function identityOfPlan(plan: ScorePlan, inputs: InputIdentity[]): RunIdentity {
  const { name, version: bundleVersion, sha256 } = plan.bundle;
  return {
    voxpop: version,
    bundle: { name, version: bundleVersion, sha256 },
    inputs,
    options: {
      ...outputOptions(plan.options),
      text: plan.textColumns,
      ...(plan.changes === undefined ? {} : { since: plan.changes.identity }),
    },
  };
}

/** Refuses inputs that grew or shrank while they were read: they were not read as they are. */
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
