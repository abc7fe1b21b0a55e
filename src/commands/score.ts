import { Command, Option } from 'commander';
import type { Terminal } from './terminal.ts';
import { type OptionSpec, type ScoreOptions, scoreOptionTable } from '../options.ts';
import { planScore, score, type ScorePlan, type ScoreSummary } from '../score.ts';
import { describePlan } from './dry-run.ts';
import { createProgressBar } from './progress-bar.ts';

const examples = `
Examples:
  voxpop score survey.csv -o survey.labelled.csv
  voxpop score survey.csv --dry-run
  voxpop score reviews.jsonl.gz --text review.body --tasks sentiment,topic -o out.jsonl.gz
  voxpop score 2026-*.csv --text comment -o year.csv
  cat survey.tsv | voxpop score - --from tsv --scores none | head

Exit codes: 0 done, 1 failed while running, 2 usage, input or bundle wrong, 130/143 interrupted.`;

type Flags = Omit<ScoreOptions, 'output'> & {
  output?: string;
  dryRun?: boolean;
  quiet?: boolean;
  progress: boolean;
};

export function scoreCommand(terminal: Terminal): Command {
  const command = new Command('score')
    .description('Label every row of CSV, TSV or JSONL files and write the rows back out.')
    .argument('<input...>', 'files to read as one stream; - is stdin; gzip is recognised')
    .addHelpText('after', examples);
  for (const spec of Object.values(scoreOptionTable)) command.addOption(toOption(spec));
  return command.action((inputs: string[], flags: Flags) => runScore(inputs, flags, terminal));
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices) option.choices(spec.choices);
  if (spec.parse) option.argParser(spec.parse);
  if (spec.default !== undefined && spec.default !== '') option.default(spec.default);
  return option;
}

async function runScore(inputs: string[], flags: Flags, terminal: Terminal): Promise<void> {
  const output = flags.output === undefined || flags.output === '-' ? terminal.stdout : flags.output;
  const options = { ...flags, inputs, output, stdin: terminal.stdin, signal: terminal.signal };
  const say = (line: string): void => {
    if (!flags.quiet) terminal.stderr.write(`${line}\n`);
  };
  if (flags.dryRun) {
    const plan = await planScore(options);
    try {
      terminal.stderr.write(await describePlan(plan));
    } finally {
      await plan.records.close();
    }
    return;
  }
  const bar = createProgressBar(terminal, !flags.quiet && flags.progress);
  try {
    const summary = await score(options, {
      onPlan: (plan) => announce(plan, say),
      onProgress: (progress) => bar.update(progress),
    });
    bar.stop();
    say(summarise(summary, flags.output));
  } finally {
    bar.stop();
  }
}

function announce(plan: ScorePlan, say: (line: string) => void): void {
  if (plan.textColumnsGuessed) {
    say(
      `Scoring the column ${plan.textColumns.map((name) => JSON.stringify(name)).join(', ')} (use --text to choose)`,
    );
  }
  if (!plan.bundle.batchInvariant && !plan.options.deterministic) {
    say(
      `The bundle ${plan.bundle.name} is not batch invariant: scores may differ slightly with the neighbours of a row ` +
        '(--deterministic scores row by row)',
    );
  }
}

function summarise(summary: ScoreSummary, output: string | undefined): string {
  const seconds = summary.elapsedMs / 1000;
  return [
    `${count(summary.rows)} rows in ${seconds.toFixed(1)} s`,
    `${count(summary.empty)} empty`,
    `${count(summary.truncated)} truncated`,
    `${count(summary.duplicates)} duplicates collapsed`,
    `${count(summary.rows / seconds)} rows/s`,
    `${count(summary.tokens / seconds)} tokens/s`,
    ...(output === undefined || output === '-' ? [] : [`wrote ${output}`]),
  ].join(' | ');
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
