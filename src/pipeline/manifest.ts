import { arch, cpus, platform } from 'node:os';
import { resourceUsage, version as nodeVersion } from 'node:process';
import type { CacheEnd, CacheSettings } from '../cache/messages.ts';
import type { LabelFacts } from '../label-facts.ts';
import type { ProblemType, TaskLayout } from '../protocol.ts';
import { isPlainFile } from '../records/output-paths.ts';
import type { RecordFormat } from '../records/row.ts';
import type { RunIdentity } from './run-identity.ts';
import type { InputRead } from './input-log.ts';
import { cpuFeatures, onnxRuntimeVersion } from './machine.ts';
import { countsByKey, type CountsByKey, type RunCounts, secondsSaved } from './run-counts.ts';
import type { Tally, TallyState } from './tally.ts';

/** What a run did, for machines; the README documents every key. */
export interface RunManifest {
  manifest_version: 1;
  voxpop: { version: string };
  runtime: { node: string; onnxruntime: string; platform: string };
  cpu: { model: string; cores: number; features: string[] };
  bundle: RunIdentity['bundle'];
  options: Record<string, unknown>;
  workers: number;
  inputs: {
    path: string;
    /** Size when the run began; null for stdin and pipes. */
    bytes: number | null;
    modified_at: string | null;
    /** Of the bytes read: all of them unless `limit` ended the run before; of a slice's inputs always all. */
    sha256: string;
    read_bytes: number;
  }[];
  output: { path: string | null; bytes: number; sha256: string };
  rejects: { path: string; bytes: number; sha256: string } | null;
  /** What of the inputs this run took; null: all rows. */
  shard: ManifestSlice | null;
  /** What the output was merged from; null when it was scored. */
  shards: MergedSlice[] | null;
  counts: CountsByKey;
  /** What people should know about how the inputs were read. */
  notices: string[];
  /** What predictions of earlier runs were good for; null without a cache. */
  cache: ManifestCache | null;
  /** What became of rows since an earlier file; null where none was named. */
  changes: ManifestChanges | null;
  /** Whether a text has one label of a task, or any number of them. */
  problem_types: Record<string, ProblemType>;
  labels: TallyState['labels'];
  labels_by_language: TallyState['labelsByLanguage'];
  /** What the written labels stand for in a report, as the bundle tells. */
  report: LabelFacts;
  started_at: string;
  /** Of the last process, when the run was resumed. */
  elapsed_ms: number;
  rows_per_second: number;
  tokens_per_second: number;
  peak_rss_bytes: number;
  /** Rows that earlier, unfinished processes had written. */
  resumed_at_row: number;
}

export interface ManifestSlice {
  /** Number of the slice, from 0. */
  index: number;
  of: number;
  /** Rows of all inputs that come before, and how many there are in all. */
  first_row: number;
  input_rows: number;
  /** What the output is. */
  format: RecordFormat;
  gzip: boolean;
  /** Bytes at the start of the output that are left out when slices are merged: its own header. */
  header_bytes: number;
}

export interface MergedSlice {
  path: string;
  rows: number;
  sha256: string;
  started_at: string;
  elapsed_ms: number;
}

export interface ManifestCache {
  /** File that was written; null when others were only read, and after a merge. */
  path: string | null;
  /** Caches that were only read. */
  from: string[];
  /** What computing the hits would have taken with the workers of this run, as far as the cache knows. */
  seconds_saved: number;
  /** Size of the file at the end, and the texts in it, of other bundles too; null when it was not written. */
  bytes: number | null;
  texts: number | null;
}

export interface ManifestChanges {
  /** The earlier file, and the rows with a key in it. */
  since: string;
  rows_before: number;
  /** Columns that tell rows from each other. */
  key: string[];
  /** Whether rows that are unchanged were left out of the output, and of all other counts. */
  only_new: boolean;
  /** Rows with a key that the earlier file lacks, with one whose text was another there, and all others. */
  new: number;
  changed: number;
  unchanged: number;
  /** Keys of the earlier file that came up no more; null when `limit` left rows unread. */
  deleted: number | null;
  /** The first 10,000 of them in the order of the earlier file, and how many more there are. */
  deleted_keys: string[] | string[][];
  deleted_keys_left_out: number;
  /** Labels of rows that are new, and those of the earlier file as its manifest tells them. */
  new_labels: TallyState['labels'];
  labels_before: TallyState['labels'] | null;
}

/** Where the manifest of an output lies unless told otherwise. */
export function manifestPathOf(output: string): string {
  return `${output}.manifest.json`;
}

/** Where the manifest of an output goes unless told otherwise; devices and pipes get none. */
export async function usualManifestPath(output: string | undefined): Promise<string | undefined> {
  return output !== undefined && (await isPlainFile(output)) ? manifestPathOf(output) : undefined;
}

/** Whether a path names a manifest and not a scored file. */
export function isManifestPath(path: string): boolean {
  return path.endsWith('.json');
}

export interface ManifestFacts {
  identity: RunIdentity;
  read: InputRead[];
  workers: number;
  output: RunManifest['output'];
  rejects: RunManifest['rejects'];
  shard: RunManifest['shard'];
  notices: string[];
  /** The tasks that were scored, under the labels that were written. */
  tasks: readonly TaskLayout[];
  /** The caches of the run, and what the one that is written came to be. */
  cache: (Pick<CacheSettings, 'path' | 'from'> & Partial<CacheEnd>) | undefined;
  changes: Omit<ManifestChanges, 'new_labels'> | undefined;
  labelFacts: LabelFacts;
  tally: Tally;
  startedAt: Date;
  elapsedMs: number;
  resumedAtRow: number;
  /** Counts when this process began. */
  countsBefore: RunCounts;
}

export function createManifest(facts: ManifestFacts): RunManifest {
  const { identity, tally, elapsedMs } = facts;
  const speed = (key: 'rows' | 'tokens'): number =>
    perSecond(tally.counts[key] - facts.countsBefore[key], elapsedMs);
  return {
    manifest_version: 1,
    voxpop: { version: identity.voxpop },
    runtime: { node: nodeVersion, onnxruntime: onnxRuntimeVersion(), platform: `${platform()}-${arch()}` },
    cpu: { model: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, features: cpuFeatures() },
    bundle: identity.bundle,
    options: identity.options,
    workers: facts.workers,
    inputs: identity.inputs.map(({ path, bytes, modifiedMs }, index) => ({
      path,
      bytes: bytes ?? null,
      modified_at: modifiedMs === undefined ? null : new Date(modifiedMs).toISOString(),
      sha256: facts.read[index]?.sha256 ?? '',
      read_bytes: facts.read[index]?.bytes ?? 0,
    })),
    output: facts.output,
    rejects: facts.rejects,
    shard: facts.shard,
    shards: null,
    counts: countsByKey(tally.counts),
    notices: facts.notices,
    cache:
      facts.cache === undefined
        ? null
        : {
            path: facts.cache.path ?? null,
            from: facts.cache.from,
            seconds_saved: secondsSaved(tally.counts, facts.workers),
            bytes: facts.cache.bytes ?? null,
            texts: facts.cache.texts ?? null,
          },
    changes: facts.changes === undefined ? null : { ...facts.changes, new_labels: tally.state.labelsOfNew },
    problem_types: Object.fromEntries(facts.tasks.map(({ name, problemType }) => [name, problemType])),
    labels: tally.state.labels,
    labels_by_language: tally.state.labelsByLanguage,
    report: facts.labelFacts,
    started_at: facts.startedAt.toISOString(),
    elapsed_ms: Math.round(elapsedMs),
    rows_per_second: speed('rows'),
    tokens_per_second: speed('tokens'),
    peak_rss_bytes: resourceUsage().maxRSS * 1024,
    resumed_at_row: facts.resumedAtRow,
  };
}

export function perSecond(count: number, elapsedMs: number): number {
  return elapsedMs === 0 ? 0 : Math.round((count / elapsedMs) * 1000);
}

export function manifestText(manifest: RunManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** What decided on the bytes of a finished output. */
export function identityOfManifest(manifest: RunManifest): RunIdentity {
  return {
    voxpop: manifest.voxpop.version,
    bundle: manifest.bundle,
    options: manifest.options,
    inputs: manifest.inputs.map(({ path, bytes, modified_at }) => ({
      path,
      bytes: bytes ?? undefined,
      modifiedMs: modified_at === null ? undefined : Date.parse(modified_at),
    })),
  };
}
