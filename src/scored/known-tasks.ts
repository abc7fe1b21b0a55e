import { defaultBundle, findBundle } from '../bundle/find-bundle.ts';
import { readBundleJson } from '../bundle/load-bundle.ts';
import { VoxpopError } from '../errors.ts';
import { type LabelFacts, noLabelFacts } from '../label-facts.ts';
import type { RunSummary } from '../pipeline/read-manifest.ts';

/** A task as a manifest or a bundle tells it, whatever labels a file happens to hold. */
export interface KnownTask {
  name: string;
  /** Whether a text can have several of its labels, or none. */
  isMulti: boolean;
  labels: string[];
}

/** What is known about the labels that a scored file may hold. */
export interface KnownLabels {
  tasks: KnownTask[];
  facts: LabelFacts;
  /** Path or name of the bundle that was scored with, as far as it is told and can be read. */
  bundle: string | undefined;
}

/**
 * The tasks that a scored file may hold: those of the bundle that is named; else those that its manifest tells; else
 * those of the bundle that the manifest names, or of the default one.
 * @throws BundleError when the bundle that is named cannot be read
 */
export async function knownLabels(
  manifest: RunSummary | undefined,
  model: string | undefined,
): Promise<KnownLabels> {
  if (model !== undefined) return labelsOfBundle(model);
  const named = await knownOfBundle(manifest?.bundle?.name);
  // Only the very bundle tells how its labels turned out, or gives vectors that mean the same.
  const isSame = named !== undefined && named.version === manifest?.bundle?.version;
  const kinds = Object.entries(manifest?.problemTypes ?? {});
  if (kinds.length > 0) {
    return {
      tasks: kinds.map(([name, kind]) => ({
        name,
        isMulti: kind === 'multi_label_classification',
        labels: Object.keys(manifest?.labels[name] ?? {}),
      })),
      facts: manifest?.labelFacts ?? (isSame ? named.facts : noLabelFacts),
      bundle: isSame ? named.bundle : undefined,
    };
  }
  return (
    named ?? (await knownOfBundle(defaultBundle)) ?? { tasks: [], facts: noLabelFacts, bundle: undefined }
  );
}

async function labelsOfBundle(model: string): Promise<KnownLabels & { version: string }> {
  const { manifest } = await readBundleJson(await findBundle(model));
  const tasks = manifest.tasks.map(({ name, problemType, labels }) => ({
    name,
    isMulti: problemType === 'multi_label_classification',
    labels,
  }));
  return { tasks, facts: manifest.report, bundle: model, version: manifest.version };
}

/** Undefined for a bundle that is not named or cannot be read. */
async function knownOfBundle(
  name: string | undefined,
): Promise<(KnownLabels & { version: string }) | undefined> {
  if (name === undefined) return undefined;
  return labelsOfBundle(name).catch((error: unknown) => {
    if (error instanceof VoxpopError) return undefined;
    throw error;
  });
}
