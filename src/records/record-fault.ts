import { type RowFault, tooLongFault } from './row-fault.ts';

/** Where a cell starts. */
export interface CellPlace {
  line: number;
  /** Number of the field in its record, from 1. */
  column: number;
}

export function quoteNotClosed(place: CellPlace): RowFault {
  return {
    code: 'QUOTE_NOT_CLOSED',
    message: 'expected a closing quote, found the end of the file',
    ...place,
    hint: 'The cell that starts here opens with `"`; close it, or double a quote that is part of the text.',
  };
}

export function textAfterQuote(place: CellPlace): RowFault {
  return {
    code: 'STRAY_QUOTE',
    message: 'expected a delimiter or a line end after the quote that closes the cell, found more text',
    ...place,
    hint: 'Write a quote inside a quoted cell twice: `""`. Or a quote before it was never closed.',
  };
}

export function blanksBeforeQuote(place: CellPlace): RowFault {
  return {
    code: 'STRAY_QUOTE',
    message: 'expected no blanks before the quote that opens a cell, found some',
    ...place,
    hint: 'Take out the blanks; or put the whole cell in quotes and write the quotes inside it twice: `""`.',
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

export function raggedRow(line: number, expected: number, found: number): RowFault {
  const hint =
    expected === 1
      ? 'Quote the value; or, when each line is one text, name a delimiter that does not occur: `--delimiter "\\t"`.'
      : 'Look for a delimiter or line break in a cell that is not quoted, or name the right `--delimiter`.';
  const message = `expected ${expected} ${expected === 1 ? 'field' : 'fields'} as in the header, found ${found}`;
  return { code: 'RAGGED_ROW', message, line, hint };
}
