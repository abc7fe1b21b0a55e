import { Counts, countedRoles, type CountedRole } from './counts.ts';
import { groupOrder } from './group-order.ts';
import { isUntold, noValue, otherValue } from '../scored/column-groups.ts';
import type { GroupFigures, GroupValue } from './report-document.ts';
import type { ReportTally } from './report-tally.ts';
import { differenceOf, shareOf } from './statistics.ts';

/** A column to group by. */
export interface GroupColumn {
  by: string;
  predicted: boolean;
  /** Gives a value the name that people know it by. */
  nameOf: (value: string) => string;
}

/** From this on (Cramér's V) a column says so much the same as the sentiment that it explains nothing. */
const sameThing = 0.5;

/**
 * Figures of each value of a column.
 * @param focusOf texts of a group with the focus label
 */
export function groupFigures(
  { by, predicted, nameOf }: GroupColumn,
  values: ReadonlyMap<string, Counts>,
  tally: ReportTally,
  { focusOf, minGroup }: { focusOf: (counts: Counts) => number; minGroup: number },
): GroupFigures {
  const topics = tally.topics();
  const all = [...values].map(([value, counts]): GroupValue => {
    const { texts } = counts;
    const [part, rest] = [focusOf(counts), focusOf(tally.all) - focusOf(counts)];
    const others = tally.all.texts - texts;
    const difference = differenceOf({ before: rest, beforeOf: others, after: part, afterOf: texts }, true);
    const small = texts < minGroup;
    const isComparable = !small && !isUntold(value) && others > 0;
    return {
      value,
      name: nameOf(value),
      texts,
      small,
      focus: shareOf(part, texts),
      differs: isComparable && difference.clear ? (difference.difference > 0 ? 'above' : 'below') : undefined,
      by_role: byRole(counts),
      topics: Object.fromEntries(topics.map(({ id, label }) => [label, counts.label(id)])),
      tasks: Object.fromEntries(tally.mixes().map(({ task }) => [task, tally.table(counts, task)])),
    };
  });
  const order = groupOrder(all.map(({ value }) => value));
  const rank = ({ value }: GroupValue): number => (value === noValue ? 2 : value === otherValue ? 1 : 0);
  const sorted = all.toSorted(
    (one, other) =>
      rank(one) - rank(other) ||
      (order === undefined
        ? Number(one.small) - Number(other.small) ||
          other.focus.share - one.focus.share ||
          other.texts - one.texts
        : (order.get(one.value) as number) - (order.get(other.value) as number)) ||
      (one.value < other.value ? -1 : 1),
  );
  return {
    by,
    predicted,
    order: order === undefined ? 'share' : 'value',
    related: isScale(all.map(({ value }) => value)) || association(all) >= sameThing,
    values: sorted,
  };
}

/** How many texts of a group have each role. */
export function byRole(counts: Counts): Partial<Record<CountedRole, number>> {
  return Object.fromEntries(countedRoles.map((role) => [role, counts.role(role)]));
}

/** Whether values are points of a scale from 0 or 1 up to 10, as stars and answers to NPS questions are. */
function isScale(values: readonly string[]): boolean {
  const told = values.filter((value) => value !== noValue);
  return told.length >= 3 && told.every((value) => /^(?:\d|10)(?:[.,]\d)?$/u.test(value.trim()));
}

/** How closely the focus label goes with the value (Cramér's V), from 0 to 1. */
function association(values: readonly GroupValue[]): number {
  const told = values.filter(({ value, small }) => value !== noValue && !small);
  const texts = told.reduce((sum, value) => sum + value.texts, 0);
  const focused = told.reduce((sum, value) => sum + value.focus.texts, 0);
  if (focused === 0 || focused === texts || told.length < 2) return 0;
  const rate = focused / texts;
  const chi2 = told.reduce(
    (sum, value) => sum + (value.focus.texts - value.texts * rate) ** 2 / (value.texts * rate * (1 - rate)),
    0,
  );
  return Math.sqrt(chi2 / texts);
}
