import { arch } from 'node:os';
import { describeConditions } from '../cache/conditions.ts';
import type { CacheSettings, Lookup } from '../cache/messages.ts';
import { labelCountOf, type TaskLayout, type WorkerSettings } from '../protocol.ts';
import { version } from '../version.ts';
import { cpuFeatures, onnxRuntimeVersion } from './machine.ts';

/**
 * Which predictions are those that workers would make here, as a cache looks for them.
 * @param tasks that are scored, as the model gives them
 */
export function lookupOf(
  bundle: { name: string; version: string; sha256: string },
  tasks: readonly TaskLayout[],
  settings: WorkerSettings,
): Lookup {
  const {
    thresholds,
    keepNonAnswers,
    readWhole,
    // These change no prediction: files are told by their hash, and what has to be scored row by row always is.
    bundlePath: _path,
    bundleSha256: _sha256,
    maxBatchTokens: _tokens,
    deterministic: _rowByRow,
    tasks: _names,
    ...others
  } = settings;
  // A setting that is added tells predictions apart, too.
  others satisfies Record<string, never>;
  const conditions = describeConditions({
    bundle: { name: bundle.name, version: bundle.version, sha256: bundle.sha256 },
    tasks: tasks.map(({ name }) => name),
    thresholds,
    keepNonAnswers,
    readWhole,
    voxpop: version,
    onnxruntime: onnxRuntimeVersion(),
    cpu: [arch(), ...cpuFeatures()].join(' '),
  });
  return { conditions, labelCount: labelCountOf(tasks) };
}

/** What to open for a run; undefined when it has no cache. */
export function cacheSettings(
  { cache, cacheFrom, cacheSize }: { cache?: string | undefined; cacheFrom: string[]; cacheSize: number },
  lookups: Lookup[],
): CacheSettings | undefined {
  if (cache === undefined && cacheFrom.length === 0) return undefined;
  return { path: cache, from: cacheFrom, lookups, sizeBytes: cacheSize };
}
