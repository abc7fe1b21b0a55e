import { TextColumnUnclear } from '../records/text-columns.ts';
import type { ScoreFlags, ScoreOptions } from '../score-options.ts';
import { score } from '../score.ts';
import { planScore } from '../score-plan.ts';
import { requireStdout } from './closed-stdout.ts';
import { createReporter } from './reporter.ts';
import { say } from './say.ts';
import { resolveSliceFlags } from './slice-flags.ts';
import type { Terminal } from './terminal.ts';

/** Shows what a run would do, or what there is to choose from where that is not clear. */
async function dryRun(options: ScoreOptions, terminal: Terminal): Promise<void> {
  const { describeColumns, describePlan } = await import('./dry-run.ts');
  const plan = await planScore(options).catch((error: unknown) => {
    if (error instanceof TextColumnUnclear) say(terminal, ...describeColumns(error.profiles));
    throw error;
  });
  try {
    say(terminal, ...(await describePlan(plan)));
  } finally {
    await plan.records.close();
  }
}

export async function runScore(inputs: string[], flags: ScoreFlags, terminal: Terminal): Promise<void> {
  flags = resolveSliceFlags(inputs, flags, terminal.env);
  const toStdout = flags.output === undefined || flags.output === '-';
  if (toStdout && !flags.dryRun) requireStdout(terminal);
  const output = toStdout ? terminal.stdout : (flags.output as string);
  const options = { ...flags, inputs, output, stdin: terminal.stdin, signal: terminal.signal };
  if (flags.dryRun) {
    return dryRun(options, terminal);
  }
  if (flags.supervise !== undefined) {
    const { supervise } = await import('./supervise.ts');
    return supervise(flags.supervise, { isStream: toStdout || inputs.includes('-') }, terminal);
  }
  const reporter = await createReporter(flags, terminal);
  try {
    const summary = await score(options, reporter);
    reporter.onEnd(summary, toStdout ? undefined : flags.output);
  } finally {
    reporter.close();
  }
}
