import { UsageError } from '../errors.ts';
import {
  expectChoice,
  expectInteger,
  type OptionSpec,
  type ScoringOptions,
  scoringOptionTable,
  sharedOptions,
  toNumber,
} from '../options.ts';

const kinds = ['single', 'multi'] as const;

/** What a caller of `review` may set. */
export interface ReviewOptions extends Pick<
  ScoringOptions,
  'text' | 'from' | 'delimiter' | 'encoding' | 'stdin' | 'signal'
> {
  /** Output of `score`; `-` is stdin. */
  input: string;
  /** The task to review; the only one besides the language when absent. */
  task?: string | undefined;
  /** Whether a text may have several labels; told from the labels when absent. */
  kind?: (typeof kinds)[number] | undefined;
  /** Bundle whose labels are offered, besides those that the file has. */
  model?: string | undefined;
  rows?: number | undefined;
  prefix?: string | undefined;
  seed?: number | undefined;
}

type ReviewFlagName =
  Exclude<keyof ReviewOptions, 'input' | 'stdin' | 'signal'> | 'output' | 'force' | 'quiet';

export const reviewDefaults = { rows: 100, seed: sharedOptions.seed.default } as const;

/** The flags of `voxpop review`. */
export const reviewOptionTable: { [Name in ReviewFlagName]-?: OptionSpec } = {
  output: { flags: '-o, --output <file>', description: 'write to this file instead of stdout' },
  force: { ...sharedOptions.force, description: 'replace a file that is there already' },
  task: {
    flags: '--task <task>',
    description: 'task to review (default: the only one besides the language)',
  },
  rows: {
    flags: '--rows <count>',
    description: 'rows to show',
    default: reviewDefaults.rows,
    parse: toNumber,
  },
  kind: {
    flags: '--kind <kind>',
    description: 'single: one label per text, multi: any number (default: multi if a text has several)',
    choices: kinds,
  },
  model: {
    flags: '-m, --model <bundle>',
    description: 'bundle that the file was scored with, so that labels which no text got are offered, too',
  },
  text: { ...scoringOptionTable.text, description: 'column that was scored (default: found out)' },
  prefix: {
    flags: sharedOptions.prefix.flags,
    description: 'prefix that the file was scored with (default: found out)',
  },
  seed: sharedOptions.seed,
  from: scoringOptionTable.from,
  delimiter: scoringOptionTable.delimiter,
  encoding: scoringOptionTable.encoding,
  quiet: scoringOptionTable.quiet,
};

export type ResolvedReviewOptions = ReviewOptions & { rows: number; seed: number };

/** @throws UsageError naming the option, what was expected and what was given */
export function resolveReviewOptions(options: ReviewOptions): ResolvedReviewOptions {
  const { rows = reviewDefaults.rows, seed = reviewDefaults.seed } = options;
  expectInteger('rows', rows, 1, 10_000);
  expectInteger('seed', seed);
  expectChoice('kind', options.kind, kinds);
  if ((options.text?.length ?? 0) > 1) {
    throw new UsageError('OPTION_INVALID', 'Expected one text column to review, got several', {
      hint: 'Review the columns one by one: `--text <column>`.',
    });
  }
  return { ...options, rows, seed };
}
