import { UsageError } from '../errors.ts';
import {
  expectInteger,
  expectNumber,
  type OptionSpec,
  type ScoringOptions,
  type ReadingOptions,
  readingOptionTable,
  scoringOptionTable,
  sharedOptions,
  toNumber,
} from '../options.ts';

/** Options that a caller of `compare` may set: either `a` and `b`, or `bundles` and `on`. */
export interface CompareOptions extends Omit<ScoringOptions, 'threshold'> {
  prefix?: string | undefined;
  /** Scored file, or manifest of a run. */
  a?: string | undefined;
  b?: string | undefined;
  /** Two bundles, scored with side by side. */
  bundles?: string[] | undefined;
  /** File to score with them. */
  on?: string | undefined;
  /** Column with gold labels, by task; with bundles. */
  gold?: Record<string, string> | undefined;
  /** Column that names each row; without it rows are matched by their order. */
  key?: string | undefined;
  /** Compare label mixes only, of files with different rows. */
  drift?: boolean | undefined;
  maxPsi?: number | undefined;
  minAgreement?: number | undefined;
  /** Price of this machine per hour, in any currency. */
  pricePerHour?: number | undefined;
  seed?: number | undefined;
}

interface CompareFlags {
  details?: boolean;
  json?: boolean;
  md?: boolean;
  quiet?: boolean;
  progress?: boolean;
}

type CompareFlagName =
  Exclude<keyof CompareOptions, 'a' | 'b' | 'stdin' | 'signal' | 'model'> | keyof CompareFlags;

const { threshold: _, model: __, ...scoring } = scoringOptionTable;

/** The flags of `voxpop compare`. */
export const compareOptionTable: { [Name in CompareFlagName]-?: OptionSpec } = {
  key: {
    flags: '--key <column>',
    description: 'match rows by this column, in memory (default: by their order)',
  },
  drift: { flags: '--drift', description: 'compare only the label mixes of files with different rows' },
  maxPsi: {
    flags: '--max-psi <value>',
    description: 'fail when the population stability index of a task is higher, e.g. 0.25',
    parse: toNumber,
  },
  minAgreement: {
    flags: '--min-agreement <share>',
    description: 'fail when a smaller share of texts has the same labels, e.g. 0.98',
    parse: toNumber,
  },
  bundles: {
    flags: '--bundles <bundles...>',
    description: 'two bundles to compare on the file of --on, in place of two files',
  },
  on: { flags: '--on <file>', description: 'file to score with both bundles, in turns' },
  gold: {
    ...sharedOptions.gold,
    description: 'with --bundles: column with the gold labels of a task (default: gold_<task>, or <task>)',
  },
  pricePerHour: {
    flags: '--price-per-hour <amount>',
    description: 'with --bundles: price of this machine, for the cost per million rows',
    parse: toNumber,
  },
  prefix: {
    flags: sharedOptions.prefix.flags,
    description: 'prefix that the files were scored with (default: found out)',
  },
  seed: sharedOptions.seed,
  details: {
    flags: '--details',
    description: 'with --bundles: print the figures behind the verdict, by task, label and language',
  },
  json: { flags: '--json', description: 'print the comparison as JSON' },
  md: { flags: '--md', description: 'print the comparison as Markdown, for a pull request' },
  ...scoring,
  limit: withBundles(scoring.limit),
  workers: withBundles(scoring.workers),
  timeout: withBundles(scoring.timeout),
  batchTokens: withBundles(scoring.batchTokens),
  deterministic: withBundles(scoring.deterministic),
};

function withBundles(spec: OptionSpec): OptionSpec {
  return { ...spec, description: `with --bundles: ${spec.description}` };
}

/** The two files or bundles that are to be compared. */
export type CompareMode = { a: string; b: string } | { bundles: [string, string]; on: string };

/**
 * Checks options and tells what is to be compared.
 * @throws UsageError naming the option, what was expected and what was given
 */
export function resolveCompareOptions(options: CompareOptions): CompareMode {
  expectNumber('max-psi', options.maxPsi, 0);
  expectNumber('min-agreement', options.minAgreement, 0, 1);
  expectNumber('price-per-hour', options.pricePerHour, 0);
  expectInteger('seed', options.seed);
  const { a, b, bundles, on } = options;
  if (bundles !== undefined || on !== undefined) {
    const [first, second, ...more] = bundles ?? [];
    if (first === undefined || second === undefined || more.length > 0 || on === undefined) {
      const got = `${bundles?.length ?? 0} bundles and ${on === undefined ? 'no file' : 'a file'}`;
      throw new UsageError(
        'COMPARE_BUNDLES',
        `Expected --bundles with two bundles and --on with a file, got ${got}`,
        {
          hint: 'For example: `voxpop compare --bundles voxpop-mini ./my-bundle --on labelled.csv`.',
        },
      );
    }
    if (a !== undefined)
      throw new UsageError('COMPARE_MIXED', `Expected no files beside --bundles, got ${a}`);
    refuse(options, onlyOfFiles, 'two scored files', 'bundles');
    return { bundles: [first, second], on };
  }
  if (a === undefined || b === undefined) {
    throw new UsageError(
      'COMPARE_FILES',
      `Expected two scored files, got ${a === undefined ? 'none' : 'one'}`,
      {
        hint: 'For example: `voxpop compare before.csv after.csv`; for two bundles use --bundles and --on.',
      },
    );
  }
  refuse(options, onlyOfBundles, '--bundles and --on', 'two files');
  return { a, b };
}

/** Options that have a meaning only where bundles score a file. */
const onlyOfBundles = [
  'gold',
  'pricePerHour',
  'limit',
  'workers',
  'batchTokens',
  'deterministic',
  'keepNonAnswers',
  'timeout',
] as const;
/** Options that have a meaning only where files are compared that were scored before. */
const onlyOfFiles = ['key', 'drift', 'prefix'] as const;
/** Options about how a file is read, which manifests are not. */
const notOfManifests = [
  'key',
  'prefix',
  'text',
  ...(Object.keys(readingOptionTable) as (keyof ReadingOptions)[]),
] as const;

/**
 * Refuses options about how a file is read, which manifests are not.
 * @throws UsageError for an option that has no meaning where manifests are compared
 */
export function refuseOptionsOfFiles(options: CompareOptions): void {
  refuse(options, notOfManifests, 'two scored files', 'two manifests');
}

function refuse(
  options: CompareOptions,
  names: readonly (keyof CompareOptions & CompareFlagName)[],
  expected: string,
  found: string,
): void {
  const given = names.find((name) => isGiven(options[name], compareOptionTable[name]));
  if (given === undefined) return;
  const flag = compareOptionTable[given].flags.replace(/^-\w, /, '').replace(/ .*/, '');
  throw new UsageError('OPTION_UNUSED', `Expected ${expected} along with ${flag}, got ${found}`, {
    hint: `Leave ${flag} out: it would change nothing here.`,
  });
}

function isGiven(value: unknown, spec: OptionSpec): boolean {
  const isEmpty = typeof value === 'object' && Object.keys(value ?? {}).length === 0;
  return value !== undefined && value !== false && !isEmpty && value !== spec.default;
}
