import type { Readable } from 'node:stream';
import type { InvalidText } from './decode-bytes.ts';
import type { InputFormat } from './row.ts';

/** Longest record where nobody says otherwise; bounds memory. */
export const defaultMaxRowBytes = 64 * 1024 * 1024;

/** What is to be read, and how. */
export interface RecordsOptions {
  /** Paths, read one after another as one stream; `-` is `stdin`. */
  inputs: string[];
  /** In place of the format by extension and content. */
  from?: InputFormat | undefined;
  /** One character, in place of the one detected; `\t` may be written with a backslash. */
  delimiter?: string | undefined;
  /** WHATWG label for files without byte order mark, `utf-8` by default. */
  encoding?: string | undefined;
  /** What becomes of bytes that are not valid in the encoding, of any encoding; `error` by default. */
  invalidUtf8?: InvalidText | undefined;
  /** The character around cells, `none` where quotes are text; `"` by default. */
  quote?: string | undefined;
  /** A character that takes its meaning from a quote, delimiter or line end behind it; none by default. */
  escape?: string | undefined;
  /** Sheet of a workbook, by name or number from 1; the only one with rows by default. */
  sheet?: string | undefined;
  /** Lines before the header of CSV and TSV that are left out. */
  skipRows?: number | undefined;
  /** Rows of the header of CSV and TSV, names included, in place of those recognised. */
  headerRows?: number | undefined;
  /** Whether the first record of CSV and TSV names the columns; true by default. */
  header?: boolean | undefined;
  /** Longest record in bytes of UTF-8 without its line end, 64 MiB by default; bounds memory. */
  maxRowBytes?: number | undefined;
  /**
   * Give out a record that cannot be read as a {@link Row} that is `rejected`, in its place among the
   * others, instead of ending with an error. A bad header, and everything that is wrong with a file as
   * a whole, is still an error.
   */
  rejectRows?: boolean | undefined;
  /**
   * Of JSONL, make every line a row, blank ones too (without text), and give each out as soon as it is read:
   * whether any row has the wanted texts is then not looked at, and `head` is that of the first line.
   */
  everyLine?: boolean | undefined;
  /** Columns that are wanted for something else than their texts; paths of JSON that no row has are an error. */
  columns?: string[] | undefined;
  /** Score texts that are no answers, such as `n/a`, too; false by default. */
  keepNonAnswers?: boolean | undefined;
  /** Keep where each character of a text without its markup comes from; false by default. */
  keepPlaces?: boolean | undefined;
  stdin?: Readable | undefined;
  /** Called with the bytes of each read, before decompression, and the place of their input in `inputs`. */
  onBytes?: ((bytes: Uint8Array, input: number) => void) | undefined;
}
