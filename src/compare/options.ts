import { UsageError } from '../errors.ts';
import { type OptionSpec, type ScoreOptions, scoreOptionTable } from '../options.ts';
import { expectNumber, scoringOptionTable, type ScoringOptions, seedOption } from '../evaluate/options.ts';

/** What a caller of `compare` may set. Either `a` and `b`, or `bundles` and `on`. */
export interface CompareOptions extends Omit<ScoringOptions, 'threshold'>, Pick<ScoreOptions, 'prefix'> {
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
  /** Of this machine, in any currency. */
  pricePerHour?: number | undefined;
  seed?: number | undefined;
}

interface CompareFlags {
  json?: boolean;
}

type CompareFlagName =
  Exclude<keyof CompareOptions, 'a' | 'b' | 'stdin' | 'signal' | 'model'> | keyof CompareFlags | 'quiet';

const { threshold: _, model: __, progress: ___, ...scoring } = scoringOptionTable;

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
    parse: Number,
  },
  minAgreement: {
    flags: '--min-agreement <share>',
    description: 'fail when a smaller share of texts has the same labels, e.g. 0.98',
    parse: Number,
  },
  bundles: {
    flags: '--bundles <bundles...>',
    description: 'two bundles to compare on the file of --on, in place of two files',
  },
  on: { flags: '--on <file>', description: 'file to score with both bundles, in turns' },
  gold: {
    flags: '--gold <task=column>',
    description: 'with --bundles: column with the gold labels of a task (default: gold_<task>, or <task>)',
    parse: (value, previous) => ({ ...(previous as object), ...goldPair(value) }),
  },
  pricePerHour: {
    flags: '--price-per-hour <amount>',
    description: 'with --bundles: price of this machine, for the cost per million rows',
    parse: Number,
  },
  prefix: {
    flags: scoreOptionTable.prefix.flags,
    description: 'prefix that the files were scored with (default: found out)',
  },
  seed: seedOption,
  json: { flags: '--json', description: 'print the comparison as JSON' },
  ...scoring,
};

function goldPair(text: string): Record<string, string> {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return { [text.slice(0, at)]: text.slice(at + 1) };
  throw new UsageError('OPTION_INVALID', `Expected --gold to be like sentiment=label, got ${text}`);
}

/** What is to be compared. */
export type CompareMode = { a: string; b: string } | { bundles: [string, string]; on: string };

/** @throws UsageError naming the option, what was expected and what was given */
export function resolveCompareOptions(options: CompareOptions): CompareMode {
  if (options.maxPsi !== undefined) expectNumber('max-psi', options.maxPsi, 0, Number.MAX_SAFE_INTEGER);
  if (options.minAgreement !== undefined) expectNumber('min-agreement', options.minAgreement, 0, 1);
  if (options.pricePerHour !== undefined) {
    expectNumber('price-per-hour', options.pricePerHour, 0, Number.MAX_SAFE_INTEGER);
  }
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
  return { a, b };
}
