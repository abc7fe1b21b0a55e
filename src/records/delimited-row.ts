import type { DelimitedRecord } from './delimited-record.ts';
import type { RejectReason } from './row-fault.ts';
import type { Row, RowChange } from './row.ts';

/** A row of CSV or TSV; decodes its cells only when they are asked for. */
export class DelimitedRow implements Row {
  readonly ordinal: number;
  readonly file: string;
  readonly line: number;
  readonly byteOffset: number;
  readonly texts: string[];
  textNotes: number[] | undefined = undefined;
  readonly isHeader: boolean;
  change: RowChange | undefined = undefined;
  readonly rejected?: RejectReason;
  readonly #record: DelimitedRecord;

  constructor(
    ordinal: number,
    file: string,
    record: DelimitedRecord,
    textPlaces: number[],
    isHeader: boolean,
  ) {
    this.ordinal = ordinal;
    this.file = file;
    this.line = record.line;
    this.byteOffset = record.byteOffset;
    this.isHeader = isHeader;
    this.#record = record;
    if (record.rejected !== undefined) this.rejected = record.rejected;
    this.texts = textPlaces.map((place) =>
      place === -1 || isHeader || record.rejected !== undefined ? '' : record.cell(place),
    );
  }

  get record(): DelimitedRecord | undefined {
    return this.#record.rejected === undefined ? this.#record : undefined;
  }

  get cells(): string[] | undefined {
    return this.record?.cells();
  }

  cell(place: number): string {
    return this.record?.cell(place) ?? '';
  }

  alone(): Row {
    const { ordinal, file, isHeader } = this;
    const row: Row = new DelimitedRow(ordinal, file, this.#record.alone(), [], isHeader);
    row.texts.push(...this.texts);
    row.textNotes = this.textNotes;
    row.change = this.change;
    const { cellPlaces } = this as Row;
    if (cellPlaces !== undefined) row.cellPlaces = cellPlaces;
    return row;
  }
}
