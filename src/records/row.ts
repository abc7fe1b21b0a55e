/** One input record; holds `cells` when it was read from CSV or TSV, `json` when from JSONL. */
export interface Row {
  /** Place among the rows of all inputs, from 0. */
  ordinal: number;
  /** Path as given, `-` for stdin. */
  file: string;
  /** Line on which the record starts, from 1. */
  line: number;
  /** One per text column, '' where the value is missing or null. */
  texts: string[];
  /** All values of a delimited record, exactly as read. */
  cells?: string[];
  /** The record as it stood in a JSONL file, without its line end. */
  json?: string;
}

export type RecordFormat = 'csv' | 'tsv' | 'jsonl';

/** Whether records of a format are cells under a header. */
export function isDelimited(format: RecordFormat): format is 'csv' | 'tsv' {
  return format !== 'jsonl';
}

/** What was found out about the input before its first row. */
export interface RecordsHead {
  format: RecordFormat;
  /** One character; undefined for JSONL. */
  delimiter: string | undefined;
  /** WHATWG name, for example `utf-8`. */
  encoding: string;
  gzip: boolean;
  byteOrderMark: boolean;
  newline: Newline;
  /** The header, or the keys of the first JSON object in their order; empty when JSONL has no row. */
  columns: string[];
  /** Size in bytes of all inputs as stored (compressed), undefined when one is not a regular file. */
  totalBytes: number | undefined;
}

/** `\r` only for files of classic Mac OS that hold no line feed at all. */
export type Newline = '\n' | '\r\n' | '\r';
