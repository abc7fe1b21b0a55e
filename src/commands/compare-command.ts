import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { compareOptionTable } from '../compare/options.ts';
import { addOptions } from './add-options.ts';
import type { Terminal } from './terminal.ts';
import type { Flags } from './compare.ts';

const examples = `
Examples:
  voxpop compare before.labelled.csv after.labelled.csv
  voxpop compare june.labelled.csv july.labelled.csv --drift --max-psi 0.25
  voxpop compare june.labelled.csv.manifest.json july.labelled.csv.manifest.json
  voxpop compare --bundles voxpop-mini ./candidate --on labelled.csv --price-per-hour 0.19

Exit codes: 0 done, 1 failed while running, 2 usage, input or bundle wrong, 4 a gate failed, ${interruptedCodes} interrupted.`;

export function compareCommand(terminal: Terminal): Command {
  const command = new Command('compare')
    .description('Compare two scored files, two manifests of runs, or two bundles on one file.')
    .argument('[a]', 'scored file, or manifest of a run')
    .argument('[b]', 'the same, later')
    .addHelpText('after', examples);
  addOptions(command, compareOptionTable);
  return command.action(async (a: string | undefined, b: string | undefined, flags: Flags) => {
    const { runCompare } = await import('./compare.ts');
    await runCompare({ ...flags, a, b }, terminal);
  });
}
