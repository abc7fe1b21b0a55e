import {
  expectInteger,
  type OptionSpec,
  type ScoringOptions,
  type ReadingOptions,
  readingOptionTable,
  scoringOptionTable,
  sharedOptions,
  splitPair,
} from '../options.ts';

export const reportFormats = ['html', 'md', 'json'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** Options that a caller of `report` may set. */
export interface ReportOptions
  extends ReadingOptions, Pick<ScoringOptions, 'text' | 'tasks' | 'model' | 'stdin' | 'signal'> {
  /** Output of `score`; `-` is stdin. */
  input: string;
  prefix?: string | undefined;
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
  force?: boolean;
  format?: ReportFormat;
}

type ReportFlagName =
  Exclude<keyof ReportOptions, 'input' | 'stdin' | 'signal'> | keyof ReportFlags | 'quiet';

export const reportDefaults = { title: 'Feedback report', focus: 'sentiment=negative' } as const;

/** The flags of `voxpop report`. */
export const reportOptionTable: { [Name in ReportFlagName]-?: OptionSpec } = {
  output: { flags: '-o, --output <file>', description: 'write to this file instead of stdout' },
  force: { ...sharedOptions.force, description: 'replace a file that is there already' },
  format: {
    flags: '--format <format>',
    description: 'format of the report (default: by extension, or html)',
    choices: reportFormats,
  },
  title: {
    flags: '--title <text>',
    description: `heading of the report (default: the question, where a survey tool wrote it, or ${reportDefaults.title})`,
  },
  by: {
    ...sharedOptions.by,
    description: 'break down by the values of this column too, repeatable (always: by language)',
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
    ...scoringOptionTable.text,
    description: 'column that was scored, repeatable (default: found out)',
  },
  tasks: {
    ...scoringOptionTable.tasks,
    description: 'tasks to report on, comma-separated (default: all that the file has)',
  },
  prefix: {
    flags: sharedOptions.prefix.flags,
    description: 'prefix that the file was scored with (default: found out)',
  },
  model: {
    flags: scoringOptionTable.model.flags,
    description: 'bundle whose tasks to look for, if the file does not tell them',
  },
  ...readingOptionTable,
  seed: sharedOptions.seed,
  quiet: scoringOptionTable.quiet,
};

/**
 * Tells the task and the label that a report looks for first.
 * @throws UsageError naming the option, what was expected and what was given
 */
export function resolveFocus(options: ReportOptions): { task: string; label: string } {
  expectInteger('seed', options.seed);
  const [task, label] = splitPair('focus', options.focus ?? reportDefaults.focus, reportDefaults.focus);
  return { task, label };
}
