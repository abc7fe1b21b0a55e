import { count } from '../text/numbers.ts';
import type { ReportDocument, Trend } from './report-document.ts';
import { listed } from '../text/name-list.ts';
import { comments, interval, percent, period } from './words.ts';

type Facts = Pick<
  ReportDocument,
  'rows' | 'texts' | 'empty' | 'no_feedback' | 'feedback' | 'sentiment' | 'time' | 'focus' | 'fix' | 'groups'
>;

/** What a reader should know first, in plain sentences. */
export function summarySentences(facts: Facts): string[] {
  if (facts.texts === 0) return [`No comment has labels: ${count(facts.rows)} rows were read.`];
  return [
    answered(facts),
    ...shares(facts),
    ...change(facts),
    ...firstThing(facts),
    ...groupsThatDiffer(facts),
  ];
}

function answered({ rows, texts, empty, no_feedback: none, feedback }: Facts): string {
  const held = `${comments(texts)} in ${count(rows)} rows${empty === 0 ? '' : ` (${count(empty)} without any)`}`;
  if (none === 0) return `${held}.`;
  return `${held}; ${count(feedback)} ${feedback === 1 ? 'has' : 'have'} something to say, ${count(none)} ${none === 1 ? 'does' : 'do'} not.`;
}

function shares({ sentiment, feedback }: Facts): string[] {
  if (feedback === 0 || sentiment.length === 0) return [];
  const told = sentiment.map(
    ({ role, ...share }) => `${interval(share)} ${share.texts === 1 ? 'is' : 'are'} ${role}`,
  );
  return [`Of these ${listed(told)}.`];
}

function change({ time, focus }: Facts): string[] {
  const trend = time?.trend;
  if (trend === undefined) return [];
  const name = focus.name.toLowerCase();
  if (!trend.clear) {
    return [
      `No change over time beyond chance: ${percent(trend.from.share.share)} ${name} at first, ${percent(trend.to.share.share)} of late.`,
    ];
  }
  return [`The share of ${name} comments ${trendWords(trend)}.`];
}

/** `rose from 10% (January 2026) to 70% (March 2026)`. */
export function trendWords({ difference, from, to }: Trend): string {
  const verb = difference > 0 ? 'rose' : 'fell';
  return `${verb} from ${percent(from.share.share)} (${period(from)}) to ${percent(to.share.share)} (${period(to)})`;
}

function firstThing({ fix }: Facts): string[] {
  const [first, second] = fix;
  if (first === undefined) return [];
  const also = second === undefined ? '' : `, then ${second.name.toLowerCase()} (${count(second.texts)})`;
  return [`Most to fix: ${first.name.toLowerCase()} (${comments(first.texts)})${also}.`];
}

/** The group of each column that most surely is above all others; not of columns that say the same as the sentiment. */
function groupsThatDiffer({ groups, focus }: Facts): string[] {
  return groups.flatMap(({ by, related, values }) => {
    const [first] = values
      .filter(({ differs }) => differs === 'above')
      .toSorted((one, other) => other.focus.low - one.focus.low);
    if (related || first === undefined) return [];
    return [
      `By ${by}, ${first.name} is clearly above the others: ${percent(first.focus.share)} ${focus.name.toLowerCase()} of ${comments(first.texts)}.`,
    ];
  });
}
