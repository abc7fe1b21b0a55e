import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { mergeOptionTable } from '../merge-options.ts';
import { addOptions } from './add-options.ts';
import type { Terminal } from './terminal.ts';
import type { Flags } from './merge.ts';

const examples = `
Examples:
  voxpop merge feedback.labelled.*-of-16.csv -o feedback.labelled.csv
  voxpop merge out/*-of-4.jsonl.gz -o all.jsonl.gz --rejects rejects.jsonl

Exit codes: 0 done, 1 shards missing, changed, or not of one run, 2 usage wrong, ${interruptedCodes} interrupted.`;

export function mergeCommand(terminal: Terminal): Command {
  const command = new Command('merge')
    .description('Check the outputs of all shards of a run, and join them into the output of the whole run.')
    .argument('<shard...>', 'outputs of `voxpop score --shard`, in any order')
    .addHelpText('after', examples);
  addOptions(command, mergeOptionTable);
  return command.action(async (shards: string[], flags: Flags) => {
    const { runMerge } = await import('./merge.ts');
    await runMerge(shards, flags, terminal);
  });
}
