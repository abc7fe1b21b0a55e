import { printable } from './printable.ts';

/**
 * Text from a file as Markdown shows it: no markup, no HTML, no link that nobody wrote, no mention of a person, no
 * formula, and nothing that a terminal acts upon when it is printed there.
 */
export function escapeMarkdown(text: string): string {
  return printable(text.replaceAll(/\s+/gu, ' '))
    .replaceAll(/[\\`*_{}[\]<>|#~&$@!^]/gu, '\\$&')
    .replaceAll(/:(?=\/\/|[\w+-]+:)/gu, '\\:')
    .replaceAll(/\bwww\./giu, 'www\\.')
    .replace(/^( *)([-+=])/u, '$1\\$2')
    .replace(/^( *\d+)([.)])(?=\s|$)/u, '$1\\$2');
}

/** A table in Markdown; all columns but the first go to the right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |\n`;
  const rule = `| ${head.map((_, column) => (column === 0 ? '---' : '--:')).join(' | ')} |\n`;
  return line(head) + rule + rows.map(line).join('');
}
