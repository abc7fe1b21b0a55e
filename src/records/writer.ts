import { UsageError } from '../errors.ts';
import type { ShardPredictions, TaskLayout } from '../protocol.ts';
import { createDelimitedWriter } from './delimited-writer.ts';
import { createJsonLinesWriter } from './json-lines-writer.ts';
import type { ScoresShown } from './prediction-view.ts';
import { isDelimited, type RecordFormat, type RecordsHead, type Row } from './row.ts';
import { formatOfPath } from './sniff.ts';

export interface WriterOptions {
  to: RecordFormat;
  /** The tasks that were scored, in bundle order. */
  tasks: TaskLayout[];
  textColumns: string[];
  scores: ScoresShown;
  /** Put in front of each name that is added. */
  prefix: string;
  /** Say for each text whether only its start was scored. */
  flagTruncated: boolean;
  /** Mark a row that does not fit into the output as `rejected` instead of throwing. */
  rejectRows?: boolean | undefined;
  /** JSONL: write what is wrong with a rejected row in its place. */
  inlineErrors?: boolean | undefined;
  /** CSV and TSV: start with a byte order mark; else there is one if the input has one or is UTF-16. */
  bom?: boolean | undefined;
  /** CSV and TSV: one character, in place of that of the input or of the format. */
  outputDelimiter?: string | undefined;
  /**
   * CSV and TSV: put `'` before every cell, of foreign columns and the header too, that starts with
   * `= + - @`, their full-width forms, tab or carriage return, so that no spreadsheet takes it for a formula.
   * Changes such cells on purpose, numbers such as -5 among them.
   */
  escapeFormulas?: boolean | undefined;
}

/** Formats rows with what was predicted for them. Put one after another, its strings and bytes are the output file. */
export interface RowWriter {
  /** Names that are added, in order; the one key for JSONL. */
  addedColumns: string[];
  /** To be written once, first. Holds the byte order mark; no names for JSONL and when the input has none. */
  header(): string;
  /**
   * The lines of those rows that are not `rejected` (of all, with `inlineErrors`). Text `i` of row `r`, rejected or not, is at index
   * `r * textColumns.length + i` of `predictions`.
   *
   * A row that does not fit into the output (a key that has no column, a key that is there already) gets
   * `rejected` set and no line, when `rejectRows` is on.
   * @throws {InputError} for such a row, when it is off.
   */
  rows(rows: Row[], predictions: ShardPredictions): string | Buffer;
}

/** @throws {UsageError} when an added name is already taken, or errors have no place in the format. */
export function createRowWriter(head: RecordsHead, options: WriterOptions): RowWriter {
  if (options.inlineErrors === true && isDelimited(options.to)) {
    throw new UsageError(
      'OPTION_INVALID',
      `Expected JSONL output along with --errors inline, got ${options.to}`,
      {
        hint: 'A table has no column for them: write JSONL with `--to jsonl`, or set such rows aside with `--rejects`.',
      },
    );
  }
  return isDelimited(options.to)
    ? createDelimitedWriter(head, options)
    : createJsonLinesWriter(head, options);
}

/** The format to write: as told, else by the output's extension, else that of the input. */
export function outputFormat(
  path: string | undefined,
  head: Pick<RecordsHead, 'format'>,
  to?: RecordFormat,
): RecordFormat {
  const byName = path === undefined ? undefined : formatOfPath(path);
  const named = byName === 'text' || byName === 'json' ? undefined : byName;
  return to ?? named ?? head.format;
}
