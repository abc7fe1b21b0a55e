import { UsageError } from '../errors.ts';
import {
  collectPairs,
  expectInteger,
  expectNumber,
  type OptionSpec,
  type ScoringOptions,
  scoringOptionTable,
  sharedOptions,
  toNumber,
} from '../options.ts';
import type { LabelMap } from '../pipeline/label-map.ts';

/** Options that a caller of `evaluate` may set; the defaults are in `evaluateDefaults`. */
export interface EvaluateOptions extends ScoringOptions {
  /** Labelled files; `-` is stdin. */
  inputs: string[];
  /** Column with the gold labels, by task. */
  gold?: Record<string, string> | undefined;
  /** New names of labels, or a JSON file with them; for gold labels and predictions. */
  labelMap?: LabelMap | string | undefined;
  /** Score sentences, and measure what is said about what against gold pairs. */
  sentences?: boolean | undefined;
  /** Columns to measure by, besides language. */
  by?: string[] | undefined;
  /** Path of a baseline, written by `save`, to compare with. */
  baseline?: string | undefined;
  /** Largest drop against the baseline in points, by `task`, `task.metric` or `*`. */
  maxDrop?: Record<string, number> | undefined;
  /** Least value of a figure, by `task.metric` or `task.label.metric`. */
  min?: Record<string, number> | undefined;
  /** Whether a drop passes that lies inside the 95 % interval. */
  significant?: boolean | undefined;
  minSliceRows?: number | undefined;
  /** Path of a CSV file for the rows that were right in the baseline and are wrong now. */
  flips?: string | undefined;
  /** Column that names each row in that file; the first one that is named like an id when absent. */
  key?: string | undefined;
  /** Path of a baseline to write, unless a gate fails. */
  save?: string | undefined;
  resamples?: number | undefined;
  seed?: number | undefined;
}

export const evaluateDefaults = {
  resamples: 1000,
  seed: sharedOptions.seed.default,
  minSliceRows: 20,
} as const;

interface EvaluateFlags {
  json?: boolean;
  md?: boolean;
  junit?: string;
  github?: boolean;
}

type EvaluateFlagName = Exclude<keyof EvaluateOptions, 'inputs' | 'stdin' | 'signal'> | keyof EvaluateFlags;

/** The flags of `voxpop evaluate`. */
export const evaluateOptionTable: {
  [Name in EvaluateFlagName | 'quiet' | 'progress']-?: OptionSpec;
} = {
  gold: sharedOptions.gold,
  labelMap: sharedOptions.labelMap,
  sentences: {
    flags: '--sentences',
    description:
      'score sentences too, and measure what is said about what: gold pairs are like `service_staff=positive;location=negative`',
  },
  by: sharedOptions.by,
  baseline: { flags: '--baseline <file>', description: 'compare with an evaluation written by --save' },
  maxDrop: {
    flags: '--max-drop <points>',
    description:
      'fail when macro-F1 drops by more points than this against the baseline, in a task or in a slice of --by; ' +
      'for one task or figure: sentiment=0.5, topic.micro_f1=1; repeatable',
    parse: (text, previous) =>
      text.includes('=')
        ? collectPairs('max-drop', 'sentiment=0.5', toNumber)(text, previous)
        : { ...(previous as object), '*': toNumber(text) },
  },
  min: {
    flags: '--min <figure=value>',
    description: 'fail below this, e.g. sentiment.macro_f1=0.8 or topic.location.recall=0.5; repeatable',
    parse: collectPairs('min', 'sentiment.macro_f1=0.8', toNumber),
  },
  significant: {
    flags: '--significant',
    description: 'let a drop pass that lies inside the 95 % interval',
  },
  minSliceRows: {
    flags: '--min-slice-rows <rows>',
    description: 'hold slices of fewer rows to nothing',
    default: evaluateDefaults.minSliceRows,
    parse: toNumber,
  },
  flips: {
    flags: '--flips <file>',
    description: 'write the rows that were right in the baseline and are wrong now (CSV)',
  },
  key: {
    flags: '--key <column>',
    description:
      'column that names each row in the file of --flips (default: the first one named like an id)',
  },
  save: { flags: '--save <file>', description: 'write a baseline, unless a gate fails' },
  resamples: {
    flags: '--resamples <count>',
    description: 'bootstrap resamples for the 95 % intervals; 0 for none',
    default: evaluateDefaults.resamples,
    parse: toNumber,
  },
  seed: sharedOptions.seed,
  json: { flags: '--json', description: 'print the evaluation as JSON' },
  md: { flags: '--md', description: 'print the evaluation as Markdown, for a pull request' },
  junit: { flags: '--junit <file>', description: 'write the gates as JUnit XML' },
  github: { flags: '--github', description: 'print failed gates as GitHub annotations, on stderr' },
  ...scoringOptionTable,
};

export type ResolvedEvaluateOptions = EvaluateOptions &
  Required<{
    [Name in 'gold' | 'by' | 'maxDrop' | 'min' | 'significant' | keyof typeof evaluateDefaults]: NonNullable<
      EvaluateOptions[Name]
    >;
  }>;

/**
 * Checks options and fills in defaults.
 * @throws UsageError naming the option, what was expected and what was given
 */
export function resolveEvaluateOptions(options: EvaluateOptions): ResolvedEvaluateOptions {
  const resolved = {
    ...options,
    gold: options.gold ?? {},
    by: options.by ?? [],
    maxDrop: options.maxDrop ?? {},
    min: options.min ?? {},
    significant: options.significant ?? false,
    minSliceRows: options.minSliceRows ?? evaluateDefaults.minSliceRows,
    resamples: options.resamples ?? evaluateDefaults.resamples,
    seed: options.seed ?? evaluateDefaults.seed,
  };
  expectInteger('resamples', resolved.resamples, 0, 100_000);
  expectInteger('seed', resolved.seed);
  expectInteger('min-slice-rows', resolved.minSliceRows, 0);
  for (const [path, points] of Object.entries(resolved.maxDrop)) {
    expectNumber(`max-drop ${path === '*' ? '' : path}`.trim(), points, 0, 100);
  }
  for (const [path, value] of Object.entries(resolved.min)) {
    expectNumber(`min ${path}`, value, 0, path.endsWith('.support') ? undefined : 1);
  }
  const needsBaseline = [
    Object.keys(resolved.maxDrop).length > 0 ? '--max-drop' : undefined,
    resolved.flips === undefined ? undefined : '--flips',
    resolved.significant ? '--significant' : undefined,
  ].find((name) => name !== undefined);
  if (needsBaseline !== undefined && resolved.baseline === undefined) {
    throw new UsageError('OPTION_INVALID', `Expected --baseline beside ${needsBaseline}, got none`, {
      hint: 'Make a baseline with `voxpop evaluate <gold> --save baseline.json`.',
    });
  }
  if (options.key !== undefined && options.flips === undefined) {
    throw new UsageError('OPTION_INVALID', 'Expected --flips beside --key, got none', {
      hint: 'The key names rows in that file: `--flips flips.csv`.',
    });
  }
  return resolved;
}
