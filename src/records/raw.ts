import { stringify } from 'csv-stringify/sync';
import type { RecordsHead, Row } from './row.ts';

/**
 * The record of a row that was read well, without line end, for rows that are rejected later on: the line of
 * JSONL as it stood; a record of CSV or TSV made again from its cells, with the delimiter of the first input.
 * For a row that is rejected already, what was kept of it.
 */
export function rawOf(row: Row, head: RecordsHead): string {
  if (row.rejected !== undefined) return row.rejected.raw;
  if (row.cells === undefined) return row.json ?? '';
  return stringify([row.cells], {
    delimiter: head.delimiter ?? ',',
    record_delimiter: head.newline,
    quote_record_delimiter: true,
    eof: false,
  });
}
