import { openScoredFile, type ScoredFile } from '../scored/scored-file.ts';
import { UsageError } from '../errors.ts';
import type { Counts } from './counts.ts';
import { sentimentRoles } from '../label-facts.ts';
import type { LabelNames } from './label-names.ts';
import type { ReportOptions } from './options.ts';
import { type ReadReport, readReport } from './read-report.ts';
import type { ReportComparison } from './report-document.ts';
import type { FocusedRoles, Roles } from './roles.ts';
import { type Difference, differenceOf, shareOf, type ShareOf } from './statistics.ts';

/**
 * Counts an earlier output of `score`, to tell what has changed since.
 * @throws UsageError when it has other tasks; InputError; the signal's reason when aborted
 */
export async function compareReports(
  options: ReportOptions & { seed: number },
  { roles, focus }: { roles: Roles; focus: FocusedRoles['focus'] },
  names: LabelNames,
  after: ReadReport,
  file: ScoredFile,
): Promise<ReportComparison> {
  // Only what both files have is compared; columns to group by and dates are the later file's.
  const { by: _by, date: _date, ...shared } = options;
  const earlier = await openScoredFile(options.input, shared);
  let before: ReadReport;
  try {
    const missing = Object.values({ ...roles, focus }).find(
      ({ task }) => !earlier.tasks.some(({ name }) => name === task),
    );
    if (missing !== undefined) {
      const found = earlier.tasks.map(({ name }) => name).join(', ');
      throw new UsageError(
        'COMPARE_DIFFERS',
        `Expected ${options.input} to have the task ${missing.task}, as ${file.path} has, found ${found}`,
        { hint: 'Score both files with the same bundle and the same --tasks.' },
      );
    }
    before = await readReport(earlier, { ...roles, focus }, names, shared);
  } finally {
    await earlier.close();
  }
  const topicTask = roles.topic?.task ?? '';
  const [then, now] = [before.tally, after.tally];
  const labels = [
    ...new Map(
      [...now.topics(), ...then.topics()].map(({ label, isSpecific }) => [label, isSpecific] as const),
    ),
  ];
  const topicRow = (label: string, partOf: (counts: Counts, id: number) => number): TopicChange => {
    const [was, is] = [then.idOf(topicTask, label), now.idOf(topicTask, label)];
    return {
      topic: label,
      name: names.label(topicTask, label),
      ...change(
        was === undefined ? 0 : partOf(then.all, was),
        then.all.texts,
        is === undefined ? 0 : partOf(now.all, is),
        now.all.texts,
        true,
      ),
    };
  };
  const bySize = (rows: TopicChange[]): TopicChange[] =>
    rows.toSorted((one, other) => other.after.texts - one.after.texts || (one.topic < other.topic ? -1 : 1));
  return {
    path: earlier.path,
    texts: then.texts,
    feedback: then.all.texts,
    sentiment: sentimentRoles
      .filter((role) => roles[role] !== undefined)
      .map((role) =>
        Object.assign(
          { role },
          change(then.all.role(role), then.all.texts, now.all.role(role), now.all.texts, false),
        ),
      ),
    fix: bySize(
      labels
        .filter(([, isSpecific]) => isSpecific)
        .map(([label]) => topicRow(label, (counts, id) => counts.topic(id, now.fixRole)))
        .filter(({ before: was, after: is }) => was.texts + is.texts > 0),
    ),
    topics: bySize(labels.map(([label]) => topicRow(label, (counts, id) => counts.label(id)))),
  };
}

type TopicChange = ReportComparison['topics'][number];

function change(
  before: number,
  beforeOf: number,
  after: number,
  afterOf: number,
  ofMany: boolean,
): Difference & { before: ShareOf; after: ShareOf } {
  return {
    ...differenceOf({ before, beforeOf, after, afterOf }, ofMany),
    before: shareOf(before, beforeOf),
    after: shareOf(after, afterOf),
  };
}
