import { UsageError } from '../errors.ts';
import { requireHonestName } from '../records/honest-name.ts';
import { outputMode } from '../records/output-mode.ts';
import type { ReportFormat, ReportLook, ReportOptions } from '../report/options.ts';
import { formatReport, report } from '../report/report.ts';
import { checkLook } from '../report/theme.ts';
import { checkPageOutput } from './check-page-output.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

export type Flags = ReportOptions &
  ReportLook & { output?: string; format?: ReportFormat; force?: boolean; quiet?: boolean };

export async function runReport(flags: Flags, terminal: Terminal): Promise<void> {
  const { output, input } = flags;
  await checkPageOutput(flags, terminal);
  const format = flags.format ?? formatOf(output);
  if (output !== undefined) requireHonestName(output, reportNames[format]);
  if (output === undefined && format === 'html' && terminal.stdout.isTTY) {
    throw new UsageError('OUTPUT_MISSING', 'Expected a file for the HTML page, got a terminal', {
      hint: 'Write it to a file: `-o report.html`.',
    });
  }
  // Told before a file of a million rows is read.
  await checkLook(flags);
  const document = await report({ ...flags, stdin: terminal.stdin, signal: terminal.signal });
  if (!flags.quiet) say(terminal, ...document.notices);
  await writeResult(
    await formatReport(document, format, flags),
    output,
    terminal,
    await outputMode([input], terminal.stdin),
  );
}

/** Extensions of each format, the first ones telling which is meant. */
const reportNames: Record<ReportFormat, string[]> = {
  html: ['html', 'htm', 'html.gz'],
  json: ['json', 'json.gz'],
  md: ['md', 'md.gz'],
};

function formatOf(output = ''): ReportFormat {
  const formats = Object.keys(reportNames) as ReportFormat[];
  return formats.find((format) => reportNames[format].some((name) => output.endsWith(`.${name}`))) ?? 'html';
}
