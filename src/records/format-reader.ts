import type { Newline, Row } from './row.ts';

/** One opened input of one format; `delimited.ts` and `json-lines.ts` each make one. */
export interface FormatReader {
  columns: string[];
  newline: Newline;
  /**
   * The rows of this input as they come. Rows before a bad one are given out before the error.
   * @throws {InputError} on the first record that is not what it should be.
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
