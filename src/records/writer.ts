import type { ShardPredictions, TaskLayout } from '../pipeline/protocol.ts';
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
}

/** Formats rows with what was predicted for them. Concatenated, its strings are the output file. */
export interface RowWriter {
  /** Names that are added, in order; the one key for JSONL. */
  addedColumns: string[];
  /** To be written once, first. Holds the byte order mark; '' for JSONL. */
  header(): string;
  /**
   * The lines of some rows. Text `i` of row `r` is at index `r * textColumns.length + i` of `predictions`.
   * @throws {InputError} when a row does not fit into the output: a key that has no column, a key that
   * is there already.
   */
  rows(rows: Row[], predictions: ShardPredictions): string;
}

/** @throws {UsageError} when an added name is already taken. */
export function createRowWriter(head: RecordsHead, options: WriterOptions): RowWriter {
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
