import type { CellValue, TypedText } from './cell-value.ts';
import { dateSerial, type FormattedNumber } from './sheet-dates.ts';
import { sheetFrame, stylesPart } from './workbook-parts.ts';

/** Characters that a cell can hold. */
export const mostCellCharacters = 32_767;
/** Digits of a number that a sheet keeps. */
const keptDigits = 15;
/** Formats that one workbook can have; numbers beyond keep their values alone. */
const mostFormats = 1000;

/** Writes the rows of a sheet as XML. */
export class SheetXml {
  readonly start = sheetFrame.start;
  readonly end = sheetFrame.end;
  /** Rows written so far, the header included. */
  rows = 0;
  readonly #columns: string[];
  /** Codes of the formats that were needed, with the numbers of their styles. */
  readonly #formats = new Map<string, number>();

  constructor(columns: number) {
    this.#columns = Array.from({ length: columns }, (_, place) => columnName(place));
  }

  row(values: readonly CellValue[]): string {
    const number = ++this.rows;
    let cells = '';
    for (const [place, value] of values.entries()) {
      if (value !== null && value !== '') cells += this.#cell(`${this.#columns[place]}${number}`, value);
    }
    return `<row r="${number}">${cells}</row>`;
  }

  styles(): string {
    return stylesPart([...this.#formats.keys()].map(escaped));
  }

  #cell(place: string, value: NonNullable<CellValue>): string {
    if (typeof value === 'string') return textCell(place, value);
    if (typeof value === 'boolean') return `<c r="${place}" t="b"><v>${value ? 1 : 0}</v></c>`;
    if (typeof value === 'number') {
      return Number.isFinite(value) ? `<c r="${place}"><v>${value}</v></c>` : textCell(place, String(value));
    }
    if (typeof value === 'bigint') return numberCell(place, String(value));
    if (isFormatted(value)) return this.#formattedCell(place, value);
    if (value.kind === 'number') return numberCell(place, value.text);
    const date = value.kind === 'date' ? dateSerial(value.text) : undefined;
    return date === undefined ? textCell(place, value.text) : this.#formattedCell(place, date);
  }

  #formattedCell(place: string, { serial, format }: Pick<FormattedNumber, 'serial' | 'format'>): string {
    let style = this.#formats.get(format);
    if (style === undefined && this.#formats.size < mostFormats) {
      style = this.#formats.size + 1;
      this.#formats.set(format, style);
    }
    return `<c r="${place}" s="${style ?? 0}"><v>${serial}</v></c>`;
  }
}

function isFormatted(value: TypedText): value is FormattedNumber {
  return 'serial' in value;
}

/** A number of more digits than a sheet keeps stays text. */
function numberCell(place: string, text: string): string {
  const digits = text.replace(/e.*$/iu, '').replaceAll(/\D/gu, '').replace(/^0+/u, '');
  return digits.length > keptDigits || !Number.isFinite(Number(text))
    ? textCell(place, text)
    : `<c r="${place}"><v>${Number(text)}</v></c>`;
}

function textCell(place: string, text: string): string {
  return `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`;
}

/** Text as XML holds it; what it cannot hold becomes `_x0008_`, and what looks like that gets one more escape. */
function escaped(text: string): string {
  const plain = text
    .replaceAll(/_(?=x[\dA-F]{4}_)/giu, '_x005F_')
    .replaceAll(/[^\P{Cc}\t\n\x7f-\x9f]|[\ufffe\uffff]/gu, codeOf);
  if (!/[&<>"]/u.test(plain)) return plain;
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function codeOf(character: string): string {
  return `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
}

function columnName(place: number): string {
  const letter = String.fromCharCode(65 + (place % 26));
  return place < 26 ? letter : columnName(Math.floor(place / 26) - 1) + letter;
}
