import { type CellValue, cellText } from './cell-value.ts';
import type { Row, RowChange } from './row.ts';

/** What all rows of a table with types share. */
export interface TypedColumns {
  file: string;
  /** What a value is, as the file's format gives it out. */
  toValue: (place: number, value: unknown) => CellValue;
  textPlaces: readonly number[];
}

/** A row of a table whose cells have types. */
export class TypedRow implements Row {
  readonly ordinal: number;
  readonly file: string;
  readonly line: number;
  readonly byteOffset = 0;
  readonly texts: string[];
  textNotes: number[] | undefined = undefined;
  change: RowChange | undefined = undefined;
  readonly isHeader: boolean;
  readonly values: readonly unknown[];
  readonly #toValue: TypedColumns['toValue'];

  constructor(
    { ordinal, line, isHeader }: Pick<Row, 'ordinal' | 'line'> & { isHeader: boolean },
    values: readonly unknown[],
    { file, toValue, textPlaces }: TypedColumns,
  ) {
    this.ordinal = ordinal;
    this.file = file;
    this.line = line;
    this.isHeader = isHeader;
    this.values = values;
    this.#toValue = toValue;
    this.texts = textPlaces.map((place) => (place === -1 || isHeader ? '' : this.cell(place)));
  }

  value(place: number): CellValue {
    return this.#toValue(place, this.values[place]);
  }

  cell(place: number): string {
    return cellText(this.value(place));
  }

  get cells(): string[] {
    return this.values.map((_, place) => this.cell(place));
  }
}
