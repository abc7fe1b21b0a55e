import { Command } from 'commander';
import { interruptedCodes } from '../errors.ts';
import { count, counted } from '../text/numbers.ts';
import { merge, type MergeSummary } from '../merge.ts';
import { mergeOptionTable } from '../merge-options.ts';
import { addOptions } from './add-options.ts';
import { requireStdout } from './closed-stdout.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';

const examples = `
Examples:
  voxpop merge feedback.labelled.*-of-16.csv -o feedback.labelled.csv
  voxpop merge out/*-of-4.jsonl.gz -o all.jsonl.gz --rejects rejects.jsonl

Exit codes: 0 done, 1 shards missing, changed, or not of one run, 2 usage wrong, ${interruptedCodes} interrupted.`;

interface Flags {
  output?: string;
  rejects?: string;
  manifest?: string;
  force?: boolean;
  quiet?: boolean;
}

export function mergeCommand(terminal: Terminal): Command {
  const command = new Command('merge')
    .description('Check the outputs of all shards of a run, and join them into the output of the whole run.')
    .argument('<shard...>', 'outputs of `voxpop score --shard`, in any order')
    .addHelpText('after', examples);
  addOptions(command, mergeOptionTable);
  return command.action((shards: string[], flags: Flags) => runMerge(shards, flags, terminal));
}

async function runMerge(shards: string[], flags: Flags, terminal: Terminal): Promise<void> {
  const toStdout = flags.output === undefined || flags.output === '-';
  if (toStdout) requireStdout(terminal);
  const output = toStdout ? terminal.stdout : (flags.output as string);
  const summary = await merge({ ...flags, shards, output, signal: terminal.signal });
  if (flags.quiet) return;
  say(terminal, ...summary.notices, summarise(summary, toStdout ? undefined : flags.output));
}

function summarise({ shards, rows, rejected, rejects }: MergeSummary, output: string | undefined): string {
  return [
    counted(shards, 'shard'),
    counted(rows, 'row'),
    ...(rejects === undefined ? [] : [`${count(rejected)} rejected (${rejects})`]),
    ...(output === undefined ? [] : [`wrote ${output}`]),
  ].join(' | ');
}
