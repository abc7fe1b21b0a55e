import { count, counted } from '../text/numbers.ts';
import { merge, type MergeSummary } from '../merge.ts';
import { requireStdout } from './closed-stdout.ts';
import { say } from './say.ts';
import type { Terminal } from './terminal.ts';

export interface Flags {
  output?: string;
  rejects?: string;
  manifest?: string;
  force?: boolean;
  quiet?: boolean;
}

export async function runMerge(shards: string[], flags: Flags, terminal: Terminal): Promise<void> {
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
