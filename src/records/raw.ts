import { stringify } from 'csv-stringify/sync';
import { isSameDialect } from './delimited-record.ts';
import { keptColumns } from './kept-columns.ts';
import type { RecordsHead, Row } from './row.ts';

/**
 * The record of a row that was read well, without line end, for rows that are rejected later on: the line of
 * JSONL as it stood; a record of CSV or TSV as it stood, too, or made again from its cells where the delimiter
 * of the first input is another one.
 * For a row that is rejected already, what was kept of it.
 */
export function rawOf(row: Row, head: RecordsHead): string {
  if (row.rejected !== undefined) return row.rejected.raw;
  const { record } = row;
  if (record === undefined)
    return row.json ?? (row.value === undefined ? '' : keptColumns(head, undefined).record(row));
  const { delimiter = ',', newline, quoting } = head;
  if (isSameDialect(record.dialect, { ...quoting, delimiter, newline })) return record.text();
  return stringify([record.cells()], {
    delimiter,
    record_delimiter: newline,
    quote_record_delimiter: true,
    eof: false,
  });
}
