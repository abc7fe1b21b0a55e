import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { reviewOptionTable } from '../review/options.ts';
import { addOptions } from './add-options.ts';
import type { Terminal } from './terminal.ts';
import type { Flags } from './review.ts';

const examples = `
Examples:
  voxpop review survey.labelled.csv --task department -o review.html
  voxpop review survey.labelled.csv --task topic -m models/acme --rows 200 -o review.html
  voxpop teach labelled.csv --with department.corrected.csv --task department=Department -o models/acme --force

Exit codes: 0 done, 1 failed while running, 2 usage or input wrong, ${interruptedCodes} interrupted.`;

export function reviewCommand(terminal: Terminal): Command {
  const command = new Command('review')
    .description('Show the rows of a scored file that are worth a look, in a page to correct them in.')
    .argument('<scored>', 'output of `voxpop score`; - is stdin')
    .addHelpText('after', examples);
  addOptions(command, reviewOptionTable);
  return command.action(async (input: string, flags: Flags) => {
    const { runReview } = await import('./review.ts');
    await runReview({ ...flags, input }, terminal);
  });
}
