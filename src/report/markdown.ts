import { count } from '../text/numbers.ts';
import { escapeMarkdown, markdownTable } from '../text/markdown.ts';
import { LabelNames } from './label-names.ts';
import type { Asked, ReportDocument, SampleText } from './report-document.ts';
import { taskName } from './parts.ts';
import { furtherTasks } from './section-rest.ts';
import { nightHead, nightNote, nightRows, nightWords } from './section-night.ts';
import { trendWords } from './summary.ts';
import { comments, interval, percent, pointsOf } from './words.ts';

/** Most groups of suggestions or questions, and most topics with comments: the JSON has all. */
const shownAsked = 10;
const shownFixes = 6;

/** The report in Markdown: the same figures in the same order, without charts. */
export function markdownReport(document: ReportDocument): string {
  const names = new LabelNames(document);
  const { title, summary, focus, min_group: minGroup } = document;
  const focusName = focus.name.toLowerCase();
  const sections = [
    `# ${escapeMarkdown(title)}\n`,
    `${escapeMarkdown(summary.join(' '))}\n`,
    ...comparison(document),
    ...night(document, names),
    ...fix(document),
    ...asked('What people ask for', document.suggestions),
    ...asked('Questions that want an answer', document.questions),
    ...section(
      'What people love',
      document.loves.map(({ name, texts, of, share, low, high }) => [
        name,
        count(texts),
        interval({ share, low, high }),
        count(of),
      ]),
      ['topic', 'positive', 'share of all', 'comments on it'],
    ),
    ...section(
      'Topics',
      document.topics.labels.map(({ name, texts, by_role: roles, ...share }) => [
        name,
        count(texts),
        interval(share),
        ...document.sentiment.map(({ role }) => count(roles[role] ?? 0)),
      ]),
      ['topic', 'comments', 'share', ...document.sentiment.map(({ role }) => role)],
    ),
    ...section(
      `By ${document.time?.unit}`,
      (document.time?.buckets ?? []).map(({ start, texts, focus: share }) => [
        start,
        count(texts),
        texts === 0 ? '' : interval(share),
      ]),
      [document.time?.unit ?? '', 'comments', focusName],
    ),
    ...document.groups.flatMap(({ by, values }) => {
      const large = values.filter(({ small }) => !small);
      const rest = values.length - large.length;
      return [
        ...section(
          `By ${by}`,
          large.map(({ name, texts, focus: share, differs }) => [
            name,
            count(texts),
            interval(share),
            differs ?? '',
          ]),
          [by, 'comments', focusName, 'against the others'],
        ),
        ...(rest === 0 || large.length === 0
          ? []
          : [`${count(rest)} more with fewer than ${count(minGroup)} comments.\n`]),
      ];
    }),
    ...section(
      'Employees and customers',
      document.audiences.map(({ name, texts, by_role: roles, problems }) => [
        name,
        count(texts),
        roles.focus === undefined ? '' : interval(roles.focus),
        problems
          .slice(0, 3)
          .map((problem) => `${problem.name} (${count(problem.texts)})`)
          .join(', '),
      ]),
      ['', 'comments', focusName, 'most to fix'],
    ),
    ...furtherTasks(document).flatMap(({ task, labels }) =>
      section(
        taskName(task),
        labels.map(({ label, texts, ...share }) => [names.label(task, label), count(texts), interval(share)]),
        ['label', 'comments', 'share'],
      ),
    ),
    ...section(
      'How sure is this?',
      document.quality.corrected.map(({ task, name, counted, rows, ...share }) => [
        `${taskName(task)}: ${name.toLowerCase()}`,
        percent(counted),
        interval(share),
        count(rows),
      ]),
      ['label', 'counted', 'likely', 'rows behind it'],
    ),
    ...document.notices.map((notice) => `${escapeMarkdown(notice)}.\n`),
  ];
  return sections.filter((each) => each !== '').join('\n');
}

function night({ night: figures }: ReportDocument, names: LabelNames): string[] {
  if (figures === undefined) return [];
  const rows = nightRows(figures, names);
  const words = `${escapeMarkdown(nightWords(figures))}\n`;
  if (rows.length === 0) return ['## What is new\n', words];
  const [heading = '', ...table] = section('What is new', rows, nightHead);
  return [heading, words, `${nightNote(figures)}\n`, ...table];
}

function fix({ fix: items, roles, min_group: minGroup }: ReportDocument): string[] {
  const what = roles.problem === undefined ? 'negative' : 'problems';
  const rows = items.map(({ name, texts, of, negative, trend, above, ...share }) => [
    name,
    count(texts),
    interval(share),
    count(of),
    percent(negative.share),
    trend?.clear === true ? trendWords(trend) : '',
    above.map(({ name: group, by, here }) => `${group} (${by}): ${percent(here.share)}`).join('; '),
  ]);
  const head = ['topic', what, 'share of all', 'comments on it', 'negative', 'change', 'far above average'];
  const shown = items
    .filter(({ texts, quotes }) => texts >= minGroup && quotes.length > 0)
    .slice(0, shownFixes);
  return [
    ...section('What to fix', rows, head),
    ...shown.map(({ name, quotes }) => `**${escapeMarkdown(name)}**\n\n${quoteLines(quotes)}`),
  ];
}

function asked(title: string, { texts, groups, grouped }: Asked): string[] {
  if (groups.length === 0) return [];
  const sampled = grouped < texts ? `, ${count(grouped)} different ones of which were grouped` : '';
  const rest = groups.length - shownAsked;
  return [
    `## ${title}\n`,
    `${comments(texts)}${sampled}. With how many are alike:\n`,
    groups
      .slice(0, shownAsked)
      .map(
        ({ texts: alike, quotes: [first] }) =>
          `- ${count(alike)}: ${first === undefined ? '' : quoted(first)}\n`,
      )
      .join(''),
    ...(rest > 0 ? [`${count(rest)} more.\n`] : []),
  ];
}

function comparison({ comparison: found, min_group: minGroup }: ReportDocument): string[] {
  if (found === undefined) return [];
  const head = ['', 'before', 'now', 'change', 'beyond chance'];
  const row = (
    name: string,
    each: (typeof found.fix)[number] | (typeof found.sentiment)[number],
  ): string[] => [
    name,
    interval(each.before),
    interval(each.after),
    pointsOf(each.difference),
    each.clear ? 'yes' : 'no',
  ];
  const rows = [
    ...found.sentiment.map((each) => row(taskName(each.role), each)),
    ...found.fix
      .filter(({ before, after }) => before.texts + after.texts >= minGroup)
      .map((each) => row(`Problems: ${each.name}`, each)),
  ];
  return section(`Against ${found.path} (${comments(found.feedback)})`, rows, head);
}

function section(title: string, rows: string[][], head: string[]): string[] {
  return rows.length === 0 ? [] : [`## ${escapeMarkdown(title)}\n`, markdownTable(head, rows)];
}

function quoteLines(samples: readonly SampleText[]): string {
  return samples.map((sample) => `- ${quoted(sample)}\n`).join('');
}

function quoted({ text, cut, row }: SampleText): string {
  return `${escapeMarkdown(text)}${cut ? ' …' : ''} (row ${count(row)})`;
}
