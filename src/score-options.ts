import type { Writable } from 'node:stream';
import { UsageError } from './errors.ts';
import {
  collect,
  expectChoice,
  expectInteger,
  type OptionSpec,
  readingOptionTable,
  type ResolvedScoringOptions,
  resolveScoringOptions,
  scoringOptionTable,
  type ScoringOptions,
  sharedOptions,
  splitList,
  toNumber,
} from './options.ts';
import type { LabelMap } from './pipeline/label-map.ts';
import { allowsRejects, anyButAll, parseRejectLimit, type RejectLimit } from './pipeline/rejects.ts';
import { parseSlice, type Slice } from './pipeline/slice.ts';
import { type InvalidText, invalidTexts } from './records/decode-bytes.ts';
import { type ScoresShown, scoresShown } from './records/prediction-view.ts';
import { type RecordFormat, recordFormats } from './records/row.ts';

/** How a row is treated that cannot be read, scored or written, where none may be rejected. */
const errorChoices = ['stop', 'inline'] as const;
type ErrorChoice = (typeof errorChoices)[number];

/** How `voxpop score` speaks on stderr: words for people, or a JSON object per event. */
export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

/** Options that a caller of `score` may set; the defaults are in `scoreOptionTable`. */
export interface ScoreOptions extends ScoringOptions {
  /** Paths; `-` is stdin. Several are read as one stream. */
  inputs: string[];
  /** A path, written under its final name only when complete; or a stream, which is never ended. */
  output?: string | Writable | undefined;
  to?: RecordFormat | undefined;
  invalidUtf8?: InvalidText | undefined;
  header?: boolean | undefined;
  maxRowBytes?: number | undefined;
  outputDelimiter?: string | undefined;
  bom?: boolean | undefined;
  escapeFormulas?: boolean | undefined;
  scores?: ScoresShown | undefined;
  /** Columns of the input to write, by name or number, or dotted paths of JSON; all when absent. */
  columns?: string[] | undefined;
  /** Show labelled rows to people, on a stream. */
  table?: boolean | undefined;
  /** Add a column of 0 and 1 for each label of a task with several labels per text. */
  wide?: boolean | undefined;
  prefix?: string | undefined;
  flagTruncated?: boolean | undefined;
  /** New names of labels, or a JSON file with them. */
  labelMap?: LabelMap | string | undefined;
  /** Score the sentences of each text, too, and tell what is said about what. */
  sentences?: boolean | undefined;
  /** Write a row per sentence in place of the row, with its columns repeated. */
  sentenceRows?: boolean | undefined;
  /** Find the words that carried the labels. */
  explain?: boolean | undefined;
  /** Find them in so many rows, drawn at random. */
  explainSample?: number | undefined;
  /** Rows to draw at random, each with the same chance. */
  sample?: number | undefined;
  /** Of what is drawn. */
  seed?: number | undefined;
  /** Take only a part of the rows, like `3/16`, counted from 0; `merge` joins the outputs. */
  shard?: string | undefined;
  /** Where rows go that cannot be read, scored or written, as JSON lines. */
  rejects?: string | undefined;
  /** How many rows may be rejected, like `100` or `1%`. */
  maxRejects?: string | number | undefined;
  /** How a row is treated that cannot be read, scored or written, where none may be rejected. */
  errors?: ErrorChoice | undefined;
  /** One line of JSONL in, one line out, each as soon as it is scored; from a stream to a stream. */
  lineBuffered?: boolean | undefined;
  /** An earlier output, or input, that rows are compared with. */
  since?: string | undefined;
  /** Columns that tell rows from each other, for `since`. */
  key?: string[] | undefined;
  /** Write only rows that are new or changed since then. */
  onlyNew?: boolean | undefined;
  resume?: boolean | undefined;
  force?: boolean | undefined;
  manifest?: string | undefined;
}

/** Flags of `voxpop score` that are for people and have no meaning in the library. */
interface TerminalFlags {
  summary?: boolean;
  supervise?: number;
  logFormat: LogFormat;
  dryRun?: boolean;
  quiet?: boolean;
  progress: boolean;
}

/** Flags of the command line of `voxpop score`, its inputs apart. */
export interface ScoreFlags extends Omit<ScoreOptions, 'inputs' | 'output'>, TerminalFlags {
  output?: string;
}

/** Keys of the option table: every scalar option, and nothing that only code can pass. */
type FlagName = Exclude<keyof ScoreOptions, 'inputs' | 'stdin' | 'signal'> | keyof TerminalFlags;

/** The flags of `voxpop score`: the only place for their names, defaults and descriptions. */
export const scoreOptionTable: { [Name in FlagName]-?: OptionSpec } = {
  output: {
    flags: '-o, --output <file>',
    description: 'write to this file (.gz: compressed) instead of stdout',
    changesOutput: false,
  },
  text: scoringOptionTable.text,
  keepNonAnswers: scoringOptionTable.keepNonAnswers,
  tasks: scoringOptionTable.tasks,
  scores: {
    flags: '--scores <which>',
    description: 'scores to write: none, of the assigned labels, or of all labels',
    choices: scoresShown,
    default: 'top',
  },
  threshold: scoringOptionTable.threshold,
  columns: {
    flags: '--columns <names>',
    description:
      'columns of the input to write beside the labels, comma-separated names or numbers, or paths of JSON (default: all)',
    parse: splitList,
  },
  table: {
    flags: '--table',
    description: 'show labelled rows to the eyes, in place of a format: `--limit 10 --table`',
  },
  wide: {
    flags: '--wide',
    description: 'tables: add a column of 0 and 1 for each label of tasks with several labels per text',
  },
  prefix: sharedOptions.prefix,
  flagTruncated: {
    flags: '--flag-truncated',
    description: 'add a column that tells which texts were cut to fit the model',
  },
  labelMap: sharedOptions.labelMap,
  sentences: {
    flags: '--sentences',
    description: 'score each sentence too: what is said about what; long texts are read whole',
  },
  explain: {
    flags: '--explain',
    description: 'find the words that carried the labels (JSONL only); takes up to 19 times as long',
  },
  explainSample: {
    flags: '--explain-sample <rows>',
    description: 'find them in so many rows only, drawn at random',
    parse: toNumber,
  },
  sentenceRows: {
    flags: '--sentence-rows',
    description: 'write a row per sentence in place of the row, with its columns repeated',
  },
  model: scoringOptionTable.model,
  ...readingOptionTable,
  to: {
    flags: '--to <format>',
    description: 'output format (default: by extension, or as the input)',
    choices: recordFormats,
  },
  invalidUtf8: {
    flags: '--invalid-utf8 <how>',
    description:
      'bytes that the encoding does not allow: end with an error, replace by U+FFFD, reject the row',
    choices: invalidTexts,
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
    description:
      "put ' before cells of CSV and TSV output that a spreadsheet takes for formulas (= + - @ at the start)",
  },
  limit: scoringOptionTable.limit,
  sample: {
    flags: '--sample <rows>',
    description: 'label only so many rows, drawn at random over all of the input',
    parse: toNumber,
  },
  seed: sharedOptions.seed,
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
    description:
      'rows that may be rejected before the run fails, a count or a share like 1% (default: any, but not all, with --rejects; else 0)',
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
  cache: scoringOptionTable.cache,
  cacheFrom: scoringOptionTable.cacheFrom,
  cacheSize: scoringOptionTable.cacheSize,
  since: {
    flags: '--since <file>',
    description:
      'say in a column which rows are new or changed since this earlier output or input; needs --key',
  },
  key: {
    flags: '--key <column>',
    description: 'column that tells rows from each other, for --since; repeatable; for JSONL a dotted path',
    parse: collect,
  },
  onlyNew: {
    flags: '--only-new',
    description: 'write only rows that are new or changed since the file of --since',
  },
  resume: {
    flags: '--resume',
    description: 'go on with an unfinished run; do nothing if it is finished and unchanged',
    changesOutput: false,
  },
  force: sharedOptions.force,
  supervise: {
    flags: '--supervise <times>',
    description: 'run in a process of its own; if it dies or fails, resume it up to so many times',
    parse: toNumber,
    changesOutput: false,
  },
  manifest: sharedOptions.manifest,
  logFormat: {
    flags: '--log-format <format>',
    description: 'words for people or JSON events on stderr',
    choices: logFormats,
    default: 'text',
    changesOutput: false,
  },
  workers: scoringOptionTable.workers,
  batchTokens: scoringOptionTable.batchTokens,
  deterministic: scoringOptionTable.deterministic,
  timeout: scoringOptionTable.timeout,
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
  quiet: scoringOptionTable.quiet,
  progress: scoringOptionTable.progress,
};

/** Options with every default filled in. */
export interface ResolvedScoreOptions
  extends Omit<ScoreOptions, keyof ResolvedScoringOptions | 'maxRejects' | 'shard'>, ResolvedScoringOptions {
  scores: ScoresShown;
  invalidUtf8: InvalidText;
  header: boolean;
  table: boolean;
  wide: boolean;
  prefix: string;
  flagTruncated: boolean;
  sentences: boolean;
  sentenceRows: boolean;
  explain: boolean;
  seed: number | undefined;
  shard: Slice | undefined;
  maxRejects: RejectLimit;
  errors: ErrorChoice;
  lineBuffered: boolean;
  onlyNew: boolean;
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
  const scoring = resolveScoringOptions(options);
  expectInteger('max-row-bytes', options.maxRowBytes, 1, longestRow);
  expectInteger('sample', options.sample, 1);
  expectInteger('explain-sample', options.explainSample, 1);
  expectInteger('seed', options.seed);
  if (options.sample !== undefined) checkSample(options);
  if (options.table === true) checkTable(options);
  const defaults = scoreOptionTable;
  const errors =
    expectChoice('errors', options.errors, errorChoices) ?? (defaults.errors.default as ErrorChoice);
  if (options.lineBuffered) checkLineBuffered(options);
  if (errors === 'inline') checkInlineErrors(options);
  checkSince(options);
  const invalidUtf8 =
    expectChoice('invalid-utf8', options.invalidUtf8, invalidTexts) ??
    (defaults.invalidUtf8.default as InvalidText);
  return {
    ...scoring,
    scores: expectChoice('scores', options.scores, scoresShown) ?? (defaults.scores.default as ScoresShown),
    from: options.from ?? (options.lineBuffered ? 'jsonl' : undefined),
    to: expectChoice('to', options.to, recordFormats),
    // An error of one row, then, not of the run.
    invalidUtf8: errors === 'inline' && invalidUtf8 !== 'replace' ? 'reject' : invalidUtf8,
    header: options.header ?? true,
    table: options.table ?? false,
    wide: options.wide ?? false,
    prefix: options.prefix ?? (defaults.prefix.default as string),
    flagTruncated: options.flagTruncated ?? false,
    // Rows of sentences are about nothing else.
    sentences: options.sentences ?? options.sentenceRows ?? false,
    sentenceRows: options.sentenceRows ?? false,
    explain: options.explain ?? options.explainSample !== undefined,
    // Without a sample it says nothing.
    seed:
      options.sample === undefined && options.explainSample === undefined
        ? undefined
        : (options.seed ?? sharedOptions.seed.default),
    shard: options.shard === undefined ? undefined : parseSlice(options.shard),
    maxRejects: errors === 'inline' ? everyRow : resolveRejectLimit(options),
    errors,
    lineBuffered: options.lineBuffered ?? false,
    onlyNew: options.onlyNew ?? false,
    resume: options.resume ?? false,
    force: options.force ?? false,
  };
}

function checkTable({ output, to, errors, lineBuffered }: ScoreOptions): void {
  const isFile = typeof output === 'string';
  const other = isFile
    ? '--output'
    : to !== undefined
      ? '--to'
      : errors === 'inline'
        ? '--errors inline'
        : lineBuffered === true
          ? '--line-buffered'
          : undefined;
  if (other === undefined) return;
  throw new UsageError('OPTION_INVALID', `Expected no ${other} along with --table, got one`, {
    hint: 'A table is for the eyes, and goes to stdout; for programs leave out `--table`.',
  });
}

function checkSample(options: ScoreOptions): void {
  const found = (['limit', 'shard', 'since'] as const).find((name) => options[name] !== undefined);
  const other = found === undefined ? undefined : `--${found}`;
  if (other === undefined) return;
  throw new UsageError('OPTION_INVALID', `Expected either --sample or ${other}, got both`, {
    hint: '`--sample` says how many rows are labelled.',
  });
}

function resolveRejectLimit({ maxRejects, rejects }: ScoreOptions): RejectLimit {
  if (maxRejects === undefined) return rejects === undefined ? { rows: 0 } : anyButAll;
  const limit = parseRejectLimit(String(maxRejects));
  if (!allowsRejects(limit) || rejects !== undefined) return limit;
  throw new UsageError('OPTION_INVALID', 'Expected --rejects along with --max-rejects, got none', {
    hint: 'Rejected rows must go somewhere: `--rejects <file>`.',
  });
}

/** Limit where errors stand in the output, and no row is too many. */
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
    options.sentenceRows !== true,
    'no --sentence-rows',
    'it',
    'A line would be answered with several: take --sentences, which puts them into one.',
  );
  expect(
    options.resume !== true,
    'no --resume',
    'one',
    'A stream cannot be read again: send the lines again.',
  );
}

/** Rows can be compared when all of them are there, and have keys. */
function checkSince({ since, key = [], onlyNew = false, lineBuffered, shard }: ScoreOptions): void {
  const refusal = (expected: string, found: string, hint: string): UsageError =>
    new UsageError('OPTION_INVALID', `Expected ${expected}, got ${found}`, { hint });
  if (since === undefined) {
    const other = onlyNew ? '--only-new' : key.length > 0 ? '--key' : undefined;
    if (other === undefined) return;
    const hint = 'Name the output or the input of the run before: `--since yesterday.csv`.';
    throw refusal(`--since along with ${other}`, 'none', hint);
  }
  if (key.length === 0) {
    const hint = 'Name the column that tells rows from each other: `--key id`.';
    throw refusal('--key along with --since', 'none', hint);
  }
  const twice = key.find((column, index) => key.indexOf(column) !== index);
  if (twice !== undefined) {
    throw refusal('different columns as --key', `\`${twice}\` twice`, 'Name each of them once.');
  }
  if (since === '-') {
    throw refusal('a file as --since', '-', 'It is looked into before it is read: save it first.');
  }
  if (lineBuffered === true) {
    const hint = 'A filter answers each line, whatever came before.';
    throw refusal('no --since along with --line-buffered', since, hint);
  }
  if (shard !== undefined) {
    const hint = 'A part of the rows does not tell which are gone: score what is new on one machine.';
    throw refusal('no --shard along with --since', `--shard ${shard}`, hint);
  }
}

function checkInlineErrors({ rejects, maxRejects }: ScoreOptions): void {
  const other = rejects !== undefined ? '--rejects' : maxRejects !== undefined ? '--max-rejects' : undefined;
  if (other !== undefined) {
    throw new UsageError('OPTION_INVALID', `Expected either --errors inline or ${other}, got both`, {
      hint: 'Rows that fail either stand in the output or go to a file of their own.',
    });
  }
}

/** Characters that a string of V8 can hold. */
const longestRow = 2 ** 29 - 24;

/** Picks the options that change the bytes of the output, as they go into manifests. */
export function outputOptions(options: ResolvedScoreOptions): Record<string, unknown> {
  const changing = Object.entries(scoreOptionTable).filter(([, spec]) => spec.changesOutput !== false);
  const values = changing.map(([name]) => [name, options[name as keyof ResolvedScoreOptions]]);
  // As JSON holds it: Infinity, the limit of a run without one, becomes null.
  return JSON.parse(JSON.stringify(Object.fromEntries(values))) as Record<string, unknown>;
}
