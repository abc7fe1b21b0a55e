import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { reportOptionTable } from '../report/options.ts';
import { addOptions } from './add-options.ts';
import type { Terminal } from './terminal.ts';
import type { Flags } from './report.ts';

const examples = `
Examples:
  voxpop report survey.labelled.csv -o report.html
  voxpop report survey.labelled.csv -o report.html --by channel --by country --date submitted_at
  voxpop report survey.labelled.csv -o report.html --compare last-quarter.csv
  voxpop report survey.labelled.csv --format json | jq '.fix[0]'

Exit codes: 0 done, 1 failed while running, 2 usage or input wrong, ${interruptedCodes} interrupted.`;

export function reportCommand(terminal: Terminal): Command {
  const command = new Command('report')
    .description('Show a scored file as one HTML page that needs no scripts and no network.')
    .argument('<scored>', 'output of `voxpop score`; - is stdin')
    .addHelpText('after', examples);
  addOptions(command, reportOptionTable);
  return command.action(async (input: string, flags: Flags) => {
    const { runReport } = await import('./report.ts');
    await runReport({ ...flags, input }, terminal);
  });
}
