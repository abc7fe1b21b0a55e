import { defaultBundle, findBundle } from '../bundle/find-bundle.ts';
import { readBundleJson } from '../bundle/load-bundle.ts';
import { VoxpopError } from '../errors.ts';
import type { RunSummary } from '../pipeline/read-manifest.ts';

/** A task as a manifest or a bundle tells it, whatever labels a file happens to hold. */
export interface KnownTask {
  name: string;
  /** Whether a text can have several of its labels, or none. */
  isMulti: boolean;
  labels: string[];
}

/**
 * The tasks that a scored file may hold: those of the bundle that is named; else those that its manifest tells; else
 * those of the bundle that the manifest names, or of the default one.
 * @throws BundleError when the bundle that is named cannot be read
 */
export async function knownTasks(
  manifest: RunSummary | undefined,
  model: string | undefined,
): Promise<KnownTask[]> {
  if (model !== undefined) return tasksOfBundle(model);
  const kinds = Object.entries(manifest?.problemTypes ?? {});
  if (kinds.length > 0) {
    return kinds.map(([name, kind]) => ({
      name,
      isMulti: kind === 'multi_label_classification',
      labels: Object.keys(manifest?.labels[name] ?? {}),
    }));
  }
  for (const name of [manifest?.bundle?.name, defaultBundle]) {
    const tasks = name === undefined ? [] : await tasksOfBundle(name).catch(noneIfUnreadable);
    if (tasks.length > 0) return tasks;
  }
  return [];
}

async function tasksOfBundle(model: string): Promise<KnownTask[]> {
  const { manifest } = await readBundleJson(await findBundle(model));
  return manifest.tasks.map(({ name, problemType, labels }) => ({
    name,
    isMulti: problemType === 'multi_label_classification',
    labels,
  }));
}

function noneIfUnreadable(error: unknown): KnownTask[] {
  if (error instanceof VoxpopError) return [];
  throw error;
}
