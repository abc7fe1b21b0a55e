import { stringify } from 'csv-stringify/sync';

/** Lines of CSV for tables that voxpop makes itself. */
export function csvLines(records: readonly (readonly string[])[]): string {
  return stringify(
    records.map((record) => [...record]),
    { record_delimiter: '\n', eof: true },
  );
}
