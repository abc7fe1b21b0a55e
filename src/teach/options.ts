import { basename } from 'node:path';
import { UsageError } from '../errors.ts';
import {
  collect,
  collectPairs,
  expectInteger,
  type OptionSpec,
  type ReadingOptions,
  readingOptionTable,
  type ResolvedScoringOptions,
  resolveScoringOptions,
  type ScoringOptions,
  scoringOptionTable,
  sharedOptions,
  splitPair,
  toNumber,
} from '../options.ts';

/** Whether a text has one label of a task, or any number. */
export const taskKinds = ['single', 'multi'] as const;
export type TaskKind = (typeof taskKinds)[number];

type Shared = keyof ReadingOptions | 'text' | 'model' | 'workers' | 'batchTokens' | 'timeout' | 'limit';

/** Options that a caller of `teach` may set. */
export interface TeachOptions extends Pick<ScoringOptions, Shared | 'stdin' | 'signal'> {
  /** Files with texts and labels; `-` is stdin. */
  inputs: string[];
  /** Directory of the new bundle. */
  output?: string | undefined;
  /** Column with the labels, by the name of the new task. */
  task?: Record<string, string> | undefined;
  /** CSV that says what the labels of the task mean. */
  codeframe?: string | undefined;
  /** Kind of each task, or of all under `*`; told from the data when absent. */
  kind?: Record<string, TaskKind> | undefined;
  /** Files with further labels, which take the place of earlier ones for the same text. */
  with?: string[] | undefined;
  /** Tasks of the model that the new bundle does not have. */
  replace?: string[] | undefined;
  /** CSV of the rows whose labels look wrong. */
  suspects?: string | undefined;
  /** Goes into the bundle as it is. */
  date?: string | undefined;
  resamples?: number | undefined;
  seed?: number | undefined;
  force?: boolean | undefined;
}

interface TeachFlags {
  json?: boolean;
}

type TeachFlagName = Exclude<keyof TeachOptions, 'inputs' | 'stdin' | 'signal'> | keyof TeachFlags;

export const teachDefaults = { resamples: 1000, seed: sharedOptions.seed.default } as const;

/** The flags of `voxpop teach`. */
export const teachOptionTable: { [Name in TeachFlagName | 'quiet' | 'progress']-?: OptionSpec } = {
  output: { flags: '-o, --output <bundle>', description: 'directory of the new bundle' },
  task: {
    flags: '--task <task=column>',
    description:
      'name of a new task, and the column with its labels; repeatable (one name for both: --task topic)',
    parse: (text, previous) => {
      const [name, column] = text.includes('=')
        ? splitPair('task', text, 'department=Department')
        : [text, text];
      return { ...(previous as object), [name]: column };
    },
  },
  kind: {
    flags: '--kind <kind>',
    description:
      'single: one label per text, multi: any number, separated by `;`; for one task: topic=multi; repeatable ' +
      '(default: multi if a cell holds several)',
    parse: (text, previous) =>
      text.includes('=')
        ? collectPairs('kind', 'topic=multi', String)(text, previous)
        : { ...(previous as object), '*': text },
  },
  codeframe: {
    flags: '--codeframe <file>',
    description:
      'CSV with the labels of a task and what they mean (label, description, keywords, examples, must), to learn from ' +
      "besides labelled rows or without any; the task has the file's name unless --task names it",
  },
  with: {
    flags: '--with <file>',
    description:
      'further labelled rows, whose labels take the place of earlier ones for the same text; repeatable',
    parse: collect,
  },
  replace: {
    flags: '--replace <task>',
    description: "leave this task of the model out, as one's own takes its place; repeatable",
    parse: collect,
  },
  suspects: {
    flags: '--suspects <file>',
    description: 'write the rows whose labels look wrong (CSV)',
  },
  date: {
    flags: '--date <text>',
    description: 'when it was taught, for `voxpop model show` (default: not told)',
  },
  resamples: {
    flags: '--resamples <count>',
    description: 'bootstrap resamples for the 95 % intervals; 0 for none',
    default: teachDefaults.resamples,
    parse: toNumber,
  },
  seed: sharedOptions.seed,
  force: { ...sharedOptions.force, description: 'replace a bundle that is there already' },
  json: { flags: '--json', description: 'print what was learned as JSON' },
  text: {
    ...scoringOptionTable.text,
    flags: '-t, --text <column>',
    description: 'column with the texts (default: guessed if unambiguous)',
  },
  model: {
    ...scoringOptionTable.model,
    description: 'bundle to teach on: a name of `voxpop model list`, or a directory',
  },
  ...readingOptionTable,
  limit: scoringOptionTable.limit,
  workers: scoringOptionTable.workers,
  batchTokens: scoringOptionTable.batchTokens,
  timeout: scoringOptionTable.timeout,
  quiet: scoringOptionTable.quiet,
  progress: scoringOptionTable.progress,
};

export type ResolvedTeachOptions = TeachOptions &
  ResolvedScoringOptions & {
    output: string;
    task: Record<string, string>;
    kind: Record<string, TaskKind>;
    with: string[];
    replace: string[];
    resamples: number;
    seed: number;
    force: boolean;
    /** Whether rows may be without labels, as a codeframe says what these are. */
    isColumnOptional: boolean;
  };

/** Task names become column names and file names. */
const taskName = /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$/u;

/** @throws UsageError naming the option, what was expected and what was given */
export function resolveTeachOptions(given: TeachOptions): ResolvedTeachOptions {
  const { output, codeframe, kind = {} } = given;
  const task = given.task ?? (codeframe === undefined ? {} : taskOfCodeframe(codeframe));
  if (output === undefined || output === '' || output === '-') {
    throw new UsageError('OPTION_INVALID', 'Expected a directory for the new bundle, got none', {
      hint: 'Name it: `-o models/acme`.',
    });
  }
  if (Object.keys(task).length === 0) {
    throw new UsageError('OPTION_INVALID', 'Expected a task to teach, got none', {
      hint:
        'Name the task and the column with its labels: `--task department=Department`. Without labelled rows, ' +
        'give what the labels mean: `--codeframe topics.csv`.',
    });
  }
  if (codeframe !== undefined && Object.keys(task).length > 1) {
    throw new UsageError('OPTION_INVALID', 'Expected one --task along with --codeframe, got several', {
      hint: 'Teach them one after another: `-m` may name the bundle of the first.',
    });
  }
  for (const name of Object.keys(task)) {
    if (taskName.test(name)) continue;
    throw new UsageError(
      'OPTION_INVALID',
      `Expected the name of a task to be a word of letters, digits, _ and -, got ${JSON.stringify(name)}`,
      { hint: 'The column may have any name: `--task team="Which team?"`.' },
    );
  }
  for (const [name, value] of Object.entries(kind)) {
    if (name !== '*' && !Object.hasOwn(task, name)) {
      throw new UsageError('OPTION_INVALID', `Expected --kind to name a task of --task, got ${name}`);
    }
    if (!taskKinds.includes(value)) {
      throw new UsageError(
        'OPTION_INVALID',
        `Expected --kind to be one of ${taskKinds.join(', ')}, got ${value}`,
      );
    }
  }
  const resolved = {
    ...given,
    output,
    task,
    kind,
    with: given.with ?? [],
    replace: given.replace ?? [],
    resamples: given.resamples ?? teachDefaults.resamples,
    seed: given.seed ?? teachDefaults.seed,
    force: given.force ?? false,
    isColumnOptional: codeframe !== undefined,
  };
  expectInteger('resamples', resolved.resamples, 0, 100_000);
  expectInteger('seed', resolved.seed);
  return resolveScoringOptions(resolved);
}

/** A codeframe's own name is that of its task. */
function taskOfCodeframe(path: string): Record<string, string> {
  const name = basename(path).replace(/\.[^.]*$/, '');
  return { [name]: name };
}
