import { UsageError } from './errors.ts';
import type { MergeOptions } from './merge-options.ts';
import {
  identityOfManifest,
  manifestPathOf,
  type RunManifest,
  usualManifestPath,
} from './pipeline/manifest.ts';
import { mergeManifests } from './pipeline/merged-manifest.ts';
import { OutputSession } from './pipeline/output-session.ts';
import { joinRejects, joinSlices, readSliceSet, type SliceOutput } from './pipeline/slice-set.ts';
import { Tally } from './pipeline/tally.ts';
import { requireHonestName } from './records/honest-name.ts';
import { outputMode } from './records/output-mode.ts';
import { checkOutputs } from './records/output-paths.ts';
import type { Sink } from './records/sink.ts';
import { compressionOfPath } from './records/compression.ts';
import { formatOfPath } from './records/sniff.ts';
import { outputNames } from './records/writer.ts';

/** Counts and files of a finished merge. */
export interface MergeSummary {
  shards: number;
  rows: number;
  rejected: number;
  bytesWritten: number;
  /** Where the rejects are. */
  rejects: string | undefined;
  /** Sentences about slices that fit together, but differ in what a person should know. */
  notices: string[];
}

/**
 * Joins the outputs of all slices of a run into the output of the whole run: what `voxpop merge` does. They are
 * checked first, all of them; the output appears under its name when it is complete, and a manifest beside it.
 * @throws UsageError, OutputError; VoxpopError when slices are missing, changed, or not of one run
 */
export async function merge(options: MergeOptions): Promise<MergeSummary> {
  const { output, signal } = options;
  if (options.rejects !== undefined) requireHonestName(options.rejects, ['jsonl', 'ndjson', 'json']);
  const outputPath = typeof output === 'string' ? output : undefined;
  const slices = await readSliceSet(options.shards, signal);
  const [first] = slices as [SliceOutput];
  if (outputPath !== undefined) requireSameForm(outputPath, first);
  const rejectsPath = rejectsOf(slices, options, outputPath);
  const manifestPath = options.manifest ?? (await usualManifestPath(outputPath));
  const read = slices.flatMap(({ path, rejects }) => [
    path,
    manifestPathOf(path),
    ...(rejects === undefined ? [] : [rejects]),
  ]);
  const written = [outputPath, rejectsPath, manifestPath].filter((path) => path !== undefined);
  await checkOutputs(written, read);
  const session = (await OutputSession.open({
    target: output,
    // Compressed members are joined as they are.
    gzip: false,
    rejectsPath,
    manifestPath,
    identity: identityOfManifest(first.manifest),
    resume: false,
    force: options.force ?? false,
    keepCheckpoints: false,
    mode: await outputMode(read),
  })) as OutputSession;
  try {
    const { sink, rejectsSink } = session;
    await copy(joinSlices(slices), sink, signal);
    if (rejectsSink !== undefined) await copy(joinRejects(slices), rejectsSink, signal);
    const manifest = mergeManifests(slices, {
      output: { path: outputPath ?? null, bytes: sink.bytesWritten, sha256: sink.sha256() },
      rejects:
        rejectsSink === undefined || rejectsPath === undefined
          ? null
          : { path: rejectsPath, bytes: rejectsSink.bytesWritten, sha256: rejectsSink.sha256() },
    });
    await session.commit(new Tally([]), [], manifest);
    return {
      shards: slices.length,
      rows: manifest.counts.rows,
      rejected: manifest.counts.rejected,
      bytesWritten: sink.bytesWritten,
      rejects: rejectsPath,
      notices: noticesOf(slices),
    };
  } catch (error) {
    await session.stop(error);
    throw error;
  }
}

async function copy(
  chunks: AsyncIterable<Buffer>,
  sink: Sink,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    await sink.write(chunk);
  }
}

/** The bytes are those of the slices: a name that promises others would be wrong. */
function requireSameForm(output: string, { path, slice: { format, gzip } }: SliceOutput): void {
  requireHonestName(output, outputNames);
  const named = formatOfPath(output);
  const isOther = named !== undefined && named !== 'text' && named !== 'json' && named !== format;
  if (!isOther && compressionOfPath(output) === (gzip ? 'gzip' : undefined)) return;
  const expected = `.${format}${gzip ? '.gz' : ''}`;
  throw new UsageError(
    'OUTPUT_FORM_DIFFERS',
    `Expected the name of an output in the form of the shards (${expected}, as ${path}), got ${output}`,
    { hint: 'Shards are joined as they are. Name the output accordingly, and convert it afterwards.' },
  );
}

function rejectsOf(
  slices: readonly SliceOutput[],
  { rejects }: MergeOptions,
  output: string | undefined,
): string | undefined {
  const isAny = slices.some((slice) => slice.rejects !== undefined);
  if (isAny && rejects === undefined && output === undefined) {
    throw new UsageError(
      'REJECTS_UNNAMED',
      'Expected --rejects along with stdout, since the shards have rejects',
    );
  }
  return isAny ? (rejects ?? `${output}.rejects.jsonl`) : undefined;
}

/** The same bytes for the same rows are promised for one family of CPUs. */
function noticesOf(slices: readonly SliceOutput[]): string[] {
  const machine = ({ runtime, cpu }: RunManifest): string =>
    `${runtime.platform}, ONNX Runtime ${runtime.onnxruntime}, ${cpu.features.join(' ')}`;
  const machines = new Set(slices.map(({ manifest }) => machine(manifest)));
  if (machines.size === 1) return [];
  return [
    `Shards were scored on machines of ${machines.size} kinds (${[...machines].join('; ')}): scores may differ in their last digits from those of a single one`,
  ];
}
