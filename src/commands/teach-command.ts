import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { teachOptionTable } from '../teach/options.ts';
import { addOptions } from './add-options.ts';
import type { Terminal } from './terminal.ts';
import type { Flags } from './teach.ts';

const examples = `
Examples:
  voxpop teach labelled.csv --task department=Department --text comment -o models/acme
  voxpop teach labelled.csv --task topic=Thema --replace topic -o models/acme --suspects suspects.csv
  voxpop teach labelled.csv --with corrected.csv --task department=Department -o models/acme --force
  voxpop score survey.csv -m models/acme -o survey.labelled.csv

Exit codes: 0 done, 1 failed while running, 2 usage, input or bundle wrong, ${interruptedCodes} interrupted.`;

export function teachCommand(terminal: Terminal): Command {
  const command = new Command('teach')
    .description('Make a bundle with tasks and labels of your own, from labelled rows.')
    .argument('<labelled...>', 'files with texts and labels; - is stdin')
    .addHelpText('after', examples);
  addOptions(command, teachOptionTable);
  return command.action(async (inputs: string[], flags: Flags) => {
    const { runTeach } = await import('./teach.ts');
    await runTeach(inputs, flags, terminal);
  });
}
