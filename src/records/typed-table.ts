import type { CellValue } from './cell-value.ts';
import { cellText } from './cell-value.ts';
import { columnPlace, columnReference } from './column-place.ts';
import { type FormatReader, type RowsRequest, skipItems } from './format-reader.ts';
import type { HeaderRows } from './header-rows.ts';
import type { Lookahead } from './lookahead.ts';
import type { Row } from './row.ts';
import { ColumnNames, RepeatedHeaders } from './header-texts.ts';
import { sampledRecords } from './sample-records.ts';
import { TypedRow } from './typed-row.ts';

/** A row of a table with types, as its file holds it. */
export interface TypedRecord {
  /** Number of the row in its sheet or file, from 1. */
  line: number;
  /** As many as there are columns. */
  values: readonly unknown[];
}

export interface TypedTable {
  file: string;
  columns: string[];
  /** What a value is, as the file's format gives it out. */
  toValue: (place: number, value: unknown) => CellValue;
  /** The rows behind the names of the columns. */
  records: Lookahead<TypedRecord>;
  header: HeaderRows;
  notices?: () => string[];
}

/** Reads the rows of a table with types. */
export function typedReader(table: TypedTable): FormatReader {
  const { file, columns, toValue, records, header } = table;
  const repeats = new RepeatedHeaders();
  const names = new ColumnNames(columns);
  return {
    columns,
    newline: '\n',
    headerRows: header.count,
    questions: header.questions,
    sample: async () => {
      const rows = (await records.first(sampledRecords)).slice(header.count);
      return columns.map((_, place) => ({
        reference: columnReference(columns, place),
        values: rows.map(({ values }) => cellText(toValue(place, values[place]))),
      }));
    },
    notices: () => [...(table.notices?.() ?? []), ...repeats.notices('row')],
    rows: (request) => toRows(table, request),
    async *places() {
      for await (const batch of records.all()) yield batch.map(({ line }) => ({ line, byteOffset: 0 }));
    },
  };

  /** Whether a row holds the names of the columns, as where tables were put together. */
  function repeatsNames(values: readonly unknown[]): boolean {
    return names.areIn((place) => cellText(toValue(place, values[place])));
  }

  async function* toRows(_: TypedTable, request: RowsRequest): AsyncGenerator<Row[]> {
    const textPlaces = request.textColumns.map((column) => columnPlace(columns, column));
    const shared = { file, toValue, textPlaces };
    let { ordinal } = request;
    let place = request.skip;
    for await (const batch of skipItems(records.all(), request.skip)) {
      yield batch.map(({ line, values }) => {
        const isRepeat = repeatsNames(values);
        if (isRepeat) repeats.add(line);
        const isHeader = place++ < header.count || isRepeat;
        return new TypedRow({ ordinal: ordinal++, line, isHeader }, values, shared);
      });
    }
  }
}
