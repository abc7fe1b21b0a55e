import { count } from '../text/numbers.ts';
import { languageTask } from '../scored/column-groups.ts';
import { wilsonLow } from './report-tally.ts';
import type { ReportDocument } from './report-document.ts';
import { capital, comments, humanLabel, percent } from './words.ts';

/** Sentences that a reader should read first. */
export interface Findings {
  headline: string;
  points: string[];
}

/** Least number of comments that a finding is told from; fewer are an anecdote. */
const leastComments = 10;
/** Two-sided 95 %. */
const significantZ = 1.96;

export function findings(document: ReportDocument): Findings {
  const { texts, focus } = document;
  if (texts === 0) return { headline: 'No comment has labels.', points: [] };
  const mix = document.tasks.find(({ task }) => task === focus.task);
  const focused = mix?.labels.find(({ label }) => label === focus.label);
  if (mix === undefined || focused === undefined) {
    const [most] = mix?.labels ?? [];
    const what =
      most === undefined
        ? 'have no label'
        : `are ${humanLabel(most.label)}, the most frequent ${mix?.task} (${percent(most.share)})`;
    return { headline: `${count(most?.texts ?? 0)} of ${comments(texts)} ${what}.`, points: [] };
  }
  const name = humanLabel(focus.label);
  return {
    headline: `${percent(focused.share)} of ${comments(texts)} ${texts === 1 ? 'is' : 'are'} ${name}.`,
    points: [
      ...hotspotPoints(document, name, focused.texts),
      ...timePoint(document, name),
      ...besidePoints(document, name, focused.texts),
      ...breakdownPoints(document, name),
    ],
  };
}

function hotspotPoints({ hotspots, texts }: ReportDocument, name: string, focused: number): string[] {
  const known = hotspots?.labels.filter((label) => label.texts >= Math.max(leastComments, texts / 200)) ?? [];
  const [first] = known;
  if (hotspots === undefined || first === undefined || first.focused === 0) return [];
  const most = hotspots.labels.toSorted((one, other) => other.focused - one.focused)[0];
  const points = [
    `Most often ${name}: ${humanLabel(first.label)}, ${percent(first.share)} of ${comments(first.texts)}.`,
  ];
  if (most !== undefined && most.label !== first.label) {
    points.push(
      `Most ${name} comments: ${humanLabel(most.label)}, ${count(most.focused)} of ${count(focused)} (${percent(most.focused / focused)}).`,
    );
  }
  return points;
}

/** Compares the last third of the time with the first. */
function timePoint({ time, focus }: ReportDocument, name: string): string[] {
  const buckets = time?.buckets ?? [];
  const third = Math.floor(buckets.length / 3);
  if (third === 0) return [];
  const [before, after] = [buckets.slice(0, third), buckets.slice(-third)].map((part) => ({
    texts: part.reduce((sum, { texts }) => sum + texts, 0),
    focused: part.reduce((sum, { labels }) => sum + (labels[focus.label] ?? 0), 0),
    range: part.length === 1 ? (part[0]?.start ?? '') : `${part[0]?.start} to ${part.at(-1)?.start}`,
  })) as [Part, Part];
  if (before.texts < leastComments || after.texts < leastComments) return [];
  const [was, is] = [before, after].map(({ focused, texts }) => focused / texts) as [number, number];
  const pooled = (before.focused + after.focused) / (before.texts + after.texts);
  const z = (is - was) / Math.sqrt(pooled * (1 - pooled) * (1 / before.texts + 1 / after.texts));
  if (!(Math.abs(z) > significantZ)) {
    return [`No clear change over time: ${percent(was)} ${name} at first, ${percent(is)} of late.`];
  }
  return [
    `The share of ${name} comments ${z > 0 ? 'rose' : 'fell'} from ${percent(was)} (${before.range}) to ${percent(is)} (${after.range}).`,
  ];
}

interface Part {
  texts: number;
  focused: number;
  range: string;
}

/** Names the label of each further task that surely stands beside the focus label more often than beside all. */
function besidePoints(document: ReportDocument, name: string, focused: number): string[] {
  const { focus, hotspots } = document;
  const others = document.tasks.filter(
    ({ task }) => task !== focus.task && task !== hotspots?.of && task !== languageTask,
  );
  return others.flatMap(({ task, labels }) => {
    const [first] = labels
      .map(({ label, share }) => {
        const both = textsWithBoth(document, task, label);
        return { label, share, both, gain: wilsonLow(both, focused) - share };
      })
      .filter(({ both, gain }) => both >= leastComments && gain > 0)
      .toSorted((one, other) => other.gain - one.gain);
    if (first === undefined) return [];
    const [here, everywhere] = [percent(first.both / focused), percent(first.share)];
    return [
      `${capital(task)} of ${name} comments: ${humanLabel(first.label)} in ${here}, against ${everywhere} of all.`,
    ];
  });
}

/** Texts with the focus label and a label of another task. */
function textsWithBoth({ crosses, focus }: ReportDocument, task: string, label: string): number {
  const cross = crosses.find(
    (each) =>
      (each.rows_task === focus.task && each.columns_task === task) ||
      (each.rows_task === task && each.columns_task === focus.task),
  );
  if (cross === undefined) return 0;
  const [row, column] = cross.rows_task === task ? [label, focus.label] : [focus.label, label];
  return cross.counts[cross.rows.indexOf(row)]?.[cross.columns.indexOf(column)] ?? 0;
}

/** Names the value of each breakdown that surely has a larger share of the focus label than all texts. */
function breakdownPoints({ breakdowns, focus, texts, tasks }: ReportDocument, name: string): string[] {
  const overall =
    tasks.find(({ task }) => task === focus.task)?.labels.find(({ label }) => label === focus.label)?.share ??
    0;
  return breakdowns.flatMap(({ by, values }) => {
    const ranked = values
      .filter((value) => value.texts >= Math.max(leastComments, texts / 200))
      .map((value) => {
        const focused = value.tasks[focus.task]?.[focus.label] ?? 0;
        return { value: value.value, texts: value.texts, focused, low: wilsonLow(focused, value.texts) };
      })
      .toSorted((one, other) => other.low - one.low);
    const [first] = ranked;
    if (first === undefined || first.low <= overall) return [];
    return [
      `Above average by ${by}: ${first.value}, ${percent(first.focused / first.texts)} of ${comments(first.texts)} ${name}.`,
    ];
  });
}
