import type { PlacedText } from '../text/markup.ts';
import type { CellValue } from './cell-value.ts';
import type { Compression } from './compression.ts';
import type { DelimitedRecord, Newline, Quoting } from './delimited-record.ts';
import type { ParquetColumn } from './parquet-schema.ts';
import type { RejectReason } from './row-fault.ts';

/** Bits of `Row.textNotes`: what was seen in a text before any model saw it. */
export const textNotes = {
  /** It says nothing, whatever was asked, as `n/a` does, and is not scored. */
  nonAnswer: 1,
  /** Tags and character references were taken out of what is scored. */
  markup: 2,
} as const;

/**
 * One input record; holds `record` and `cells` when it was read from CSV or TSV, `json` when from JSONL, and
 * none of them when it could not be read.
 */
export interface Row {
  /** Place among the rows of all inputs, rejected ones included, from 0. */
  ordinal: number;
  /** Path as given, `-` for stdin. */
  file: string;
  /** Line on which the record starts, from 1. */
  line: number;
  /**
   * Where the record starts in the decompressed text of its file, in bytes of UTF-8 from 0, a byte order
   * mark (3 bytes) included. For UTF-8 files this is the offset in the decompressed file itself, unless
   * invalid bytes were replaced before.
   */
  byteOffset: number;
  /**
   * What is scored, one per text column: '' where there is nothing to score (a value that is missing or null or
   * shows nothing, a text that is no answer, a row that is rejected).
   */
  readonly texts: string[];
  /** For each text bits of {@link textNotes}; undefined when there is nothing to say about any. */
  textNotes?: number[] | undefined;
  /** What became of the row since an earlier file; only where one is named. */
  change?: RowChange | undefined;
  /** Whether the words that carried its labels are to be found; only where that is asked for some rows. */
  isExplained?: boolean;
  /** For each text that is not the whole of its cell, and where they are kept: the places of its characters there. */
  cellPlaces?: (PlacedText | undefined)[] | undefined;
  /** A delimited record: its bytes, and single cells. */
  readonly record?: DelimitedRecord | undefined;
  /** All values of a row of a table as text, of CSV and TSV exactly as read; decoded anew each time. */
  readonly cells?: string[] | undefined;
  /** One of them, by its place from 0. */
  readonly cell?: ((place: number) => string) | undefined;
  /** One of them with its type, in files whose cells have types. */
  readonly value?: ((place: number) => CellValue) | undefined;
  /** All of them as their file stores them, in files whose cells have types. */
  readonly values?: readonly unknown[] | undefined;
  /** The row by itself, so that what was read along with it does not stay in memory. */
  readonly alone?: (() => Row) | undefined;
  /** The record as it stood in a JSONL file, without its line end. */
  readonly json?: string;
  /** Whether the row explains or repeats the header: it passes through and is never scored. */
  readonly isHeader?: boolean;
  /** The reason why the row could not be read; only with `RecordsOptions.rejectRows`. */
  readonly rejected?: RejectReason;
}

/** What became of a row since an earlier file. */
export const rowChanges = ['new', 'changed', 'unchanged'] as const;
export type RowChange = (typeof rowChanges)[number];

/** Formats that rows are read from and written to, one record per row. */
export const recordFormats = ['csv', 'tsv', 'jsonl', 'parquet', 'xlsx'] as const;
export type RecordFormat = (typeof recordFormats)[number];

/** Formats that are only read: `json` is an array of records, or records over several lines. */
export const inputFormats = [...recordFormats, 'json'] as const;
export type InputFormat = (typeof inputFormats)[number];

/** Whether records of a format are cells under a header. */
export function isDelimited(format: InputFormat): format is 'csv' | 'tsv' {
  return format === 'csv' || format === 'tsv';
}

/** Whether records of a format are rows under the names of columns. */
export function isTable(format: InputFormat): boolean {
  return isDelimited(format) || isContainer(format);
}

/** Whether a file of a format is read and written as a whole: its index stands at its end. */
export function isContainer(format: InputFormat): format is 'parquet' | 'xlsx' {
  return format === 'parquet' || format === 'xlsx';
}

/** Facts about the input that are known before its first row. */
export interface RecordsHead {
  /** Path of the first input as given, `-` for stdin. */
  file: string;
  format: InputFormat;
  /** One character; undefined for JSON, and for lines that are a text each. */
  delimiter: string | undefined;
  /** How cells are quoted in CSV and TSV. */
  quoting: Quoting;
  /** WHATWG name, for example `utf-8`. */
  encoding: string;
  compression: Compression | undefined;
  byteOrderMark: boolean;
  newline: Newline;
  /**
   * The header, or `column_1`, `column_2`, ... when there is none, or the keys of the first JSON object in
   * their order; empty when JSONL has no row.
   */
  columns: string[];
  /** How the columns of a Parquet file are stored there. */
  parquet?: readonly ParquetColumn[] | undefined;
  /** Rows at the start of each input that explain the header; `rows` gives them out, each as one that `isHeader`. */
  headerRows: number;
  /** Texts of the questions that a survey asked, by column, where such a row holds them. */
  questions: string[] | undefined;
  /** What people should know about how the input is read. */
  notices: string[];
  /** Whether the columns were named by the input; false only for CSV and TSV without header. */
  hasHeader: boolean;
  /** Size in bytes of all inputs as stored (compressed), undefined when one is not a regular file. */
  totalBytes: number | undefined;
}
