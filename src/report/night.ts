import { drift } from '../scored/drift.ts';
import type { ScoredFile } from '../scored/scored-file.ts';
import { round, share } from '../text/numbers.ts';

type RunSummary = NonNullable<ScoredFile['manifest']>;

/** What became of rows since an earlier file, and how the labels of new rows differ from those of all. */
export interface NightFigures {
  since: string;
  new: number;
  changed: number;
  unchanged: number;
  /** Keys of the earlier file that came up no more; absent when not all rows were read. */
  deleted?: number;
  /** What new rows are held against: all rows of this file, or those of the earlier one where this one lacks some. */
  against: 'file' | 'since';
  drift: NightDrift[];
}

export interface NightDrift {
  task: string;
  /** Population stability index: below 0.1 little, from 0.25 on a lot. */
  psi: number;
  jensen_shannon: number;
  /** The label whose share differs most. */
  moved: { label: string; new: number; all: number };
}

/** The figures that a manifest has; undefined where rows were not compared. */
export function nightFigures(manifest: RunSummary | undefined): NightFigures | undefined {
  const changes = manifest?.changes;
  if (manifest === undefined || changes === undefined) return undefined;
  const { newLabels, labelsBefore, deleted, ...counts } = changes;
  const all = manifest.onlyNew ? labelsBefore : manifest.labels;
  return {
    ...counts,
    ...(deleted === undefined ? {} : { deleted }),
    against: manifest.onlyNew ? 'since' : 'file',
    drift: Object.keys(newLabels).flatMap((task) => taskDrift(task, newLabels[task] ?? {}, all[task] ?? {})),
  };
}

function taskDrift(
  task: string,
  fresh: Readonly<Record<string, number>>,
  all: Readonly<Record<string, number>>,
): NightDrift[] {
  const labels = [...new Set([...Object.keys(all), ...Object.keys(fresh)])];
  const count = (counts: Readonly<Record<string, number>>): number[] =>
    labels.map((label) => (Object.hasOwn(counts, label) ? (counts[label] as number) : 0));
  const [before, now] = [count(all), count(fresh)];
  const sum = (counts: number[]): number => counts.reduce((total, each) => total + each, 0);
  if (sum(before) === 0 || sum(now) === 0) return [];
  const moved = labels.map((label, place) => ({
    label,
    new: share(now[place] as number, sum(now)),
    all: share(before[place] as number, sum(before)),
  }));
  const [most] = moved.toSorted(
    (one, other) => Math.abs(other.new - other.all) - Math.abs(one.new - one.all),
  );
  if (most === undefined) return [];
  const { psi, jensen_shannon: divergence } = drift(before, now);
  return [{ task, psi: round(psi), jensen_shannon: round(divergence), moved: most }];
}
