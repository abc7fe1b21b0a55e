import { escapeMarkdown, markdownTable } from './markdown.ts';
import { printable } from './printable.ts';
import { textTable } from './text-table.ts';

/** How the parts of a document are written: as plain text for a terminal, or as Markdown for a pull request. */
export interface DocumentForm {
  /** Lines that stand together. */
  lines: (lines: readonly string[]) => string;
  /** A heading with what stands below it. */
  section: (heading: string, ...parts: string[]) => string;
  /** A table, its head first; columns without a value are left out. */
  table: (rows: readonly (readonly string[])[]) => string;
  /** What is only read when something is looked for. */
  folded: (heading: string, body: string) => string;
}

export const plainForm: DocumentForm = {
  lines: (lines) => lines.map((line) => `${printable(line)}\n`).join(''),
  section: (heading, ...parts) => `${printable(heading)}\n${parts.filter((part) => part !== '').join('\n')}`,
  table: textTable,
  folded: (_, body) => body,
};

export const markdownForm: DocumentForm = {
  lines: (lines) => lines.map((line) => `- ${escapeMarkdown(line)}\n`).join(''),
  section: (heading, ...parts) =>
    `### ${escapeMarkdown(heading)}\n\n${parts.filter((part) => part !== '').join('\n')}`,
  table: (given) => {
    const isShown = (given[0] ?? []).map((_, column) => given.slice(1).some((row) => row[column]));
    const [head = [], ...rows] = given.map((row) =>
      isShown.flatMap((shown, at) => (shown ? [row[at] ?? ''] : [])),
    );
    return markdownTable(head, rows);
  },
  // The blank lines make a reader of Markdown take the body for Markdown.
  folded: (heading, body) =>
    body === '' ? '' : `<details><summary>${escapeMarkdown(heading)}</summary>\n\n${body}\n</details>\n`,
};
