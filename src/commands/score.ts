import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { TextColumnUnclear } from '../records/text-columns.ts';
import { type ScoreFlags, type ScoreOptions, scoreOptionTable } from '../score-options.ts';
import { score } from '../score.ts';
import { planScore } from '../score-plan.ts';
import { addOptions } from './add-options.ts';
import { requireStdout } from './closed-stdout.ts';
import { describeColumns, describePlan } from './dry-run.ts';
import { createReporter } from './reporter.ts';
import { say } from './say.ts';
import { resolveSliceFlags } from './slice-flags.ts';
import { supervise } from './supervise.ts';
import { type Terminal } from './terminal.ts';

const examples = `
Examples:
  voxpop score survey.csv -o survey.labelled.csv
  voxpop score survey.csv --dry-run
  voxpop score reviews.jsonl.gz --text review.body --tasks sentiment,topic -o out.jsonl.gz
  voxpop score 2026-*.csv --text comment -o year.csv
  voxpop score dump.csv -o out.csv --resume --rejects bad.jsonl --max-rejects 1%
  voxpop score dump.csv --shard 3/16
  cat survey.tsv | voxpop score - --from tsv --scores none | head
  some-program | voxpop score - --line-buffered --text comment --errors inline

Exit codes: 0 done, 1 failed while running, 2 usage, input or bundle wrong, 3 too many rejects,
${interruptedCodes} interrupted.`;

export function scoreCommand(terminal: Terminal): Command {
  const command = new Command('score')
    .description('Label every row of CSV, TSV, JSONL, xlsx or Parquet files and write the rows back out.')
    .argument('<input...>', 'files to read as one stream; - is stdin; gzip is recognised')
    .addHelpText('after', examples);
  addOptions(command, scoreOptionTable);
  return command.action((inputs: string[], flags: ScoreFlags) => runScore(inputs, flags, terminal));
}

/** Shows what a run would do, or what there is to choose from where that is not clear. */
async function dryRun(options: ScoreOptions, terminal: Terminal): Promise<void> {
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

async function runScore(inputs: string[], flags: ScoreFlags, terminal: Terminal): Promise<void> {
  flags = resolveSliceFlags(inputs, flags, terminal.env);
  const toStdout = flags.output === undefined || flags.output === '-';
  if (toStdout && !flags.dryRun) requireStdout(terminal);
  const output = toStdout ? terminal.stdout : (flags.output as string);
  const options = { ...flags, inputs, output, stdin: terminal.stdin, signal: terminal.signal };
  if (flags.dryRun) {
    return dryRun(options, terminal);
  }
  if (flags.supervise !== undefined) {
    return supervise(flags.supervise, { isStream: toStdout || inputs.includes('-') }, terminal);
  }
  const reporter = createReporter(flags, terminal);
  try {
    const summary = await score(options, reporter);
    reporter.onEnd(summary, toStdout ? undefined : flags.output);
  } finally {
    reporter.close();
  }
}
