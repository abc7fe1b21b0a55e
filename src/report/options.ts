import {
  collect,
  expectInteger,
  type OptionSpec,
  type ScoringOptions,
  type ReadingOptions,
  readingOptionTable,
  scoringOptionTable,
  sharedOptions,
  toNumber,
} from '../options.ts';
import { type DateOrder, dateOrders } from './dates.ts';
import { exampleRole } from './roles.ts';

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
  /** How dates like 03/04/2026 are read; found out when absent. */
  dateOrder?: DateOrder | undefined;
  /** Task and labels whose share groups and periods are compared by; what is negative when absent. */
  focus?: string | undefined;
  /** What labels stand for, like `problem=actionability=problem`, in place of what the bundle tells. */
  role?: string[] | undefined;
  /** Least texts of a group that is compared. */
  minGroup?: number | undefined;
  /** An earlier output of `score` to compare with. */
  compare?: string | undefined;
  seed?: number | undefined;
}

/** How a report looks; only the page. */
export interface ReportLook {
  /** Colours, like `#0a5` or `accent=#0a5,negative=#c00`. */
  theme?: string | undefined;
  /** Path of a picture for the head of the page. */
  logo?: string | undefined;
}

interface ReportFlags extends ReportLook {
  output?: string;
  force?: boolean;
  format?: ReportFormat;
}

type ReportFlagName =
  Exclude<keyof ReportOptions, 'input' | 'stdin' | 'signal'> | keyof ReportFlags | 'quiet';

export const reportDefaults = { title: 'Feedback report', minGroup: 20 } as const;

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
    description: 'column with dates (default: the first one that holds dates)',
  },
  dateOrder: {
    flags: '--date-order <order>',
    description: 'how dates like 03/04/2026 are read (default: as more of them fit)',
    choices: dateOrders,
  },
  compare: {
    flags: '--compare <scored>',
    description: 'earlier output of `voxpop score`, to put beside this one',
  },
  focus: {
    flags: '--focus <task=label>',
    description: 'labels to compare groups and periods by, with commas (default: what is negative)',
  },
  role: {
    flags: '--role <role=task=label>',
    description: `what labels stand for, repeatable, as in ${exampleRole} (default: as the bundle tells)`,
    parse: collect,
  },
  minGroup: {
    flags: '--min-group <n>',
    description: 'comments that a group must have to be compared',
    parse: toNumber,
    default: reportDefaults.minGroup,
  },
  theme: {
    flags: '--theme <colours>',
    description: 'colours of the page, as in #0a5 or accent=#0a5,negative=#c00',
  },
  logo: { flags: '--logo <file>', description: 'picture for the head of the page' },
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
    description: 'bundle that the file was scored with (default: as its manifest tells)',
  },
  ...readingOptionTable,
  seed: sharedOptions.seed,
  quiet: scoringOptionTable.quiet,
};

/**
 * Options with their defaults.
 * @throws UsageError naming the option, what was expected and what was given
 */
export function resolveReportOptions(
  options: ReportOptions,
): ReportOptions & { seed: number; minGroup: number } {
  const { seed = sharedOptions.seed.default, minGroup = reportDefaults.minGroup } = options;
  expectInteger('seed', seed);
  expectInteger('min-group', minGroup, 1);
  return { ...options, seed, minGroup };
}
