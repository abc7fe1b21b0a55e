import { GateFailed } from '../errors.ts';
import { githubAnnotations, junitXml } from '../evaluate/ci-formats.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { evaluationText } from '../evaluate/evaluation-text.ts';
import { evaluateDefaults, type EvaluateOptions } from '../evaluate/options.ts';
import { checkEvaluationOutputs } from '../evaluate/outputs.ts';
import { markdownForm, plainForm } from '../text/document-form.ts';
import { printableJson, printableLines } from '../text/printable.ts';
import { printResult, refuseTwoForms } from './print-result.ts';
import { createProgressBar } from './progress-bar.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

export type Flags = EvaluateOptions & {
  json?: boolean;
  md?: boolean;
  junit?: string;
  github?: boolean;
  quiet?: boolean;
  progress: boolean;
};

export async function runEvaluate(inputs: string[], flags: Flags, terminal: Terminal): Promise<void> {
  refuseTwoForms(flags);
  await checkEvaluationOutputs(flags, { ...flags, inputs });
  const bar = await createProgressBar(terminal, !flags.quiet && flags.progress);
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
