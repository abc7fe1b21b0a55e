import type { LabelConfusion, LabelFacts, LabelHits, RoleLabels } from '../label-facts.ts';
import { poisson, type Random, seededRandom, seedFor } from '../random.ts';
import { ratio, round } from '../text/numbers.ts';
import type { LabelNames } from './label-names.ts';
import type { QualityFigures, TaskMix } from './report-document.ts';
import { middle95 } from '../intervals.ts';

const resamples = 500;
/** Steps of the fit of shares; it stands still long before. */
const steps = 200;

/**
 * What shares would be if the labels of a file were wrong as often, and in the same way, as on the rows by which the
 * bundle was measured. The intervals hold both kinds of chance: which rows the bundle was measured on (resampled,
 * Poisson), and which texts the file has.
 */
export function correctedShares(
  mixes: readonly TaskMix[],
  facts: LabelFacts,
  names: LabelNames,
  { feedback, seed, apart }: { feedback: number; seed: number; apart: RoleLabels | undefined },
): QualityFigures['corrected'] {
  if (feedback === 0) return [];
  return mixes.flatMap(({ task, labels }) => {
    const random = seededRandom(seedFor(seed, 'quality', task));
    const counted = new Map(labels.map(({ label, texts }) => [label, texts]));
    // What says nothing is in no share, on neither side.
    const isApart = (label: string): boolean => apart?.task === task && apart.labels.includes(label);
    const measured = facts.confusion[task];
    const confusion = measured && withoutLabels(measured, isApart);
    const hits = facts.hits[task];
    const found =
      confusion === undefined
        ? Object.entries(hits ?? {}).flatMap(([label, each]) =>
            correctedHits(label, each, counted, feedback, random),
          )
        : correctedMix(confusion, counted, feedback, random);
    return found.map(({ label, rows, share, low, high }) => ({
      task,
      label,
      name: names.label(task, label),
      counted: round(ratio(counted.get(label) ?? 0, feedback)),
      texts: Math.round(share * feedback),
      share: round(share),
      low: round(low),
      high: round(high),
      rows,
    }));
  });
}

function withoutLabels(confusion: LabelConfusion, isLeftOut: (label: string) => boolean): LabelConfusion {
  const kept = <Value>(table: Record<string, Value>): [string, Value][] =>
    Object.entries(table).filter(([label]) => !isLeftOut(label));
  return Object.fromEntries(kept(confusion).map(([truth, row]) => [truth, Object.fromEntries(kept(row))]));
}

interface Corrected {
  label: string;
  rows: number;
  share: number;
  low: number;
  high: number;
}

/** Shares of labels of which a text has one. */
function correctedMix(
  confusion: LabelConfusion,
  counted: ReadonlyMap<string, number>,
  feedback: number,
  random: Random,
): Corrected[] {
  const truths = Object.keys(confusion);
  const given = [...new Set([...truths, ...counted.keys()])];
  const rows = truths.map((truth) =>
    given.map((label) =>
      Object.hasOwn(confusion[truth] ?? {}, label) ? (confusion[truth]?.[label] ?? 0) : 0,
    ),
  );
  const texts = given.map((label) => counted.get(label) ?? 0);
  if (texts.every((count) => count === 0)) return [];
  const best = trueShares(rows, texts);
  const drawn = Array.from({ length: resamples }, () =>
    trueShares(
      rows.map((row) => row.map((count) => poisson(count, random))),
      texts.map((count) => poisson(count, random)),
    ),
  );
  // A text need not have the task's label at all, as below a threshold.
  const labelled = ratio(
    texts.reduce((sum, count) => sum + count, 0),
    feedback,
  );
  return truths.map((label, place) =>
    Object.assign(
      { label, rows: (rows[place] as number[]).reduce((sum, count) => sum + count, 0) },
      interval(
        (best[place] as number) * labelled,
        drawn.map((shares) => (shares[place] as number) * labelled),
      ),
    ),
  );
}

/**
 * The shares of true labels under which the labels that were given are most likely (expectation-maximisation, which
 * unlike the inverse of the matrix never gives a share below 0).
 * @param rows rows by true label and given label
 * @param texts texts by given label
 */
export function trueShares(rows: readonly (readonly number[])[], texts: readonly number[]): number[] {
  const all = texts.reduce((sum, count) => sum + count, 0);
  const rates = rows.map((row) => {
    const sum = row.reduce((total, count) => total + count, 0);
    return row.map((count) => ratio(count, sum));
  });
  let shares = rows.map(() => 1 / rows.length);
  for (let step = 0; step < steps; step++) {
    const next = shares.map(() => 0);
    for (const [label, count] of texts.entries()) {
      const likely = shares.map((each, truth) => each * (rates[truth]?.[label] ?? 0));
      const sum = likely.reduce((total, each) => total + each, 0);
      for (const truth of next.keys()) {
        // A label that never was given where it was measured tells nothing.
        const part = sum === 0 ? (shares[truth] as number) : (likely[truth] as number) / sum;
        next[truth] = (next[truth] as number) + ratio(part * count, all);
      }
    }
    shares = next;
  }
  return shares;
}

/** The share of one label of which a text can have several (Rogan and Gladen's estimate). */
function correctedHits(
  label: string,
  hits: LabelHits,
  counted: ReadonlyMap<string, number>,
  feedback: number,
  random: Random,
): Corrected[] {
  const estimate = ({ hit, missed, wrong, none }: LabelHits, share: number): number => {
    const [found, falsely] = [ratio(hit, hit + missed), ratio(wrong, wrong + none)];
    // Labels that are no better than chance say nothing about the share.
    if (found - falsely < 0.05) return Number.NaN;
    return Math.min(1, Math.max(0, (share - falsely) / (found - falsely)));
  };
  const texts = counted.get(label) ?? 0;
  const draw = (count: number): number => poisson(count, random);
  const drawn = Array.from({ length: resamples }, () =>
    estimate(
      { hit: draw(hits.hit), missed: draw(hits.missed), wrong: draw(hits.wrong), none: draw(hits.none) },
      ratio(draw(texts), feedback),
    ),
  ).filter((share) => !Number.isNaN(share));
  const best = estimate(hits, ratio(texts, feedback));
  const rows = hits.hit + hits.missed;
  // With so few rows, or such labels, anything is possible, which is no figure.
  if (Number.isNaN(best) || drawn.length < resamples / 2) return [];
  return [{ label, rows, ...interval(best, drawn) }];
}

function interval(share: number, drawn: readonly number[]): { share: number; low: number; high: number } {
  const [low, high] = middle95(drawn);
  return { share, low: Math.min(share, low), high: Math.max(share, high) };
}
