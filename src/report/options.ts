import { UsageError } from '../errors.ts';
import { collect, expectNumber, seedOption } from '../evaluate/options.ts';
import { type OptionSpec, type ScoreOptions, scoreOptionTable } from '../options.ts';

export const reportFormats = ['html', 'md', 'json'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** What a caller of `report` may set. */
export interface ReportOptions extends Pick<
  ScoreOptions,
  'text' | 'tasks' | 'prefix' | 'model' | 'from' | 'delimiter' | 'encoding' | 'stdin' | 'signal'
> {
  /** Output of `score`; `-` is stdin. */
  input: string;
  title?: string | undefined;
  /** Columns to break down by, besides language. */
  by?: string[] | undefined;
  /** Column with dates; found when absent. */
  date?: string | undefined;
  /** Task and label to look for first, like `sentiment=negative`. */
  focus?: string | undefined;
  seed?: number | undefined;
}

interface ReportFlags {
  output?: string;
  format?: ReportFormat;
}

type ReportFlagName =
  Exclude<keyof ReportOptions, 'input' | 'stdin' | 'signal'> | keyof ReportFlags | 'quiet';

export const reportDefaults = { title: 'Feedback report', focus: 'sentiment=negative', seed: 1 } as const;

/** The flags of `voxpop report`. */
export const reportOptionTable: { [Name in ReportFlagName]-?: OptionSpec } = {
  output: { flags: '-o, --output <file>', description: 'write to this file instead of stdout' },
  format: {
    flags: '--format <format>',
    description: 'format of the report (default: by extension, or html)',
    choices: reportFormats,
  },
  title: { flags: '--title <text>', description: 'heading of the report', default: reportDefaults.title },
  by: {
    flags: '--by <column>',
    description: 'break down by the values of this column too, repeatable (always: by language)',
    parse: collect,
  },
  date: {
    flags: '--date <column>',
    description: 'column with dates (default: found by its name)',
  },
  focus: {
    flags: '--focus <task=label>',
    description: 'label to look for first',
    default: reportDefaults.focus,
  },
  text: {
    flags: scoreOptionTable.text.flags,
    description: 'column that was scored, repeatable (default: found out)',
    ...(scoreOptionTable.text.parse ? { parse: scoreOptionTable.text.parse } : {}),
  },
  tasks: {
    flags: scoreOptionTable.tasks.flags,
    description: 'tasks to report on, comma-separated (default: all that the file has)',
    ...(scoreOptionTable.tasks.parse ? { parse: scoreOptionTable.tasks.parse } : {}),
  },
  prefix: {
    flags: scoreOptionTable.prefix.flags,
    description: 'prefix that the file was scored with (default: found out)',
  },
  model: {
    flags: scoreOptionTable.model.flags,
    description: 'bundle whose tasks to look for, if the file does not tell them',
  },
  from: scoreOptionTable.from,
  delimiter: scoreOptionTable.delimiter,
  encoding: scoreOptionTable.encoding,
  seed: seedOption,
  quiet: scoreOptionTable.quiet,
};

/** @throws UsageError naming the option, what was expected and what was given */
export function resolveFocus(options: ReportOptions): { task: string; label: string } {
  if (options.seed !== undefined) {
    expectNumber('seed', options.seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true);
  }
  const given = options.focus ?? reportDefaults.focus;
  const at = given.indexOf('=');
  if (at > 0 && at < given.length - 1) return { task: given.slice(0, at), label: given.slice(at + 1) };
  throw new UsageError('OPTION_INVALID', `Expected --focus to be like sentiment=negative, got ${given}`);
}
