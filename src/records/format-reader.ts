import type { Newline } from './delimited-record.ts';
import type { Row } from './row.ts';

/** Options of a reader of any format. */
export interface ReaderOptions {
  file: string;
  /** Longest record in bytes of UTF-8, without its line end. */
  maxRowBytes: number;
  /** Whether the chunks may hold bytes that are not UTF-8, which makes their records bad ones. */
  mayBeInvalid: boolean;
  /** Whether a bad record comes as a row that says so; else it ends the reading. */
  rejectRows: boolean;
  /** JSONL: whether blank lines are rows, and no line waits for a later one. */
  everyLine: boolean;
  /** Line of the first byte, from 1. */
  line: number;
  /** Offset of the first byte. */
  byteOffset: number;
}

/** One opened input of one format; `delimited.ts` and `json-lines.ts` each make one. */
export interface FormatReader {
  columns: string[];
  newline: Newline;
  /** Rows at the start that explain the header. */
  headerRows: number;
  /** Texts of the questions, by column, where such a row holds them. */
  questions: string[] | undefined;
  /**
   * The values of the first rows as text, by column, header rows and bad rows left out. A JSON record gives its
   * values by path. To be called before `rows`.
   */
  sample(): Promise<Sample>;
  /** What came up while reading that people should know. */
  notices(): string[];
  /**
   * The rows of this input as they come. Rows before a bad one are given out before the error.
   * @throws {InputError} on the first record that is not what it should be, unless such rows are rejected.
   */
  rows(request: RowsRequest): AsyncGenerator<Row[]>;
  /**
   * Where each row starts, without a look into it. To be called in place of `rows`.
   * @throws {InputError} like `rows`, except for what only a look into the row would find
   */
  places(): AsyncGenerator<RowPlace[]>;
}

/** Values of the first rows: for each column, how it is referred to and what it holds in each of them. */
export type Sample = { reference: string; values: string[] }[];

/** Where a row starts; `line` and `byteOffset` are those of `Row`. */
export interface RowPlace {
  readonly line: number;
  readonly byteOffset: number;
}

export interface RowsRequest {
  textColumns: string[];
  /** Ordinal of the first row of this input. */
  ordinal: number;
  /** Set to true for each text column that a row has; JSONL only, where a row may lack it. */
  found: boolean[];
  /** Rows to leave out at the start, without a look into them. */
  skip: number;
  /** Read on from here, where a row starts, and not from the first row. */
  from: ResumedText | undefined;
}

/** The rest of an input's text. */
export interface ResumedText extends RowPlace {
  chunks: AsyncGenerator<Buffer>;
}

/** Leaves out the first `count` items. */
export async function* skipItems<Item>(
  batches: AsyncGenerator<Item[]>,
  count: number,
): AsyncGenerator<Item[]> {
  let left = count;
  for await (const batch of batches) {
    const skipped = Math.min(left, batch.length);
    left -= skipped;
    if (skipped === 0) yield batch;
    else if (skipped < batch.length) yield batch.slice(skipped);
  }
}
