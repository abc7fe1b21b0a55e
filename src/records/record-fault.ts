import { type RowFault, tooLongFault } from './row-fault.ts';

/** Where a cell starts. */
export interface CellPlace {
  line: number;
  /** Number of the field in its record, from 1. */
  column: number;
}

/** What tells which option reads a file whose quotes are not as RFC 4180 has them. */
export interface QuoteContext {
  delimiter: string;
  quote: string;
  /** Whether a backslash stands before the quote. */
  isAfterBackslash: boolean;
}

/** Tabs come from databases and spreadsheets that put nothing between quotes. */
function ifUnquoted({ delimiter }: QuoteContext): string {
  return delimiter === '\t'
    ? 'If quotes mean nothing in this file, as in those of databases and Google Sheets: `--quote none`.'
    : 'If quotes mean nothing in this file: `--quote none`.';
}

export function quoteNotClosed(place: CellPlace, context: QuoteContext): RowFault {
  return {
    code: 'QUOTE_NOT_CLOSED',
    message: 'expected a closing quote, found the end of the file',
    ...place,
    hint: `${ifUnquoted(context)} Else close the quote, or write a quote that is part of the text twice.`,
  };
}

export function textAfterQuote(place: CellPlace, context: QuoteContext): RowFault {
  const twice = `Write a quote inside a quoted cell twice: \`${context.quote}${context.quote}\`.`;
  const hint = context.isAfterBackslash
    ? `Quotes seem to be escaped by a backslash: \`--escape '\\'\`.`
    : context.delimiter === '\t'
      ? `${ifUnquoted(context)} ${twice}`
      : `${twice} Or a quote before it was never closed. ${ifUnquoted(context)}`;
  return {
    code: 'STRAY_QUOTE',
    message: 'expected a delimiter or a line end after the quote that closes the cell, found more text',
    ...place,
    hint,
  };
}

export function blanksBeforeQuote(place: CellPlace, context: QuoteContext): RowFault {
  return {
    code: 'STRAY_QUOTE',
    message: 'expected no blanks before the quote that opens a cell, found some',
    ...place,
    hint: `Take out the blanks; or put the whole cell in quotes and write the quotes inside it twice. ${ifUnquoted(context)}`,
  };
}

/**
 * The fault of a record that is longer than allowed.
 * @param open - the cell whose quote is still open
 */
export function recordTooLong(line: number, maxRowBytes: number, open: CellPlace | undefined): RowFault {
  if (open === undefined) return tooLongFault(line, maxRowBytes, '');
  const detail = '; the quote that opens here is not closed before';
  return { ...tooLongFault(line, maxRowBytes, detail), ...open };
}

/** @param isWrapped - whether the row is a single quoted cell that would split into as many fields */
export function raggedRow(line: number, expected: number, found: number, isWrapped: boolean): RowFault {
  const hint = isWrapped
    ? 'The row is quoted as a whole: take its outer quotes off, and make each two quotes inside one.'
    : expected === 1
      ? 'Quote the value; or, when each line is one text, name a delimiter that does not occur: `--delimiter "\\t"`.'
      : 'Look for a delimiter or line break in a cell that is not quoted, or name the right `--delimiter`.';
  const message = `expected ${expected} ${expected === 1 ? 'field' : 'fields'} as in the header, found ${found}`;
  return { code: 'RAGGED_ROW', message, line, hint };
}
