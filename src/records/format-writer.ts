import type { ShardPredictions, TaskLayout } from '../protocol.ts';
import type { ScoresShown } from './prediction-view.ts';
import type { ExplainedLabel } from './explained-label.ts';
import type { Rejected } from './rejected.ts';
import type { PairNames, TextSentences } from './sentence-view.ts';
import type { RecordFormat, Row } from './row.ts';

/** Options of a writer of any format; `delimited-writer.ts` and `json-lines-writer.ts` each make one. */
export interface WriterOptions {
  to: RecordFormat;
  /** The tasks that were scored, in bundle order. */
  tasks: TaskLayout[];
  textColumns: string[];
  scores: ScoresShown;
  /** Put in front of each name that is added. */
  prefix: string;
  /** Columns of the input to write, by name, number or path; all when absent. */
  columns?: string[] | undefined;
  /** Show rows to people, in place of any format. */
  table?: boolean | undefined;
  /** Tables: add a column of 0 and 1 for each label of a task with several labels per text. */
  wide?: boolean | undefined;
  /** Say for each text whether only its start was scored. */
  flagTruncated: boolean;
  /**
   * Write what was found in sentences: the pairs of these tasks, or in place of each row a row per sentence.
   * Undefined: sentences were not asked for.
   */
  sentences?: { pairs: readonly PairNames[]; asRows: boolean } | undefined;
  /** Say for each row what became of it since an earlier file. */
  showChange?: boolean | undefined;
  /** JSONL: write the words that carried the labels. */
  explain?: boolean | undefined;
  /** Reject a row that does not fit into the output instead of throwing. */
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
   * The lines of those rows that are not rejected (of all, with `inlineErrors`). Text `i` of row `r`, rejected or not,
   * is at index `r * textColumns.length + i` of `predictions`.
   * @param rejected rows that are rejected already
   * @param sentences by text, where they were asked for
   * @param explained by text, where the words that carried labels were asked for
   * @throws InputError for a row that does not fit into the output (a key that has no column, a key that is there
   * already), unless `rejectRows` is on
   */
  rows(
    rows: readonly Row[],
    predictions: ShardPredictions,
    rejected: Rejected,
    sentences?: readonly TextSentences[],
    explained?: ReadonlyMap<number, readonly ExplainedLabel[]>,
  ): WrittenRows;
  /** To be written once, last; undefined where rows are all there is. */
  end?: () => Buffer;
}

/** Rows as they are written, and those that are not. */
export interface WrittenRows {
  /** Lines of the output, to be written as they are. */
  lines: string | Buffer;
  /** Rows that were rejected already, and rows that do not fit into the output. */
  rejected: Rejected;
}
