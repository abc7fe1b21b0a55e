import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { type ScoreFlags, scoreOptionTable } from '../score-options.ts';
import { addOptions } from './add-options.ts';
import type { Terminal } from './terminal.ts';

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
  return command.action(async (inputs: string[], flags: ScoreFlags) => {
    const { runScore } = await import('./score.ts');
    await runScore(inputs, flags, terminal);
  });
}
