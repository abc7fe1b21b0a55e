import type { Counts } from './counts.ts';
import type { LabelNames } from './label-names.ts';
import { isUntold } from '../scored/column-groups.ts';
import { type Periods, trendOf } from './periods.ts';
import type { FixItem, GroupFigures } from './report-document.ts';
import type { ReportTally } from './report-tally.ts';
import { differenceOf, shareOf } from './statistics.ts';

/** Groups named beside one problem. */
const mostAbove = 3;

export interface FixSettings {
  names: LabelNames;
  topicTask: string;
  minGroup: number;
  periods: Periods | undefined;
  groups: readonly GroupFigures[];
}

/**
 * Problems by topic, without quotes. What many texts say comes first, and of two that as many say the one that is said
 * more negatively: the rank is by the texts with the problem and the negative texts on the topic, together.
 */
export function fixItems(tally: ReportTally, settings: FixSettings): Omit<FixItem, 'quotes'>[] {
  const { names, topicTask, minGroup, periods, groups } = settings;
  const items = tally.topics().flatMap(({ id, label, isSpecific }) => {
    const problems = tally.all.topic(id, tally.fixRole);
    if (!isSpecific || problems === 0) return [];
    const of = tally.all.label(id);
    const negative = shareOf(tally.all.topic(id, 'negative'), of);
    const partOf = (counts: Counts): number => counts.topic(id, tally.fixRole);
    return [
      {
        topic: label,
        name: names.label(topicTask, label),
        ...shareOf(problems, tally.all.texts),
        of,
        negative,
        trend: trendOf(periods, partOf, { minGroup, ofMany: true }),
        above: aboveAverage(tally, groups, partOf),
      },
    ];
  });
  const weight = ({ texts, negative }: (typeof items)[number]): number => texts + negative.texts;
  return items.toSorted((one, other) => weight(other) - weight(one) || (one.topic < other.topic ? -1 : 1));
}

/** The groups in which a share is clearly above that of all others, the clearest first. */
function aboveAverage(
  tally: ReportTally,
  groups: readonly GroupFigures[],
  partOf: (counts: Counts) => number,
): FixItem['above'] {
  const [problems, texts] = [partOf(tally.all), tally.all.texts];
  const found = groups.flatMap(({ by, related, values }, place) => {
    if (related) return [];
    return values.flatMap(({ value, name, small }) => {
      const counts = tally.groups[place]?.get(value);
      if (counts === undefined || small || isUntold(value)) return [];
      const [here, of] = [partOf(counts), counts.texts];
      const shares = { before: problems - here, beforeOf: texts - of, after: here, afterOf: of };
      const { clear, difference } = differenceOf(shares, true);
      if (!clear || difference <= 0) return [];
      return [{ by, value, name, here: shareOf(here, of), elsewhere: shareOf(problems - here, texts - of) }];
    });
  });
  return found
    .toSorted((one, other) => other.here.low - other.elsewhere.share - (one.here.low - one.elsewhere.share))
    .slice(0, mostAbove);
}
