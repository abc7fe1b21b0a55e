import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../support/paths.ts';

const file = join(repositoryRoot, 'test', 'bench', 'RESULTS.md');

/** What figures were measured on, in words. */
export function machine(): string {
  const cores = cpus();
  const ort = JSON.parse(
    readFileSync(join(repositoryRoot, 'node_modules', 'onnxruntime-node', 'package.json'), 'utf8'),
  ) as { version: string };
  return (
    `${new Date().toISOString().slice(0, 10)}, ${cores[0]?.model.trim()} with ${cores.length} cores, ` +
    `${type()} ${release()}, Node ${process.versions.node}, onnxruntime-node ${ort.version}`
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2;
}

/** Rows of cells, the first of them the head, as a Markdown table with figures to the right. */
export function table(rows: readonly string[][]): string {
  const widths = (rows[0] as string[]).map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [head, ...body] = rows as [string[], ...string[][]];
  return [line(head), line(rule), ...body.map(line)].join('\n');
}

/** Puts a chapter into RESULTS.md, in place of the one of that name. */
export function writeResults(title: string, text: string): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '# Results\n';
  const chapters = before.split(/^(?=## )/m).map((chapter) => chapter.trimEnd());
  const chapter = `## ${title}\n\n${text}`;
  const at = chapters.findIndex((each) => each.startsWith(`## ${title}\n`));
  if (at === -1) chapters.splice(1, 0, chapter);
  else chapters[at] = chapter;
  writeFileSync(file, `${chapters.join('\n\n')}\n`);
}
