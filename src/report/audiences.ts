import type { LabelNames } from './label-names.ts';
import { type Audience, countedRoles } from './counts.ts';
import type { AudienceFigures } from './report-document.ts';
import type { ReportTally } from './report-tally.ts';
import { share } from '../text/numbers.ts';
import { shareOf } from './statistics.ts';

const names: Record<Audience, string> = {
  customers: 'Customers',
  employees: 'Employees',
  either: 'Either: nothing said tells',
};

const shownProblems = 5;

/** Figures of customers and of employees apart; none where one of them has too few comments to tell. */
export function audienceFigures(
  tally: ReportTally,
  labelNames: LabelNames,
  topicTask: string,
  minGroup: number,
): AudienceFigures[] {
  const textsOf = (audience: Audience): number => tally.audiences.get(audience)?.texts ?? 0;
  if (textsOf('employees') < minGroup || textsOf('customers') < minGroup) return [];
  return (['customers', 'employees', 'either'] as const).flatMap((audience) => {
    const counts = tally.audiences.get(audience);
    if (counts === undefined) return [];
    const problems = tally
      .topics()
      .filter(({ isSpecific }) => isSpecific)
      .map(({ id, label }) => ({
        topic: label,
        name: labelNames.label(topicTask, label),
        texts: counts.topic(id, tally.fixRole),
        share: share(counts.topic(id, tally.fixRole), counts.texts),
      }))
      .filter(({ texts }) => texts > 0)
      .toSorted((one, other) => other.texts - one.texts || (one.topic < other.topic ? -1 : 1));
    return [
      {
        audience,
        name: names[audience],
        texts: counts.texts,
        by_role: Object.fromEntries(
          countedRoles.map((role) => [role, shareOf(counts.role(role), counts.texts)]),
        ),
        problems: problems.slice(0, shownProblems),
      },
    ];
  });
}
