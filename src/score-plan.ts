import type { BundleTask } from './bundle/bundle-json.ts';
import { findBundle } from './bundle/find-bundle.ts';
import { checkBundle, identityOfBundle } from './bundle/load-bundle.ts';
import type { CacheSettings } from './cache/messages.ts';
import { type ChangesPlan, planChanges } from './changes/plan-changes.ts';
import { secretPath } from './cache/secret.ts';
import { UsageError } from './errors.ts';
import { cacheSettings, lookupOf } from './pipeline/cache-lookup.ts';
import { type LabelFacts, renameLabelFacts } from './label-facts.ts';
import { checkpointPath } from './pipeline/checkpoint.ts';
import { layoutOpposites, layoutPairs, type Opposites, type PairLayout } from './pipeline/label-pairs.ts';
import { type LabelMap, mapLabels, type MappedTasks, newName, readLabelMap } from './pipeline/label-map.ts';
import { usualManifestPath } from './pipeline/manifest.ts';
import { neighboursMatter } from './pipeline/neighbours-matter.ts';
import { planSlice, requireFiles, type SlicePlan } from './pipeline/plan-slice.ts';
import { allowsRejects } from './pipeline/rejects.ts';
import { planSample, type SamplePlan } from './pipeline/sample.ts';
import { shardRows } from './pipeline/shard.ts';
import { checkpointShards } from './pipeline/write-rows.ts';
import { selectTasks } from './predictor/select-tasks.ts';
import { workerSettingsOf } from './options.ts';
import type { TaskLayout, WorkerSettings } from './protocol.ts';
import type { RowWriter } from './records/format-writer.ts';
import { requireHonestName } from './records/honest-name.ts';
import { openRecords, type Records } from './records/open-records.ts';
import type { RecordsOptions } from './records/records-options.ts';
import { checkOutputs } from './records/output-paths.ts';
import { isContainer, isTable, type RecordFormat } from './records/row.ts';
import { type Compression, compressionOfPath } from './records/compression.ts';
import { chosenColumns, resolveTextColumns } from './records/text-columns.ts';
import { createRowWriter, outputFormat } from './records/writer.ts';
import { nameList } from './text/name-list.ts';
import { type ResolvedScoreOptions, resolveScoreOptions, type ScoreOptions } from './score-options.ts';

/** Plan of a run, known before the first row is scored. */
export interface ScorePlan {
  options: ResolvedScoreOptions;
  records: Records;
  textColumns: string[];
  /** True when `--text` was absent and the columns were recognised by name. */
  textColumnsGuessed: boolean;
  /** Which columns these are, for people, where they were not told by name. */
  chosenColumns: string | undefined;
  bundlePath: string;
  bundle: { name: string; version: string; sha256: string; batchInvariant: boolean; languages: string[] };
  workerSettings: WorkerSettings;
  /** Scored tasks, in bundle order, under the labels that are written. */
  tasks: TaskLayout[];
  /** What those labels stand for in a report. */
  labelFacts: LabelFacts;
  /** Brings the model's predictions under those labels. */
  mapPredictions: MappedTasks['apply'];
  /** Pairs of these tasks that are drawn from sentences; undefined: sentences are not asked for. */
  pairs: PairLayout[] | undefined;
  /** Tasks of which a clause has one side only. */
  opposites: Opposites[];
  /** Format of the output. */
  format: RecordFormat;
  writer: RowWriter;
  /** Whether a run that ended can go on where it was. */
  isResumable: boolean;
  /** Files that are written; undefined for a stream, and for what is not asked for. */
  paths: OutputPaths;
  /** The part of the rows that is scored; undefined: all of them. */
  slice: SlicePlan | undefined;
  /** Where predictions of earlier runs are; undefined: nowhere. */
  cache: CacheSettings | undefined;
  /** What rows are compared with; undefined: nothing. */
  changes: ChangesPlan | undefined;
  /** The rows that are drawn; undefined: all of them. */
  sample: SamplePlan | undefined;
  /** Rows in which the words are found that carried their labels; undefined: in none. */
  explained: ExplainedRows | undefined;
}

/** Names of the files that a run writes. */
export interface OutputPaths {
  output: string | undefined;
  rejects: string | undefined;
  manifest: string | undefined;
}

/** Options whose label map was read, if it is a file. */
type PlannedOptions = ResolvedScoreOptions & { labelMap: LabelMap | undefined };

/**
 * Opens inputs and bundle and decides everything that the options leave open. Close `records` afterwards.
 * @throws UsageError, InputError, BundleError
 */
export async function planScore(
  given: ScoreOptions,
  onBytes?: (bytes: Uint8Array, input: number) => void,
): Promise<ScorePlan> {
  const options = await readOptions(given);
  if (options.shard !== undefined) await requireFiles(options.inputs, 'shard');
  if (options.sample !== undefined) await requireFiles(options.inputs, 'sample');
  const bundlePath = await findBundle(options.model);
  const bundle = await checkBundle(bundlePath);
  const selected = selectTasks(bundle.manifest.tasks, {
    tasks: options.tasks,
    thresholds: options.threshold,
  });
  const { tasks, apply: mapPredictions } = mapLabels(selected, options.labelMap ?? {});
  const pairs = options.sentences
    ? layoutPairs(tasks, bundle.manifest.pairs, options.labelMap ?? {})
    : undefined;
  const opposites = layoutOpposites(tasks, bundle.manifest.pairs, options.labelMap ?? {});
  const paths = await choosePaths(options);
  const identity = identityOfBundle(bundle);
  const isPure = bundle.manifest.batchInvariant || options.deterministic;
  if (options.lineBuffered && !isPure) {
    throw neighboursMatter('--line-buffered', identity.name, 'depends on when they arrive');
  }
  const workerSettings = workerSettingsOf(
    { path: bundlePath, sha256: identity.sha256 },
    options,
    options.sentences,
  );
  const cache = cacheSettings(options, [lookupOf(identity, selected, workerSettings)]);
  if (cache !== undefined && !isPure)
    throw neighboursMatter('--cache', identity.name, 'depends on what is new');
  const request = recordsRequest(options);
  const records = await openRecords({ ...request, onBytes });
  try {
    const { compression } = records.head;
    if (options.lineBuffered && compression !== undefined) throw compressedLines(compression);
    const chosen = await resolveTextColumns(records.head, options.text, records.profiles);
    const { columns: textColumns, guessed } = chosen;
    if (options.sentenceRows && textColumns.length > 1) throw severalTexts(textColumns);
    const format = outputFormat(paths.output, records.head, options.to);
    const isResumable = !isContainer(format) && !isContainer(records.head.format);
    if (options.shard !== undefined && isContainer(format)) throw notJoinable(format);
    if (options.shard !== undefined && compressionOfPath(paths.output ?? '') === 'zstd')
      throw notJoinable('zstd');
    if (options.resume && !isResumable) records.head.notices.push(startsOver);
    if (pairs?.length === 0 && !options.sentenceRows && isTable(format)) {
      records.head.notices.push(nothingPaired);
    }
    const writer = await createRowWriter(records.head, {
      ...options,
      to: format,
      tasks,
      textColumns,
      sentences: pairs && { pairs, asRows: options.sentenceRows },
      rejectRows: request.rejectRows,
      inlineErrors: options.errors === 'inline',
      showChange: options.since !== undefined,
      explain: options.explain,
    });
    const { since } = options;
    const changes =
      since === undefined
        ? undefined
        : await planChanges({
            ...options,
            since,
            key: options.key ?? [],
            rejectRows: request.rejectRows,
            output: paths.output,
            reading: request,
            head: records.head,
            textColumns,
            bundle: identity,
          });
    const rowsPerCut = cutSize(paths.output, isPure);
    const slice =
      options.shard === undefined
        ? undefined
        : await planSlice({ ...options, slice: options.shard, records: request, textColumns, rowsPerCut });
    const { sample: size, seed = 0, signal } = options;
    const sample = size === undefined ? undefined : await planSample(request, { size, seed, signal });
    if (sample !== undefined) records.head.notices.push(drawn(sample));
    const explained = await planExplained(request, selected, options);
    return {
      options,
      records,
      textColumns,
      textColumnsGuessed: guessed,
      chosenColumns: chosenColumns(chosen),
      bundlePath,
      bundle: {
        ...identity,
        batchInvariant: bundle.manifest.batchInvariant,
        languages: bundle.manifest.languages,
      },
      workerSettings,
      tasks,
      labelFacts: renameLabelFacts(
        bundle.manifest.report,
        tasks.map((task) => task.name),
        (task, label) => newName(options.labelMap ?? {}, task, label),
      ),
      mapPredictions,
      pairs,
      opposites,
      format,
      writer,
      isResumable,
      paths,
      slice,
      cache,
      changes,
      sample,
      explained,
    };
  } catch (error) {
    await records.close();
    throw error;
  }
}

/**
 * Checks that what is written to a terminal can be read there; before a model is loaded.
 * @throws UsageError for a format of bytes
 */
export function requireForTheEyes(
  format: RecordFormat | undefined,
  { output, table }: Pick<ScoreOptions, 'output' | 'table'>,
): void {
  const isTerminal = typeof output === 'object' && 'isTTY' in output && output.isTTY === true;
  if (!isTerminal || table === true || format === undefined || !isContainer(format)) return;
  throw new UsageError('OUTPUT_MISSING', `Expected a file for the ${format} output, got a terminal`, {
    hint: `Write it to a file: \`-o labelled.${format}\`. To look at rows here: \`--limit 10 --table\`, or \`--to csv\`.`,
  });
}

async function readOptions(given: ScoreOptions): Promise<PlannedOptions> {
  const options = resolveScoreOptions(given);
  const { labelMap } = options;
  // What the file says is part of what a run is, so that a changed map is not resumed with.
  return { ...options, labelMap: typeof labelMap === 'string' ? await readLabelMap(labelMap) : labelMap };
}

async function choosePaths({
  output,
  rejects,
  manifest,
  inputs,
  cache,
  since,
}: ResolvedScoreOptions): Promise<OutputPaths> {
  const outputPath = typeof output === 'string' ? output : undefined;
  const paths = {
    output: outputPath,
    rejects,
    manifest: manifest ?? (await usualManifestPath(outputPath)),
  };
  const ownCache = cache === undefined ? [] : [cache, secretPath(cache)];
  const written = [...Object.values(paths), ...ownCache].filter((path) => path !== undefined);
  // An output may take the place of the file that it was compared with.
  const read = since === undefined || since === outputPath ? inputs : [...inputs, since];
  await checkOutputs(written, read, (path) => (path === outputPath ? [checkpointPath(path)] : []));
  if (rejects !== undefined) requireHonestName(rejects, ['jsonl', 'ndjson', 'json']);
  if (manifest !== undefined) requireHonestName(manifest, ['json']);
  return paths;
}

function recordsRequest(options: ResolvedScoreOptions): RecordsOptions & { rejectRows: boolean } {
  return {
    ...options,
    rejectRows: allowsRejects(options.maxRejects),
    everyLine: options.lineBuffered,
    keepPlaces: options.sentences || options.explain,
  };
}

const startsOver =
  'An unfinished run over Parquet or workbooks starts over: only CSV, TSV and JSONL can be gone on with (--resume)';

function drawn({ rows, inputRows, seed }: SamplePlan): string {
  return `${rows} of ${inputRows} rows are drawn at random (seed ${seed})`;
}

const nothingPaired =
  'No two of the tasks are paired by the bundle: a table has no column for sentences (--to jsonl, --sentence-rows)';

function notJoinable(format: string): UsageError {
  return new UsageError(
    'OPTION_INVALID',
    `Expected CSV, TSV or JSONL output along with --shard, got ${format}`,
    {
      hint: 'Outputs of those formats are joined by `voxpop merge`: `--to csv`.',
    },
  );
}

/** Rows in which the words are found that carried their labels. */
export interface ExplainedRows {
  /** From which score on a label is assigned, for all labels that are written. */
  thresholds: number[];
  /** Which rows; undefined: all. */
  sample: SamplePlan | undefined;
}

async function planExplained(
  request: RecordsOptions,
  selected: readonly BundleTask[],
  options: PlannedOptions,
): Promise<ExplainedRows | undefined> {
  if (!options.explain) return undefined;
  const { labelMap = {}, threshold, explainSample: size, seed = 0, signal } = options;
  const thresholds = selected.flatMap(({ name, labels, thresholds: own }) => {
    // Labels that were merged are assigned from the lowest threshold on.
    const lowest = new Map<string, number>();
    for (const [index, label] of labels.entries()) {
      const at = threshold[name] ?? own?.[index] ?? 0;
      const shown = newName(labelMap, name, label);
      lowest.set(shown, Math.min(at, lowest.get(shown) ?? 1));
    }
    return Array.from(lowest.values());
  });
  if (size === undefined) return { thresholds, sample: undefined };
  if (options.shard !== undefined) {
    throw new UsageError('OPTION_INVALID', 'Expected either --explain-sample or --shard, got both', {
      hint: 'Each part would draw rows of its own: explain a sample in a run over all rows.',
    });
  }
  await requireFiles(options.inputs, 'explain-sample');
  return { thresholds, sample: await planSample(request, { size, seed, signal }) };
}

function severalTexts(columns: readonly string[]): UsageError {
  return new UsageError(
    'OPTION_INVALID',
    `Expected one text column along with --sentence-rows, got ${columns.length}: ${nameList(columns)}`,
    { hint: 'A row is about one sentence: run once for each column, or take --sentences.' },
  );
}

function compressedLines(compression: Compression): UsageError {
  return new UsageError(
    'OPTION_INVALID',
    `Expected plain lines along with --line-buffered, found ${compression}`,
    {
      hint: `A compressed line cannot be told before the next ones: \`${compression} -dc | voxpop score - ...\`.`,
    },
  );
}

/**
 * Slices may begin at any row, but for two cases in which their outputs would not be those of one run: members of
 * a gzip file, and shards of texts that influence each other, must end where they would end there.
 */
function cutSize(output: string | undefined, isPure: boolean): number {
  if (output !== undefined && compressionOfPath(output) !== undefined) return checkpointShards * shardRows;
  return isPure ? 1 : shardRows;
}
