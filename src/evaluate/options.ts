import { UsageError } from '../errors.ts';
import { type OptionSpec, type ScoreOptions, scoreOptionTable } from '../options.ts';
import type { LabelMap } from '../pipeline/label-map.ts';

/** What decides how texts are read and scored, as in `score`. */
export type ScoringOptions = Pick<
  ScoreOptions,
  | 'from'
  | 'delimiter'
  | 'encoding'
  | 'text'
  | 'tasks'
  | 'threshold'
  | 'model'
  | 'workers'
  | 'batchTokens'
  | 'deterministic'
  | 'limit'
  | 'stdin'
  | 'signal'
>;

/** What a caller of `evaluate` may set; the defaults are in `evaluateDefaults`. */
export interface EvaluateOptions extends ScoringOptions {
  /** Labelled files; `-` is stdin. */
  inputs: string[];
  /** Column with the gold labels, by task. */
  gold?: Record<string, string> | undefined;
  /** New names of labels, or a JSON file with them; for gold labels and predictions. */
  labelMap?: LabelMap | string | undefined;
  /** Columns to measure by, besides language. */
  by?: string[] | undefined;
  /** File of `--save` to compare with. */
  baseline?: string | undefined;
  /** Largest drop against the baseline in points, by `task`, `task.metric` or `*`. */
  maxDrop?: Record<string, number> | undefined;
  /** Least figure, by `task.metric` or `task.label.metric`. */
  min?: Record<string, number> | undefined;
  /** A drop inside the 95 % interval passes. */
  significant?: boolean | undefined;
  minSliceRows?: number | undefined;
  /** CSV of the rows that were right in the baseline and are wrong now. */
  flips?: string | undefined;
  /** Baseline to write, unless a gate failed. */
  save?: string | undefined;
  resamples?: number | undefined;
  seed?: number | undefined;
}

export const evaluateDefaults = { resamples: 1000, seed: 1, minSliceRows: 20 } as const;

interface EvaluateFlags {
  json?: boolean;
  junit?: string;
  github?: boolean;
}

export const collect = (text: string, previous: unknown): string[] => [
  ...((previous as string[]) ?? []),
  text,
];

/** Flags of everything that reads texts and scores them. */
export const scoringOptionTable = {
  text: scoreOptionTable.text,
  tasks: scoreOptionTable.tasks,
  threshold: scoreOptionTable.threshold,
  model: scoreOptionTable.model,
  from: scoreOptionTable.from,
  delimiter: scoreOptionTable.delimiter,
  encoding: scoreOptionTable.encoding,
  limit: scoreOptionTable.limit,
  workers: scoreOptionTable.workers,
  batchTokens: scoreOptionTable.batchTokens,
  deterministic: scoreOptionTable.deterministic,
  quiet: scoreOptionTable.quiet,
  progress: scoreOptionTable.progress,
};

type EvaluateFlagName = Exclude<keyof EvaluateOptions, 'inputs' | 'stdin' | 'signal'> | keyof EvaluateFlags;

export const seedOption: OptionSpec = {
  flags: '--seed <number>',
  description: 'seed of everything drawn at random',
  default: evaluateDefaults.seed,
  parse: Number,
};

/** The flags of `voxpop evaluate`. */
export const evaluateOptionTable: {
  [Name in EvaluateFlagName | 'quiet' | 'progress']-?: OptionSpec;
} = {
  gold: {
    flags: '--gold <task=column>',
    description: 'column with the gold labels of a task, repeatable (default: gold_<task>, or <task>)',
    parse: (value, previous) => ({ ...(previous as object), ...pair('gold', value, 'sentiment=label') }),
  },
  labelMap: scoreOptionTable.labelMap,
  by: {
    flags: '--by <column>',
    description: 'measure by the values of this column too, repeatable (always: by language)',
    parse: collect,
  },
  baseline: { flags: '--baseline <file>', description: 'compare with an evaluation written by --save' },
  maxDrop: {
    flags: '--max-drop <points>',
    description:
      'fail when macro-F1 drops by more points than this against the baseline, in a task or in a slice of --by; ' +
      'for one task or figure: sentiment=0.5, topic.micro_f1=1; repeatable',
    parse: (value, previous) => ({ ...(previous as object), ...limits('max-drop', value) }),
  },
  min: {
    flags: '--min <figure=value>',
    description: 'fail below this, e.g. sentiment.macro_f1=0.8 or topic.location.recall=0.5; repeatable',
    parse: (value, previous) => ({ ...(previous as object), ...limits('min', value) }),
  },
  significant: {
    flags: '--significant',
    description: 'let a drop pass that lies inside the 95 % interval',
  },
  minSliceRows: {
    flags: '--min-slice-rows <rows>',
    description: 'hold slices of fewer rows to nothing',
    default: evaluateDefaults.minSliceRows,
    parse: Number,
  },
  flips: {
    flags: '--flips <file>',
    description: 'write the rows that were right in the baseline and are wrong now (CSV)',
  },
  save: { flags: '--save <file>', description: 'write a baseline, unless a gate fails' },
  resamples: {
    flags: '--resamples <count>',
    description: 'bootstrap resamples for the 95 % intervals; 0 for none',
    default: evaluateDefaults.resamples,
    parse: Number,
  },
  seed: seedOption,
  json: { flags: '--json', description: 'print the evaluation as JSON' },
  junit: { flags: '--junit <file>', description: 'write the gates as JUnit XML' },
  github: { flags: '--github', description: 'print failed gates as GitHub annotations, on stderr' },
  ...scoringOptionTable,
};

function pair(option: string, text: string, example: string): Record<string, string> {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return { [text.slice(0, at)]: text.slice(at + 1) };
  throw new UsageError('OPTION_INVALID', `Expected --${option} to be like ${example}, got ${text}`);
}

function limits(option: 'max-drop' | 'min', text: string): Record<string, number> {
  const isBare = option === 'max-drop' && !text.includes('=');
  const [[path, value]] = Object.entries(
    isBare ? { '*': text } : pair(option, text, option === 'min' ? 'sentiment.macro_f1=0.8' : '0.5'),
  ) as [[string, string]];
  return { [path]: value.trim() === '' ? Number.NaN : Number(value) };
}

export type ResolvedEvaluateOptions = EvaluateOptions &
  Required<{
    [Name in 'gold' | 'by' | 'maxDrop' | 'min' | 'significant' | keyof typeof evaluateDefaults]: NonNullable<
      EvaluateOptions[Name]
    >;
  }>;

/** @throws UsageError naming the option, what was expected and what was given */
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
  expectNumber('resamples', resolved.resamples, 0, 100_000, true);
  expectNumber('seed', resolved.seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true);
  expectNumber('min-slice-rows', resolved.minSliceRows, 0, Number.MAX_SAFE_INTEGER, true);
  for (const [path, points] of Object.entries(resolved.maxDrop)) {
    expectNumber(`max-drop ${path === '*' ? '' : path}`.trim(), points, 0, 100);
  }
  for (const [path, value] of Object.entries(resolved.min)) {
    expectNumber(`min ${path}`, value, 0, path.endsWith('.support') ? Number.MAX_SAFE_INTEGER : 1);
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
  return resolved;
}

/** @throws UsageError */
export function expectNumber(
  name: string,
  value: number,
  minimum: number,
  maximum: number,
  isInteger = false,
): void {
  const isRight = value >= minimum && value <= maximum && (!isInteger || Number.isInteger(value));
  if (isRight) return;
  const kind = isInteger ? 'an integer' : 'a number';
  const range =
    maximum === Number.MAX_SAFE_INTEGER
      ? minimum === Number.MIN_SAFE_INTEGER
        ? ''
        : ` of at least ${minimum}`
      : ` from ${minimum} to ${maximum}`;
  throw new UsageError('OPTION_INVALID', `Expected --${name} to be ${kind}${range}, got ${value}`);
}
