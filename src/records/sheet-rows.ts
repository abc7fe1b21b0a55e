import { StringDecoder } from 'node:string_decoder';
import { InputError } from '../errors.ts';
import { xmlReader } from '../text/xml.ts';
import type { CellValue } from './cell-value.ts';
import { formattedNumber } from './sheet-dates.ts';
import type { TypedRecord } from './typed-table.ts';

/** Columns that a sheet can have. */
export const mostColumns = 16_384;

/** What the cells of a sheet refer to. */
export interface SheetContext {
  file: string;
  strings: readonly string[];
  /** Codes of the formats of numbers, by the styles that cells name; undefined for plain numbers. */
  formats: readonly (string | undefined)[];
  isFrom1904: boolean;
  /** Longest row, in characters. */
  maxRowCharacters: number;
  /** Called for a cell with a formula whose value nobody has computed. */
  onUnknown: (line: number) => void;
  /** Called for a row that holds something and that the sheet does not show, as filters leave them. */
  onHidden: (line: number) => void;
}

/**
 * The rows of a sheet that hold something, each with the number that it has in the sheet.
 * @param xml - of the sheet
 * @throws {InputError} for a row that is too long
 */
export async function* sheetRows(
  xml: AsyncIterable<Buffer>,
  context: SheetContext,
): AsyncGenerator<TypedRecord[]> {
  let rows: TypedRecord[] = [];
  let line = 0;
  let isHidden = false;
  let values: CellValue[] = [];
  let place = 0;
  let cell: Record<string, string> = {};
  let text = '';
  let isInText = false;
  let isAside = false;
  let hasFormula = false;
  let size = 0;
  const reader = await xmlReader({
    open(name, attributes) {
      if (name === 'row') {
        line = attributes.r === undefined ? line + 1 : Number(attributes.r);
        isHidden = attributes.hidden === '1' || attributes.hidden === 'true';
        values = [];
        place = 0;
        size = 0;
      } else if (name === 'c') {
        cell = attributes;
        place = placeOf(attributes.r) ?? place;
        if (place >= mostColumns) throw tooLong(context.file, line, `a cell in column ${place + 1}`);
        text = '';
        hasFormula = false;
      } else if (name === 'v' || name === 't') isInText = true;
      else if (name === 'rPh') isAside = true;
      else if (name === 'f') hasFormula = true;
    },
    text(piece) {
      if (!isInText || isAside) return;
      text += piece;
      size += piece.length;
      if (size > context.maxRowCharacters) throw tooLong(context.file, line, `${size} characters`);
    },
    close(name) {
      if (name === 'v' || name === 't') isInText = false;
      else if (name === 'rPh') isAside = false;
      else if (name === 'c') {
        const value = cellValue(cell, text, context);
        if (hasFormula && text === '' && cell.t !== 'str') context.onUnknown(line);
        if (value !== null) {
          while (values.length < place) values.push(null);
          values[place] = value;
        }
        place++;
      } else if (name === 'row' && values.length > 0) {
        if (isHidden) context.onHidden(line);
        rows.push({ line, values });
      }
    },
  });
  const decoder = new StringDecoder('utf8');
  for await (const chunk of xml) {
    reader.write(decoder.write(chunk));
    if (rows.length === 0) continue;
    yield rows;
    rows = [];
  }
  reader.end();
  if (rows.length > 0) yield rows;
}

/** The texts that cells name by their number. */
export async function sharedStrings(xml: AsyncIterable<Buffer>, mostCharacters: number): Promise<string[]> {
  const strings: string[] = [];
  let text = '';
  let isInText = false;
  let isAside = false;
  let size = 0;
  const reader = await xmlReader({
    open(name) {
      if (name === 'si') text = '';
      else if (name === 't') isInText = true;
      else if (name === 'rPh') isAside = true;
    },
    text(piece) {
      if (!isInText || isAside) return;
      text += piece;
      size += piece.length;
      if (size > mostCharacters) throw new Error(`more than ${mostCharacters} characters of text`);
    },
    close(name) {
      if (name === 't') isInText = false;
      else if (name === 'rPh') isAside = false;
      else if (name === 'si') strings.push(withoutEscapes(text));
    },
  });
  const decoder = new StringDecoder('utf8');
  for await (const chunk of xml) reader.write(decoder.write(chunk));
  reader.end();
  return strings;
}

/** The column of a cell such as `BC12`, from 0. */
function placeOf(reference: string | undefined): number | undefined {
  const letters = /^\$?([A-Z]{1,4})/u.exec(reference ?? '')?.[1];
  if (letters === undefined) return undefined;
  let place = 0;
  for (const letter of letters) place = place * 26 + (letter.charCodeAt(0) - 64);
  return place - 1;
}

function cellValue(
  { t: type, s: style }: Record<string, string>,
  text: string,
  context: SheetContext,
): CellValue {
  if (text === '') return null;
  if (type === 's') return context.strings[Number(text)] || null;
  if (type === 'b') return text === '1' || text === 'true';
  if (type === 'd') return { kind: 'date', text };
  if (type !== undefined && type !== 'n') return withoutEscapes(text);
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  // Programs write ids with more digits than a number holds.
  if (/^-?\d+$/u.test(text) && !Number.isSafeInteger(number)) return BigInt(text);
  return formattedNumber(number, context.formats[Number(style ?? 0)], context.isFrom1904);
}

/** Characters that XML cannot hold are written as `_x0008_`, and what looks like that with one more escape. */
function withoutEscapes(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replaceAll(/_x([\dA-F]{4})_/giu, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function tooLong(file: string, line: number, found: string): InputError {
  return new InputError(
    'ROW_TOO_LONG',
    `expected rows as long as a sheet can have, found ${found}`,
    { file, line },
    { hint: 'Allow longer rows with `--max-row-bytes`, or look at the sheet.' },
  );
}
