import { GateFailed, UsageError } from '../errors.ts';
import { compare } from '../compare/compare.ts';
import type { CompareOptions } from '../compare/options.ts';
import { comparisonText } from '../compare/comparison-text.ts';
import { markdownForm, plainForm } from '../text/document-form.ts';
import { printableJson, printableLines } from '../text/printable.ts';
import { printResult, refuseTwoForms } from './print-result.ts';
import { createProgressBar } from './progress-bar.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';

export type Flags = CompareOptions & {
  details?: boolean;
  json?: boolean;
  md?: boolean;
  quiet?: boolean;
  progress: boolean;
};

export async function runCompare(flags: Flags, terminal: Terminal): Promise<void> {
  refuseTwoForms(flags);
  if (flags.details === true && flags.bundles === undefined && flags.a !== undefined) {
    throw new UsageError('OPTION_UNUSED', 'Expected --bundles and --on along with --details, got two files', {
      hint: 'Leave --details out: of two files everything is shown.',
    });
  }
  const bar = await createProgressBar(terminal, !flags.quiet && flags.progress);
  const { document, passed, notices } = await compare(
    { ...flags, stdin: terminal.stdin, signal: terminal.signal },
    { onProgress: (progress) => bar.update(progress) },
  ).finally(() => bar.stop());
  if (!flags.quiet) say(terminal, ...notices);
  const form = flags.md === true ? markdownForm : plainForm;
  const isWhole = flags.details === true || flags.md === true;
  const text =
    flags.json === true
      ? `${printableJson(document, 2)}\n`
      : printableLines(comparisonText(document, isWhole, form));
  await printResult(text, terminal);
  if (!flags.quiet && !isWhole && flags.json !== true && flags.bundles !== undefined) {
    say(terminal, 'Figures by task, label and language: --details, or --json');
  }
  if (passed) return;
  const failed = document.gates.filter((gate) => !gate.passed).length;
  throw new GateFailed(`${failed} of ${document.gates.length} gates failed`);
}
