import { Command } from 'commander';
import { GateFailed, UsageError, interruptedCodes } from '../errors.ts';
import { compare } from '../compare/compare.ts';
import { type CompareOptions, compareOptionTable } from '../compare/options.ts';
import { comparisonText } from '../compare/comparison-text.ts';
import { markdownForm, plainForm } from '../text/document-form.ts';
import { printableJson, printableLines } from '../text/printable.ts';
import { addOptions } from './add-options.ts';
import { printResult, refuseTwoForms } from './print-result.ts';
import { createProgressBar } from './progress-bar.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';

const examples = `
Examples:
  voxpop compare before.labelled.csv after.labelled.csv
  voxpop compare june.labelled.csv july.labelled.csv --drift --max-psi 0.25
  voxpop compare june.labelled.csv.manifest.json july.labelled.csv.manifest.json
  voxpop compare --bundles voxpop-mini ./candidate --on labelled.csv --price-per-hour 0.19

Exit codes: 0 done, 1 failed while running, 2 usage, input or bundle wrong, 4 a gate failed, ${interruptedCodes} interrupted.`;

type Flags = CompareOptions & {
  details?: boolean;
  json?: boolean;
  md?: boolean;
  quiet?: boolean;
  progress: boolean;
};

export function compareCommand(terminal: Terminal): Command {
  const command = new Command('compare')
    .description('Compare two scored files, two manifests of runs, or two bundles on one file.')
    .argument('[a]', 'scored file, or manifest of a run')
    .argument('[b]', 'the same, later')
    .addHelpText('after', examples);
  addOptions(command, compareOptionTable);
  return command.action((a: string | undefined, b: string | undefined, flags: Flags) =>
    runCompare({ ...flags, a, b }, terminal),
  );
}

async function runCompare(flags: Flags, terminal: Terminal): Promise<void> {
  refuseTwoForms(flags);
  if (flags.details === true && flags.bundles === undefined && flags.a !== undefined) {
    throw new UsageError('OPTION_UNUSED', 'Expected --bundles and --on along with --details, got two files', {
      hint: 'Leave --details out: of two files everything is shown.',
    });
  }
  const bar = createProgressBar(terminal, !flags.quiet && flags.progress);
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
