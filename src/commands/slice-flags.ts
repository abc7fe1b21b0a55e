import { basename, extname } from 'node:path';
import type { ScoreFlags } from '../score-options.ts';
import { sliceFromEnvironment } from './slice-from-environment.ts';

/** Stands for `3-of-16` in names of files, so that one command line serves all jobs of an array. */
const placeholder = '{shard}';

/** Finds out which slice `--shard auto` is, and gives its files names of their own. */
export function resolveSliceFlags(
  inputs: readonly string[],
  flags: ScoreFlags,
  env: Readonly<Record<string, string | undefined>>,
): ScoreFlags {
  if (flags.shard === undefined) return flags;
  const shard = flags.shard === 'auto' ? sliceFromEnvironment(env) : flags.shard;
  // What is no slice is refused before any file is touched.
  const name = shard.trim().replace('/', '-of-');
  const named = { ...flags, shard, output: flags.output ?? defaultOutput(inputs, flags) };
  for (const key of ['output', 'rejects', 'manifest'] as const) {
    const path = named[key];
    if (path !== undefined) named[key] = path.replaceAll(placeholder, name);
  }
  return named;
}

/** Names the output of a slice after the first input, in the working folder: `feedback.labelled.3-of-16.csv.gz`. */
function defaultOutput([input = '']: readonly string[], { to }: ScoreFlags): string {
  const gzip = /\.gz$/i.exec(input)?.[0] ?? '';
  const plain = basename(input.slice(0, input.length - gzip.length));
  const extension = extname(plain);
  const stem = plain.slice(0, plain.length - extension.length);
  return `${stem}.labelled.${placeholder}${to === undefined ? extension : `.${to}`}${gzip}`;
}
