import type { Writable } from 'node:stream';
import { type OptionSpec, scoringOptionTable, sharedOptions } from './options.ts';

/** Options that a caller of `merge` may set. */
export interface MergeOptions {
  /** Outputs of all slices (`--shard i/n`), in any order, each with its manifest beside it. */
  shards: string[];
  /** A path, written under its final name only when complete; or a stream, which is never ended. */
  output: string | Writable;
  rejects?: string | undefined;
  manifest?: string | undefined;
  force?: boolean | undefined;
  /** Ends the work; nothing appears under the output's name. */
  signal?: AbortSignal | undefined;
}

/** The flags of `voxpop merge`. */
export const mergeOptionTable: Record<'output' | 'rejects' | 'manifest' | 'force' | 'quiet', OptionSpec> = {
  output: { flags: '-o, --output <file>', description: 'write to this file instead of stdout' },
  rejects: {
    flags: '--rejects <file>',
    description: 'for the rejects of all shards, if they have any (default: <output>.rejects.jsonl)',
  },
  manifest: sharedOptions.manifest,
  force: { ...sharedOptions.force, description: 'replace an output that is there already' },
  quiet: scoringOptionTable.quiet,
};
