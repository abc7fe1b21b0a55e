import type { Readable } from 'node:stream';
import { defaultBundle } from './bundle/find-bundle.ts';
import { UsageError } from './errors.ts';
import { availableCores } from './pipeline/available-cores.ts';
import { defaultMaxBatchTokens } from './predictor/batch.ts';
import type { WorkerSettings } from './protocol.ts';
import { type InputFormat, inputFormats } from './records/row.ts';

/** One flag of the command line. */
export interface OptionSpec {
  flags: string;
  description: string;
  /** Allowed values. */
  choices?: readonly string[];
  /** Value when absent. */
  default?: string | number;
  /** False for an option that has no influence on the bytes of the output. */
  changesOutput?: false;
  /** Turns the flag's text into its value; given the value so far when the flag is repeated. */
  parse?: (text: string, previous: unknown) => unknown;
}

/**
 * Parses a number. Text that is no number is given back as it was typed, so that the message about it can show it.
 */
export function toNumber(text: string): unknown {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

/** Bytes by unit of a size; a B behind it makes no difference. */
const sizeUnits: Record<string, number> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/**
 * Bytes of a size like `500MB` or `2GiB`.
 * @throws UsageError
 */
export function parseSize(name: string, size: number | string, minimum: number): number {
  const [, figure, unit] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?\s*$/i.exec(String(size)) ?? [];
  const bytes = Math.floor(Number(figure) * (sizeUnits[unit?.toLowerCase() ?? ''] ?? Number.NaN));
  if (bytes >= minimum) return bytes;
  throw new UsageError(
    'OPTION_INVALID',
    `Expected --${name} to be a size of at least ${minimum / 1e6}MB, like 500MB or 2GB, got ${size}`,
  );
}

/** Parses a flag that is repeated into a list. */
export function collect(text: string, previous: unknown): string[] {
  return [...((previous as string[]) ?? []), text];
}

/** Parses a flag that takes a comma-separated list, and may be repeated. */
export function splitList(text: string, previous: unknown): string[] {
  return [...((previous as string[]) ?? []), ...text.split(',').map((part) => part.trim())];
}

/**
 * Splits `name=value` at its first `=`.
 * @throws UsageError
 */
export function splitPair(option: string, text: string, example: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0 && text.slice(at + 1).trim() !== '') return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError('OPTION_INVALID', `Expected --${option} to be like ${example}, got ${text}`);
}

/** Parser of a flag like `sentiment=label` that is repeated, into an object. */
export function collectPairs<Value>(
  option: string,
  example: string,
  toValue: (text: string) => Value,
): (text: string, previous: unknown) => Record<string, Value> {
  return (text, previous) => {
    const [name, value] = splitPair(option, text, example);
    return { ...(previous as Record<string, Value>), [name]: toValue(value) };
  };
}

/**
 * Checks an option that is a number.
 * @throws UsageError
 */
export function expectNumber(
  name: string,
  value: number | undefined,
  minimum = Number.MIN_SAFE_INTEGER,
  maximum = Number.MAX_SAFE_INTEGER,
): void {
  expectInRange('a number', name, value, minimum, maximum);
}

/**
 * Checks an option that is a whole number.
 * @throws UsageError
 */
export function expectInteger(
  name: string,
  value: number | undefined,
  minimum = Number.MIN_SAFE_INTEGER,
  maximum = Number.MAX_SAFE_INTEGER,
): void {
  const whole = value === undefined || Number.isInteger(value) ? value : Number.NaN;
  expectInRange('an integer', name, whole, minimum, maximum, value);
}

function expectInRange(
  kind: string,
  name: string,
  value: number | undefined,
  minimum: number,
  maximum: number,
  given = value,
): void {
  if (value === undefined || (typeof value === 'number' && value >= minimum && value <= maximum)) return;
  const isOpen = maximum === Number.MAX_SAFE_INTEGER;
  const least = minimum === Number.MIN_SAFE_INTEGER ? '' : ` of at least ${minimum}`;
  const range = isOpen ? least : ` from ${minimum} to ${maximum}`;
  throw new UsageError('OPTION_INVALID', `Expected --${name} to be ${kind}${range}, got ${given}`);
}

/**
 * Checks an option that is one of a few words.
 * @throws UsageError
 */
export function expectChoice<Choice extends string>(
  name: string,
  value: Choice | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (value === undefined || choices.includes(value)) return value;
  throw new UsageError(
    'OPTION_INVALID',
    `Expected --${name} to be one of ${choices.join(', ')}, got ${value}`,
  );
}

/** Options that decide how a file is read, for every verb that reads one. */
export interface ReadingOptions {
  from?: InputFormat | undefined;
  delimiter?: string | undefined;
  quote?: string | undefined;
  escape?: string | undefined;
  skipRows?: number | undefined;
  headerRows?: number | undefined;
  encoding?: string | undefined;
  sheet?: string | undefined;
}

/** The flags of {@link ReadingOptions}. */
export const readingOptionTable = {
  from: {
    flags: '--from <format>',
    description: 'input format; json: an array, or objects over several lines (default: by name and content)',
    choices: inputFormats,
  },
  delimiter: {
    flags: '--delimiter <character>',
    description: 'delimiter of the input (default: detected among , ; tab |)',
  },
  quote: {
    flags: '--quote <character>',
    description: 'character around cells; none: quotes are text, as in TSV of databases (default: ")',
  },
  escape: {
    flags: '--escape <character>',
    description: "character before a quote inside a cell, e.g. '\\' (default: a quote stands twice)",
  },
  skipRows: {
    flags: '--skip-rows <count>',
    description: 'lines before the header to leave out, such as a title',
    parse: toNumber,
  },
  headerRows: {
    flags: '--header-rows <count>',
    description: 'rows of the header, the names included (default: those of survey tools are recognised)',
    parse: toNumber,
  },
  encoding: {
    flags: '--encoding <name>',
    description: 'encoding of the input, e.g. windows-1252 (default: UTF-8, or as its byte order mark says)',
  },
  sheet: {
    flags: '--sheet <name>',
    description: 'sheet of a workbook, by name or number (default: the only one with rows)',
  },
} as const satisfies { [Name in keyof ReadingOptions]-?: OptionSpec };

/** @throws UsageError naming the option, what was expected and what was given */
export function checkReadingOptions(options: ReadingOptions): void {
  expectChoice('from', options.from, inputFormats);
  expectInteger('skip-rows', options.skipRows, 0);
  expectInteger('header-rows', options.headerRows, 1);
}

/** Options that decide how texts are read and scored, for every verb that does both. */
export interface ScoringOptions extends ReadingOptions {
  text?: string[] | undefined;
  /** Score texts that are no answers, such as `n/a`, like any other text. */
  keepNonAnswers?: boolean | undefined;
  tasks?: string[] | undefined;
  threshold?: Record<string, number> | undefined;
  model?: string | undefined;
  workers?: number | undefined;
  batchTokens?: number | undefined;
  deterministic?: boolean | undefined;
  /** Longest time in seconds without a sign of life from a worker; 0: any. */
  timeout?: number | undefined;
  limit?: number | undefined;
  /** File in which predictions are kept, and found again by any run that would predict the same. */
  cache?: string | undefined;
  /** Further caches, which are only read. */
  cacheFrom?: string[] | undefined;
  /** Largest size of the cache, in bytes or like `2GB`. */
  cacheSize?: number | string | undefined;
  /** Read for the input `-`. */
  stdin?: Readable | undefined;
  /** Ends the run when the shards in flight are written; nothing appears under the output's name. */
  signal?: AbortSignal | undefined;
}

/** The flags of {@link ScoringOptions}, and those of every command that scores. */
export const scoringOptionTable = {
  text: {
    flags: '-t, --text <column>',
    description:
      'column to score, by name or number, repeatable; for JSON a dotted path (default: guessed if clear)',
    parse: collect,
  },
  keepNonAnswers: {
    flags: '--keep-non-answers',
    description:
      'score texts that say nothing, such as n/a or -, and what the model finds no feedback, too (default: they get no labels)',
  },
  tasks: {
    flags: '--tasks <names>',
    description: 'tasks to score, comma-separated (default: all of the bundle)',
    parse: splitList,
  },
  threshold: {
    flags: '--threshold <task=value>',
    description:
      "assign a label from this score on, e.g. emotion=0.5; repeatable (default: the bundle's own)",
    parse: collectPairs('threshold', 'emotion=0.5', toNumber),
  },
  model: {
    flags: '-m, --model <bundle>',
    description: 'bundle to score with: a name of `voxpop model list`, or a directory',
    default: defaultBundle,
  },
  ...readingOptionTable,
  limit: { flags: '--limit <rows>', description: 'stop after this many rows', parse: toNumber },
  workers: {
    flags: '-w, --workers <count>',
    description: 'worker threads, each with a model of its own (default: one per core)',
    parse: toNumber,
    changesOutput: false,
  },
  batchTokens: {
    flags: '--batch-tokens <count>',
    description: 'tokens per batch at most; changes speed and memory, never results',
    default: defaultMaxBatchTokens,
    parse: toNumber,
    changesOutput: false,
  },
  deterministic: {
    flags: '--deterministic',
    description: 'score row by row if the bundle is not batch invariant (slow; no effect on those that are)',
  },
  timeout: {
    flags: '--timeout <seconds>',
    description:
      'give up a worker that shows no sign of life for so long, and try its rows elsewhere; 0: never',
    default: 300,
    parse: toNumber,
    changesOutput: false,
  },
  cache: {
    flags: '--cache <file>',
    description: 'keep predictions in this file, and compute only what it does not hold; made if absent',
    changesOutput: false,
  },
  cacheFrom: {
    flags: '--cache-from <file>',
    description: 'look in this cache too, but only read it; repeatable',
    parse: collect,
    changesOutput: false,
  },
  cacheSize: {
    flags: '--cache-size <size>',
    description: 'largest size of the cache; what was not used for longest goes first',
    default: '2GB',
    changesOutput: false,
  },
  quiet: { flags: '-q, --quiet', description: 'print nothing on stderr but errors', changesOutput: false },
  progress: { flags: '--no-progress', description: 'no progress bar on a terminal', changesOutput: false },
} as const satisfies Record<string, OptionSpec>;

/** Further flags that several commands have, each with its own default where there is one. */
export const sharedOptions = {
  labelMap: {
    flags: '--label-map <file>',
    description:
      'new names of labels: JSON by task and label, or CSV with the columns task, label, name; labels with one name are merged',
  },
  prefix: { flags: '--prefix <text>', description: 'put this before the names of new columns', default: '' },
  gold: {
    flags: '--gold <task=column>',
    description: 'column with the gold labels of a task, repeatable (default: gold_<task>, or <task>)',
    parse: collectPairs('gold', 'sentiment=label', String),
  },
  by: {
    flags: '--by <column>',
    description: 'measure by the values of this column too, repeatable (always: by language)',
    parse: collect,
  },
  seed: {
    flags: '--seed <number>',
    description: 'seed of everything drawn at random',
    default: 1,
    parse: toNumber,
  },
  manifest: {
    flags: '--manifest <file>',
    description: 'what was done, as JSON (default: beside the output, <output>.manifest.json)',
    changesOutput: false,
  },
  force: {
    flags: '--force',
    description: 'replace an output that is there already, finished or not',
    changesOutput: false,
  },
} as const satisfies Record<string, OptionSpec>;

/** {@link ScoringOptions} that have a default, with it filled in. */
export interface ResolvedScoringOptions extends ScoringOptions {
  threshold: Record<string, number>;
  model: string;
  workers: number;
  batchTokens: number;
  deterministic: boolean;
  /** Milliseconds; Infinity: no limit. */
  timeoutMs: number;
  limit: number;
  cacheFrom: string[];
  /** In bytes. */
  cacheSize: number;
}

/**
 * Checks what every verb that scores can be told, and fills in the defaults.
 * @throws UsageError naming the option, what was expected and what was given
 */
export function resolveScoringOptions<Options extends ScoringOptions>(
  options: Options,
): Options & ResolvedScoringOptions {
  expectInteger('workers', options.workers, 1, 512);
  expectInteger('batch-tokens', options.batchTokens, 1);
  expectInteger('limit', options.limit, 0);
  expectNumber('timeout', options.timeout, 0);
  checkReadingOptions(options);
  for (const [task, value] of Object.entries(options.threshold ?? {})) {
    expectNumber(`threshold ${task}`, value, 0, 1);
  }
  return {
    ...options,
    threshold: options.threshold ?? {},
    model: options.model ?? scoringOptionTable.model.default,
    workers: options.workers ?? availableCores(),
    batchTokens: options.batchTokens ?? scoringOptionTable.batchTokens.default,
    deterministic: options.deterministic ?? false,
    timeoutMs: timeoutMsOf(options.timeout),
    limit: options.limit ?? Infinity,
    cacheFrom: options.cacheFrom ?? [],
    cacheSize: parseSize('cache-size', options.cacheSize ?? scoringOptionTable.cacheSize.default, 1e6),
  };
}

/**
 * What workers are told of the options.
 * @param readWhole whether texts that are longer than the model reads at once are read part by part
 */
export function workerSettingsOf(
  { path, sha256 }: { path: string; sha256: string },
  options: ResolvedScoringOptions,
  readWhole = false,
): WorkerSettings {
  return {
    bundlePath: path,
    bundleSha256: sha256,
    tasks: options.tasks,
    thresholds: options.threshold,
    maxBatchTokens: options.batchTokens,
    deterministic: options.deterministic,
    keepNonAnswers: options.keepNonAnswers ?? false,
    readWhole,
  };
}

/** How long a worker may be silent, from the option in seconds. */
export function timeoutMsOf(seconds: number = scoringOptionTable.timeout.default): number {
  return seconds === 0 ? Infinity : seconds * 1000;
}
