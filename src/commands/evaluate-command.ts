import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { evaluateOptionTable } from '../evaluate/options.ts';
import { addOptions } from './add-options.ts';
import type { Terminal } from './terminal.ts';
import type { Flags } from './evaluate.ts';

const examples = `
Examples:
  voxpop evaluate labelled.csv
  voxpop evaluate labelled.csv --gold sentiment=label --by channel
  voxpop evaluate labelled.csv --save baseline.json
  voxpop evaluate labelled.csv --baseline baseline.json --max-drop 0.5 --flips flips.csv
  voxpop evaluate labelled.csv --min sentiment.macro_f1=0.8 --junit gates.xml --json

Exit codes: 0 done, 1 failed while running, 2 usage, input or bundle wrong, 4 a gate failed, ${interruptedCodes} interrupted.`;

export function evaluateCommand(terminal: Terminal): Command {
  const command = new Command('evaluate')
    .description('Score labelled files and measure quality per task, language and column; gate a change.')
    .argument('<gold...>', 'files with texts and gold labels; - is stdin')
    .addHelpText('after', examples);
  addOptions(command, evaluateOptionTable);
  return command.action(async (inputs: string[], flags: Flags) => {
    const { runEvaluate } = await import('./evaluate.ts');
    await runEvaluate(inputs, flags, terminal);
  });
}
