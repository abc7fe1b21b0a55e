import { Command } from 'commander';
import { type OptionSpec, scoringOptionTable } from '../options.ts';
import { addOptions } from './add-options.ts';
import type { Flags } from './explain.ts';
import type { Terminal } from './terminal.ts';

const examples = `
Examples:
  voxpop explain "Great staff, but the room was filthy."
  voxpop explain "Das Zimmer war schmutzig." --tasks sentiment,topic --json
  tail -n 1 comments.txt | voxpop explain

Exit codes: 0 done, 1 failed while running, 2 usage or bundle wrong.`;

const { model, tasks, threshold, keepNonAnswers } = scoringOptionTable;
const optionTable = {
  model,
  tasks,
  threshold,
  keepNonAnswers,
  json: { flags: '--json', description: 'print labels, words, places and weights as JSON' },
} as const satisfies Record<string, OptionSpec>;

export function explainCommand(terminal: Terminal): Command {
  const command = new Command('explain')
    .description('Label one text, and mark the words that carried each label.')
    .argument('[text]', 'the text itself; - or none at all is stdin')
    .addHelpText('after', examples);
  addOptions(command, optionTable);
  return command.action(async (given: string | undefined, flags: Flags) => {
    const { runExplain } = await import('./explain.ts');
    await runExplain(given, flags, terminal);
  });
}
