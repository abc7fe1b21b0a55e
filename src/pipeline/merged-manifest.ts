import { groupBy } from '../collections.ts';
import { perSecond, type RunManifest } from './manifest.ts';
import type { SliceOutput } from './slice-set.ts';
import type { TaskLabelCounts } from './tally.ts';

export interface MergedFiles {
  output: RunManifest['output'];
  rejects: RunManifest['rejects'];
}

/**
 * The manifest of outputs joined into one: that of a single run, but for times, which are sums over all slices, and
 * for what the work on separate rows was (duplicates, tokens).
 */
export function mergeManifests(
  outputs: readonly SliceOutput[],
  { output, rejects }: MergedFiles,
): RunManifest {
  const manifests = outputs.map(({ manifest }) => manifest);
  const [first] = manifests as [RunManifest];
  const sum = (of: (manifest: RunManifest) => number): number =>
    manifests.reduce((total, manifest) => total + of(manifest), 0);
  const counts = Object.fromEntries(
    Object.keys(first.counts).map((key) => [
      key,
      sum((each) => each.counts[key as keyof typeof first.counts]),
    ]),
  ) as unknown as RunManifest['counts'];
  const elapsedMs = sum((each) => each.elapsed_ms);
  const { shard: _own, ...options } = first.options;
  if (rejects !== null) options['rejects'] = rejects.path;
  return {
    ...first,
    options,
    workers: Math.max(...manifests.map(({ workers }) => workers)),
    output,
    rejects,
    shard: null,
    shards: outputs.map(({ path, manifest }) => ({
      path,
      rows: manifest.counts.rows,
      sha256: manifest.output.sha256,
      started_at: manifest.started_at,
      elapsed_ms: manifest.elapsed_ms,
    })),
    counts,
    notices: [...new Set(manifests.flatMap((manifest) => manifest.notices))],
    cache: mergeCaches(manifests),
    // Slices are not compared with anything.
    changes: null,
    labels: sumLabels(manifests.map(({ labels }) => labels)),
    labels_by_language: sumByLanguage(manifests.map((each) => each.labels_by_language)),
    started_at: manifests.map((each) => each.started_at).toSorted()[0] as string,
    elapsed_ms: elapsedMs,
    rows_per_second: perSecond(counts.rows, elapsedMs),
    tokens_per_second: perSecond(counts.tokens, elapsedMs),
    peak_rss_bytes: Math.max(...manifests.map((each) => each.peak_rss_bytes)),
    resumed_at_row: 0,
  };
}

/** What the caches of all machines were good for; which ones there were is told by the slices' own manifests. */
function mergeCaches(manifests: readonly RunManifest[]): RunManifest['cache'] {
  // Manifests of earlier versions lack the key.
  const caches = manifests.flatMap(({ cache }) => cache ?? []);
  if (caches.length === 0) return null;
  const saved = caches.reduce((sum, { seconds_saved: seconds }) => sum + seconds, 0);
  return { path: null, from: [], seconds_saved: Math.round(saved * 10) / 10, bytes: null, texts: null };
}

function sumLabels(tables: readonly TaskLabelCounts[]): TaskLabelCounts {
  return sumBy(tables, (labels) =>
    sumBy(labels, (counts) => counts.reduce((total, count) => total + count, 0)),
  );
}

function sumByLanguage(tables: readonly Record<string, TaskLabelCounts>[]): Record<string, TaskLabelCounts> {
  return sumBy(tables, sumLabels);
}

/** Brings together what tables have under one key; any key, `__proto__` too. */
function sumBy<Value, Sum>(
  tables: readonly Record<string, Value>[],
  add: (values: Value[]) => Sum,
): Record<string, Sum> {
  const entries = groupBy(
    tables.flatMap((table) => Object.entries(table)),
    ([key]) => key,
  );
  return Object.fromEntries([...entries].map(([key, same]) => [key, add(same.map(([, value]) => value))]));
}
