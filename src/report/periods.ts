import { Counts } from './counts.ts';
import { bucketOf, type DaysFound, nextBucket, unitOf } from './dates.ts';
import type { TimeSeries, Trend } from './report-document.ts';
import { differenceOf, shareOf } from './statistics.ts';

/** Texts of each period, from the first to the last, those without texts too. */
export interface Periods {
  unit: TimeSeries['unit'];
  buckets: { start: string; counts: Counts }[];
}

/**
 * Periods of the unit that gives a readable number of them, or of a longer one where the usual period would hold fewer
 * texts than a group must have and three periods are left.
 */
export function periodsOf({ days }: DaysFound<Counts>, minGroup: number): Periods | undefined {
  const [first, last] = [days[0]?.[0], days.at(-1)?.[0]];
  if (first === undefined || last === undefined) return undefined;
  const texts = days.reduce((sum, [, counts]) => sum + counts.texts, 0);
  let found = periodsBy(unitOf(first, last), days);
  while (found.unit !== 'year' && texts / found.buckets.length < minGroup) {
    const longer = periodsBy(longerUnit[found.unit], days);
    if (longer.buckets.length < leastPeriods) break;
    found = longer;
  }
  return found;
}

const leastPeriods = 3;
const longerUnit = { day: 'week', week: 'month', month: 'year' } as const;

function periodsBy(unit: TimeSeries['unit'], days: DaysFound<Counts>['days']): Periods {
  const [first, last] = [days[0]?.[0] ?? '', days.at(-1)?.[0] ?? ''];
  const buckets = new Map<string, Counts>();
  for (let start = bucketOf(first, unit); start <= bucketOf(last, unit); start = nextBucket(start, unit)) {
    buckets.set(start, new Counts());
  }
  for (const [day, counts] of days) buckets.get(bucketOf(day, unit))?.addAll(counts);
  return { unit, buckets: [...buckets].map(([start, counts]) => ({ start, counts })) };
}

/**
 * Compares the last third of the time with the first; undefined when there are fewer than three periods, or fewer
 * texts than a group must have.
 * @param partOf texts of a group that are looked at
 */
export function trendOf(
  periods: Periods | undefined,
  partOf: (counts: Counts) => number,
  { minGroup, ofMany }: { minGroup: number; ofMany: boolean },
): Trend | undefined {
  const buckets = periods?.buckets ?? [];
  const third = Math.floor(buckets.length / 3);
  if (third === 0) return undefined;
  const [from, to] = [buckets.slice(0, third), buckets.slice(-third)].map((part) => {
    const counts = new Counts();
    for (const bucket of part) counts.addAll(bucket.counts);
    const [start, end] = [part[0]?.start ?? '', part.at(-1)?.start ?? ''];
    return { start, end, texts: counts.texts, share: shareOf(partOf(counts), counts.texts) };
  }) as [Trend['from'], Trend['to']];
  if (from.texts < minGroup || to.texts < minGroup) return undefined;
  const shares = {
    before: from.share.texts,
    beforeOf: from.texts,
    after: to.share.texts,
    afterOf: to.texts,
  };
  return { ...differenceOf(shares, ofMany), from, to };
}
