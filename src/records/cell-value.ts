/**
 * A value of a cell in a file whose cells have types. What JavaScript has no type for is its text: numbers with more
 * digits than a double holds, dates and times (ISO 8601), and lists or objects (JSON).
 */
export type CellValue = null | string | number | bigint | boolean | TypedText;

export interface TypedText {
  /** `text` is what a sheet shows of a number that is no amount, such as an id with zeros in front. */
  kind: 'number' | 'date' | 'json' | 'text';
  text: string;
}

/** A value as it stands in CSV; nothing for null. */
export function cellText(value: CellValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? value.text : String(value);
}

/** A value as it stands in JSON; a number that JSON has no way to write is null. */
export function cellJson(value: CellValue): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'object' && value !== null) {
    return value.kind === 'date' || value.kind === 'text' ? JSON.stringify(value.text) : value.text;
  }
  return JSON.stringify(value);
}
