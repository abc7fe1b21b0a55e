import type { Readable, Writable } from 'node:stream';
import { defaultBundle } from './bundle/find-bundle.ts';
import { UsageError } from './errors.ts';
import { availableCores } from './pipeline/available-cores.ts';
import type { LabelMap } from './pipeline/label-map.ts';
import { allowsRejects, parseRejectLimit, type RejectLimit } from './pipeline/rejects.ts';
import { parseSlice, type Slice } from './pipeline/slice.ts';
import { defaultMaxBatchTokens } from './predictor/predictor.ts';

export const fileFormats = ['csv', 'tsv', 'jsonl'] as const;
export const scoreColumns = ['none', 'top', 'all'] as const;
export type FileFormat = (typeof fileFormats)[number];
export type ScoreColumns = (typeof scoreColumns)[number];

export const invalidTextChoices = ['error', 'replace', 'reject'] as const;
export type InvalidTextChoice = (typeof invalidTextChoices)[number];

export const errorChoices = ['stop', 'inline'] as const;
export type ErrorChoice = (typeof errorChoices)[number];

export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

/** What a caller of `score` may set; the defaults are in `scoreOptionTable`. */
export interface ScoreOptions {
  /** Paths; `-` is stdin. Several are read as one stream. */
  inputs: string[];
  /** A path, written under its final name only when complete; or a stream, which is never ended. */
  output?: string | Writable | undefined;
  from?: FileFormat | undefined;
  to?: FileFormat | undefined;
  delimiter?: string | undefined;
  encoding?: string | undefined;
  invalidUtf8?: InvalidTextChoice | undefined;
  header?: boolean | undefined;
  maxRowBytes?: number | undefined;
  outputDelimiter?: string | undefined;
  bom?: boolean | undefined;
  escapeFormulas?: boolean | undefined;
  text?: string[] | undefined;
  tasks?: string[] | undefined;
  scores?: ScoreColumns | undefined;
  prefix?: string | undefined;
  threshold?: Record<string, number> | undefined;
  flagTruncated?: boolean | undefined;
  /** New names of labels, or a JSON file with them. */
  labelMap?: LabelMap | string | undefined;
  model?: string | undefined;
  workers?: number | undefined;
  batchTokens?: number | undefined;
  deterministic?: boolean | undefined;
  limit?: number | undefined;
  /** Take only a part of the rows, like `3/16`, counted from 0; `merge` joins the outputs. */
  shard?: string | undefined;
  /** Where rows go that cannot be read, scored or written, as JSON lines. */
  rejects?: string | undefined;
  /** How many rows may be rejected, like `100` or `1%`. */
  maxRejects?: string | number | undefined;
  /** What a row does that cannot be read, scored or written, where none may be rejected. */
  errors?: ErrorChoice | undefined;
  /** One line of JSONL in, one line out, each as soon as it is scored; from a stream to a stream. */
  lineBuffered?: boolean | undefined;
  resume?: boolean | undefined;
  force?: boolean | undefined;
  manifest?: string | undefined;
  /** Read for the input `-`. */
  stdin?: Readable | undefined;
  /** Ends the run when the shards in flight are written; nothing appears under the output's name. */
  signal?: AbortSignal | undefined;
}

/** Flags of `voxpop score` that are for people and have no meaning in the library. */
interface TerminalFlags {
  summary?: boolean;
  supervise?: number;
  logFormat?: LogFormat;
  dryRun?: boolean;
  quiet?: boolean;
  progress?: boolean;
}

/** Keys of the option table: every scalar option, and nothing that only code can pass. */
type FlagName = Exclude<keyof ScoreOptions, 'inputs' | 'stdin' | 'signal'> | keyof TerminalFlags;

/** One flag of the command line. */
export interface OptionSpec {
  flags: string;
  description: string;
  /** Allowed values. */
  choices?: readonly string[];
  /** Value when absent. */
  default?: string | number;
  /** False for options that have no influence on the bytes of the output. */
  changesOutput?: false;
  /** Turns the flag's text into its value; given the value so far when the flag is repeated. */
  parse?: (text: string, previous: unknown) => unknown;
}

/** What is no number stays as it was typed, for the message about it. */
const toNumber = (text: string): unknown =>
  text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
const collect = (text: string, previous: unknown): string[] => [...((previous as string[]) ?? []), text];
const splitList = (text: string, previous: unknown): string[] => [
  ...((previous as string[]) ?? []),
  ...text.split(',').map((part) => part.trim()),
];

/** The flags of `voxpop score`: the only place for their names, defaults and descriptions. */
export const scoreOptionTable: { [Name in FlagName]-?: OptionSpec } = {
  output: {
    flags: '-o, --output <file>',
    description: 'write to this file (.gz: compressed) instead of stdout',
    changesOutput: false,
  },
  text: {
    flags: '-t, --text <column>',
    description: 'column to score, repeatable; for JSONL a dotted path (default: guessed if unambiguous)',
    parse: collect,
  },
  tasks: {
    flags: '--tasks <names>',
    description: 'tasks to score, comma-separated (default: all of the bundle)',
    parse: splitList,
  },
  scores: {
    flags: '--scores <which>',
    description: 'scores to write: none, of the assigned labels, or of all labels',
    choices: scoreColumns,
    default: 'top',
  },
  threshold: {
    flags: '--threshold <task=value>',
    description:
      "assign a label from this score on, e.g. emotion=0.5; repeatable (default: the bundle's own)",
    parse: (text, previous) => ({ ...(previous as object), ...parseThreshold(text) }),
  },
  prefix: { flags: '--prefix <text>', description: 'put this before the names of new columns', default: '' },
  flagTruncated: {
    flags: '--flag-truncated',
    description: 'add a column that tells which texts were cut to fit the model',
  },
  labelMap: {
    flags: '--label-map <file>',
    description: 'JSON with new names of labels by task; labels with one name are merged',
  },
  model: {
    flags: '-m, --model <bundle>',
    description: 'bundle to score with: a name of `voxpop model list`, or a directory',
    default: defaultBundle,
  },
  from: {
    flags: '--from <format>',
    description: 'input format (default: by extension)',
    choices: fileFormats,
  },
  to: {
    flags: '--to <format>',
    description: 'output format (default: by extension, or as the input)',
    choices: fileFormats,
  },
  delimiter: {
    flags: '--delimiter <character>',
    description: 'delimiter of the input (default: detected among , ; tab |)',
  },
  encoding: {
    flags: '--encoding <name>',
    description: 'encoding of the input, e.g. windows-1252 (default: UTF-8, or as its byte order mark says)',
  },
  invalidUtf8: {
    flags: '--invalid-utf8 <how>',
    description:
      'bytes that the encoding does not allow: end with an error, replace by U+FFFD, reject the row',
    choices: invalidTextChoices,
    default: 'error',
  },
  header: {
    flags: '--no-header',
    description: 'CSV and TSV start with a row, not with names: columns are column_1, ...; none are written',
  },
  maxRowBytes: {
    flags: '--max-row-bytes <count>',
    description: 'longest row; bounds memory (default: 67108864, 64 MiB)',
    parse: toNumber,
  },
  outputDelimiter: {
    flags: '--output-delimiter <character>',
    description: 'delimiter of CSV and TSV output (default: as the input)',
  },
  bom: {
    flags: '--bom',
    description: 'start CSV and TSV output with a byte order mark, for Excel (default: if the input has one)',
  },
  escapeFormulas: {
    flags: '--escape-formulas',
    description: "put ' before cells of CSV and TSV output that start with = + - @ tab or carriage return",
  },
  limit: { flags: '--limit <rows>', description: 'stop after this many rows', parse: toNumber },
  shard: {
    flags: '--shard <i/n>',
    description:
      'label only part i of n of the rows, 0/16 to 15/16, for `voxpop merge`; auto: as the array of jobs says',
  },
  rejects: {
    flags: '--rejects <file>',
    description: 'set rows aside that cannot be read, scored or written, as JSON lines',
  },
  maxRejects: {
    flags: '--max-rejects <count>',
    description: 'rows that may be rejected before the run fails, a count or a share like 1%',
    default: '0',
    changesOutput: false,
  },
  errors: {
    flags: '--errors <how>',
    description:
      'rows that cannot be read, scored or written: stop the run, or stand in JSONL output as {"error": ...}',
    choices: errorChoices,
    default: 'stop',
  },
  lineBuffered: {
    flags: '--line-buffered',
    description: 'filter stdin to stdout: one line of JSONL in, one out, each as soon as it is scored',
  },
  resume: {
    flags: '--resume',
    description: 'go on with an unfinished run; do nothing if it is finished and unchanged',
    changesOutput: false,
  },
  force: {
    flags: '--force',
    description: 'replace an output that is there already, finished or not',
    changesOutput: false,
  },
  supervise: {
    flags: '--supervise <times>',
    description: 'run in a process of its own; if it dies or fails, resume it up to so many times',
    parse: toNumber,
    changesOutput: false,
  },
  manifest: {
    flags: '--manifest <file>',
    description: 'what was done, as JSON (default: beside the output, <output>.manifest.json)',
    changesOutput: false,
  },
  logFormat: {
    flags: '--log-format <format>',
    description: 'words for people or JSON events on stderr',
    choices: logFormats,
    default: 'text',
    changesOutput: false,
  },
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
  dryRun: {
    flags: '--dry-run',
    description: 'show on stderr what was detected and the first rows; score nothing',
    changesOutput: false,
  },
  summary: {
    flags: '--summary',
    description: 'print the label mix on stderr at the end',
    changesOutput: false,
  },
  quiet: { flags: '-q, --quiet', description: 'print nothing on stderr but errors', changesOutput: false },
  progress: { flags: '--no-progress', description: 'no progress bar on a terminal', changesOutput: false },
};

function parseThreshold(text: string): Record<string, number> {
  const [task, value, ...rest] = text.split('=');
  if (task === undefined || task === '' || value === undefined || value.trim() === '' || rest.length > 0) {
    throw new UsageError('OPTION_INVALID', `Expected --threshold to be like emotion=0.5, got ${text}`);
  }
  return { [task]: Number(value) };
}

/** What a caller of `merge` may set. */
export interface MergeOptions {
  /** Outputs of all shards, in any order, each with its manifest beside it. */
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
  manifest: scoreOptionTable.manifest,
  force: { ...scoreOptionTable.force, description: 'replace an output that is there already' },
  quiet: scoreOptionTable.quiet,
};

/** Options with every default filled in. */
export interface ResolvedScoreOptions extends Omit<ScoreOptions, 'maxRejects' | 'shard'> {
  scores: ScoreColumns;
  invalidUtf8: InvalidTextChoice;
  header: boolean;
  prefix: string;
  threshold: Record<string, number>;
  flagTruncated: boolean;
  model: string;
  workers: number;
  batchTokens: number;
  deterministic: boolean;
  limit: number;
  shard: Slice | undefined;
  maxRejects: RejectLimit;
  errors: ErrorChoice;
  lineBuffered: boolean;
  resume: boolean;
  force: boolean;
}

/**
 * Checks options and fills in defaults, for the command line and the library alike.
 * @throws UsageError naming the option, what was expected and what was given
 */
export function resolveScoreOptions(options: ScoreOptions): ResolvedScoreOptions {
  if (options.inputs.length === 0) {
    throw new UsageError('OPTION_INVALID', 'Expected at least one input file, got none', {
      hint: 'Name a file, or - for stdin.',
    });
  }
  expectInteger('workers', options.workers, 1, 512);
  expectInteger('batch-tokens', options.batchTokens, 1);
  expectInteger('limit', options.limit, 0);
  expectInteger('max-row-bytes', options.maxRowBytes, 1, longestRow);
  for (const [task, value] of Object.entries(options.threshold ?? {})) {
    if (value >= 0 && value <= 1) continue;
    throw new UsageError(
      'OPTION_INVALID',
      `Expected --threshold ${task} to be a number from 0 to 1, got ${value}`,
    );
  }
  const defaults = scoreOptionTable;
  const errors =
    expectChoice('errors', options.errors, errorChoices) ?? (defaults.errors.default as ErrorChoice);
  if (options.lineBuffered) checkLineBuffered(options);
  if (errors === 'inline') checkInlineErrors(options);
  const invalidUtf8 =
    expectChoice('invalid-utf8', options.invalidUtf8, invalidTextChoices) ??
    (defaults.invalidUtf8.default as InvalidTextChoice);
  const maxRejects =
    errors === 'inline'
      ? everyRow
      : parseRejectLimit(String(options.maxRejects ?? defaults.maxRejects.default));
  if (errors !== 'inline' && allowsRejects(maxRejects) && options.rejects === undefined) {
    throw new UsageError('OPTION_INVALID', 'Expected --rejects along with --max-rejects, got none', {
      hint: 'Rejected rows must go somewhere: `--rejects <file>`.',
    });
  }
  return {
    ...options,
    scores: expectChoice('scores', options.scores, scoreColumns) ?? (defaults.scores.default as ScoreColumns),
    from: expectChoice('from', options.from, fileFormats) ?? (options.lineBuffered ? 'jsonl' : undefined),
    to: expectChoice('to', options.to, fileFormats),
    // An error of one row, then, not of the run.
    invalidUtf8: errors === 'inline' && invalidUtf8 !== 'replace' ? 'reject' : invalidUtf8,
    header: options.header ?? true,
    prefix: options.prefix ?? (defaults.prefix.default as string),
    threshold: options.threshold ?? {},
    flagTruncated: options.flagTruncated ?? false,
    model: options.model ?? (defaults.model.default as string),
    workers: options.workers ?? availableCores(),
    batchTokens: options.batchTokens ?? (defaults.batchTokens.default as number),
    deterministic: options.deterministic ?? false,
    limit: options.limit ?? Infinity,
    shard: options.shard === undefined ? undefined : parseSlice(options.shard),
    maxRejects,
    errors,
    lineBuffered: options.lineBuffered ?? false,
    resume: options.resume ?? false,
    force: options.force ?? false,
  };
}

/** Where errors stand in the output, no row is too many. */
const everyRow: RejectLimit = { percent: 100 };

/** A filter has one stream on each side, and answers each line with a line. */
function checkLineBuffered(options: ScoreOptions): void {
  const expect = (isSo: boolean, expected: string, found: string, hint: string): void => {
    if (isSo) return;
    throw new UsageError('OPTION_INVALID', `Expected ${expected} along with --line-buffered, got ${found}`, {
      hint,
    });
  };
  const { inputs, output, text, from, to } = options;
  expect(
    inputs.length === 1 && inputs[0] === '-',
    'the input - (stdin)',
    inputs.join(' '),
    'Feed files through a pipe, or leave the option out: a file needs no prompt answers.',
  );
  expect(
    typeof output !== 'string',
    'the output to be stdout',
    typeof output === 'string' ? output : '',
    'Leave the option out to write a file, which appears when it is complete.',
  );
  for (const [name, format] of [
    ['from', from],
    ['to', to],
  ] as const) {
    const hint = 'Only in JSONL is a line always a row.';
    expect(format === undefined || format === 'jsonl', `--${name} jsonl`, `--${name} ${format}`, hint);
  }
  expect(
    text !== undefined && text.length > 0,
    '--text',
    'none',
    'Each process of a job sees another first line, or none to guess from: name the column, as in `--text comment`.',
  );
  expect(
    options.rejects === undefined,
    '--errors inline',
    '--rejects',
    'A line that is set aside would leave its place in the output empty.',
  );
  expect(
    options.resume !== true,
    'no --resume',
    'one',
    'A stream cannot be read again: send the lines again.',
  );
}

function checkInlineErrors({ rejects, maxRejects }: ScoreOptions): void {
  const other =
    rejects !== undefined
      ? '--rejects'
      : maxRejects !== undefined && String(maxRejects) !== scoreOptionTable.maxRejects.default
        ? '--max-rejects'
        : undefined;
  if (other !== undefined) {
    throw new UsageError('OPTION_INVALID', `Expected either --errors inline or ${other}, got both`, {
      hint: 'Rows that fail either stand in the output or go to a file of their own.',
    });
  }
}

/** Characters that a string of V8 can hold. */
const longestRow = 2 ** 29 - 24;

function expectInteger(name: string, value: number | undefined, minimum: number, maximum = Infinity): void {
  if (value === undefined || (Number.isInteger(value) && value >= minimum && value <= maximum)) return;
  const range = maximum === Infinity ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  throw new UsageError('OPTION_INVALID', `Expected --${name} to be an integer ${range}, got ${value}`);
}

function expectChoice<Choice extends string>(
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

/** Of resolved options, those that change the bytes of the output, as they go into manifests. */
export function outputOptions(options: ResolvedScoreOptions): Record<string, unknown> {
  const changing = Object.entries(scoreOptionTable).filter(([, spec]) => spec.changesOutput !== false);
  const values = changing.map(([name]) => [name, options[name as keyof ResolvedScoreOptions]]);
  // As JSON holds it: Infinity, the limit of a run without one, becomes null.
  return JSON.parse(JSON.stringify(Object.fromEntries(values))) as Record<string, unknown>;
}
