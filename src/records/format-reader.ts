import type { Newline, Row } from './row.ts';

/** What a reader of any format is told. */
export interface ReaderOptions {
  file: string;
  /** Longest record in bytes of UTF-8, without its line end. */
  maxRowBytes: number;
  /** Whether the chunks may hold bytes that are not UTF-8, which makes their records bad ones. */
  mayBeInvalid: boolean;
  /** Whether a bad record comes as a row that says so; else it ends the reading. */
  rejectRows: boolean;
  /** Line of the first byte, from 1. */
  line: number;
  /** Offset of the first byte. */
  byteOffset: number;
}

/** One opened input of one format; `delimited.ts` and `json-lines.ts` each make one. */
export interface FormatReader {
  columns: string[];
  newline: Newline;
  /**
   * The rows of this input as they come. Rows before a bad one are given out before the error.
   * @throws {InputError} on the first record that is not what it should be, unless such rows are rejected.
   */
  rows(request: RowsRequest): AsyncGenerator<Row[]>;
}

export interface RowsRequest {
  textColumns: string[];
  /** Ordinal of the first row of this input. */
  ordinal: number;
  /** Set to true for each text column that a row has; JSONL only, where a row may lack it. */
  found: boolean[];
}
