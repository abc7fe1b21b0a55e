import { count } from '../text/numbers.ts';
import { printable } from '../text/printable.ts';
import type { ReportDocument } from './report-document.ts';
import { findings } from './findings.ts';
import { humanLabel, percent } from './words.ts';

/** The report in Markdown: the same figures, without charts. */
export function markdownReport(document: ReportDocument): string {
  const { headline, points } = findings(document);
  const { source, rows, texts, empty, focus, hotspots, time, notices } = document;
  const name = humanLabel(focus.label);
  const sections = [
    `# ${escapeMarkdown(document.title)}\n`,
    `${escapeMarkdown(source.path)}: ${count(rows)} rows, ${count(texts)} comments with labels, ${count(empty)} empty\n`,
    `**${escapeMarkdown(headline)}**\n`,
    points.map((point) => `- ${escapeMarkdown(point)}\n`).join(''),
    ...(hotspots === undefined
      ? []
      : [
          `## Where comments are ${escapeMarkdown(name)}\n`,
          table(
            [hotspots.of, 'comments', name, 'share'],
            hotspots.labels.map((label) => [
              humanLabel(label.label),
              count(label.texts),
              count(label.focused),
              percent(label.share),
            ]),
          ),
        ]),
    ...document.tasks.flatMap(({ task, labels }) => [
      `## ${escapeMarkdown(task)}\n`,
      table(
        [task, 'comments', 'share'],
        labels.map(({ label, texts: own, share }) => [humanLabel(label), count(own), percent(share)]),
      ),
    ]),
    ...document.breakdowns.flatMap(({ by, values }) => [
      `## By ${escapeMarkdown(by)}\n`,
      table(
        [by, 'comments', name, 'share'],
        values.map((value) => {
          const focused = value.tasks[focus.task]?.[focus.label] ?? 0;
          return [value.value, count(value.texts), count(focused), percent(focused / value.texts)];
        }),
      ),
    ]),
    ...(time === undefined
      ? []
      : [
          `## By ${time.unit}\n`,
          table(
            [time.unit, 'comments', name],
            time.buckets.map(({ start, texts: own, labels }) => [
              start,
              count(own),
              count(labels[focus.label] ?? 0),
            ]),
          ),
        ]),
    ...notices.map((notice) => `${escapeMarkdown(notice)}.\n`),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |\n`;
  const rule = `| ${head.map((_, column) => (column === 0 ? '---' : '--:')).join(' | ')} |\n`;
  return line(head) + rule + rows.map(line).join('');
}

/**
 * Text from a file as Markdown shows it: no markup, no HTML, no link that nobody wrote, no mention of a person, no
 * formula, and nothing that a terminal acts upon when the page is printed there.
 */
function escapeMarkdown(text: string): string {
  return printable(text.replaceAll(/\s+/gu, ' '))
    .replaceAll(/[\\`*_{}[\]<>|#~&$@!^]/gu, '\\$&')
    .replaceAll(/:(?=\/\/|[\w+-]+:)/gu, '\\:')
    .replaceAll(/\bwww\./giu, 'www\\.')
    .replace(/^( *)([-+=])/u, '$1\\$2')
    .replace(/^( *\d+)([.)])/u, '$1\\$2');
}
