import { Command } from 'commander';
import { GateFailed, interruptedCodes } from '../errors.ts';
import { githubAnnotations, junitXml } from '../evaluate/ci-formats.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { evaluationText } from '../evaluate/evaluation-text.ts';
import { evaluateDefaults, type EvaluateOptions, evaluateOptionTable } from '../evaluate/options.ts';
import { checkEvaluationOutputs } from '../evaluate/outputs.ts';
import { markdownForm, plainForm } from '../text/document-form.ts';
import { printableJson, printableLines } from '../text/printable.ts';
import { addOptions } from './add-options.ts';
import { printResult, refuseTwoForms } from './print-result.ts';
import { createProgressBar } from './progress-bar.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

const examples = `
Examples:
  voxpop evaluate labelled.csv
  voxpop evaluate labelled.csv --gold sentiment=label --by channel
  voxpop evaluate labelled.csv --save baseline.json
  voxpop evaluate labelled.csv --baseline baseline.json --max-drop 0.5 --flips flips.csv
  voxpop evaluate labelled.csv --min sentiment.macro_f1=0.8 --junit gates.xml --json

Exit codes: 0 done, 1 failed while running, 2 usage, input or bundle wrong, 4 a gate failed, ${interruptedCodes} interrupted.`;

type Flags = EvaluateOptions & {
  json?: boolean;
  md?: boolean;
  junit?: string;
  github?: boolean;
  quiet?: boolean;
  progress: boolean;
};

export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command('evaluate')
    .description('Score labelled files and measure quality per task, language and column; gate a change.')
    .argument('<gold...>', 'files with texts and gold labels; - is stdin')
    .addHelpText('after', examples);
  addOptions(command, evaluateOptionTable);
  return command.action((inputs: string[], flags: Flags) => runEvaluate(inputs, flags, terminal));
}

async function runEvaluate(inputs: string[], flags: Flags, terminal: Terminal): Promise<void> {
  refuseTwoForms(flags);
  await checkEvaluationOutputs(flags, { ...flags, inputs });
  const bar = createProgressBar(terminal, !flags.quiet && flags.progress);
  try {
    const { document, notices, passed } = await evaluate(
      { ...flags, inputs, stdin: terminal.stdin, signal: terminal.signal },
      { onPlan: () => bar.begin(), onProgress: (progress) => bar.update(progress) },
    );
    bar.stop();
    if (!flags.quiet) say(terminal, ...notices);
    if (flags.junit !== undefined) await writeResult(junitXml(document), flags.junit, terminal);
    const json = flags.json === true;
    const form = flags.md === true ? markdownForm : plainForm;
    const { minSliceRows = evaluateDefaults.minSliceRows } = flags;
    const text = json
      ? `${printableJson(document, 2)}\n`
      : printableLines(evaluationText(document, minSliceRows, form));
    await printResult(text, terminal);
    if (flags.github === true) terminal.stderr.write(githubAnnotations(document));
    if (passed) return;
    const failed = document.gates.filter((gate) => !gate.passed).length;
    throw new GateFailed(`${failed} of ${document.gates.length} quality gates failed`);
  } finally {
    bar.stop();
  }
}
