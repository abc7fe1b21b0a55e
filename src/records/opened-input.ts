import type { FormatReader, ResumedText, RowPlace } from './format-reader.ts';
import type { RecordsHead } from './row.ts';

/** One input, opened, with what was found out about it. */
export interface OpenInput {
  head: RecordsHead;
  reader: FormatReader;
  /** Whether `readOn` is possible. */
  canStart: boolean;
  /** Opens the input again, at the start of a row. */
  readOn: (place: RowPlace) => Promise<ResumedText & { close(): Promise<void> }>;
  close(): Promise<void>;
}
