import { type Newline } from './delimited-record.ts';

/** Records at the start of a table that a look at it is taken from. */
export const sampledRecords = 100;
/** Bytes of records that are kept for such a look at most, but for the first. */
export const sampledBytes = 1024 * 1024;

export interface Splitting {
  delimiter: string;
  newline: Newline;
  /** '' where no cell is quoted. */
  quote: string;
  /** Whether the text is all of the file, so that its last record counts. */
  complete: boolean;
}

/** A record at the start of a table, read without regard to whether it is a good one. */
export interface SampleRecord {
  /** Line on which it starts, from 1. */
  line: number;
  /** As they stand, quotes included. */
  cells: string[];
}

/** The first records of a text, blank lines and a last record that is cut left out. */
export function sampleRecords(
  text: string,
  { delimiter, newline, quote, complete }: Splitting,
): SampleRecord[] {
  const lineEnd = newline === '\r' ? '\r' : '\n';
  const records: SampleRecord[] = [];
  let cells: string[] = [];
  let cellStart = 0;
  let recordStart = 0;
  let [line, startLine] = [1, 1];
  let isQuoted = false;
  const endCell = (end: number): void => {
    cells.push(text.slice(cellStart, end).replace(/\r+$/u, ''));
    cellStart = end + 1;
  };
  const endRecord = (end: number): void => {
    endCell(end);
    if (text.slice(recordStart, end).trim() !== '') records.push({ line: startLine, cells });
    cells = [];
    recordStart = cellStart;
    startLine = line;
  };
  for (let at = 0; at < text.length && records.length < sampledRecords; at++) {
    const character = text[at];
    if (character === lineEnd) line++;
    if (character === quote && (isQuoted || at === cellStart)) {
      if (isQuoted && text[at + 1] === quote) at++;
      else isQuoted = !isQuoted;
    } else if (isQuoted) {
      continue;
    } else if (character === delimiter) {
      endCell(at);
    } else if (character === lineEnd) {
      endRecord(at);
    }
  }
  const isCut = !complete && records.length > 0;
  if (records.length < sampledRecords && recordStart < text.length && !isCut) endRecord(text.length);
  return records;
}

/** What a quoted cell says. */
export function unquoted(cell: string, quote: string): string {
  if (quote === '' || cell.length < 2 || !cell.startsWith(quote) || !cell.endsWith(quote)) return cell;
  return cell.slice(1, -1).replaceAll(quote + quote, quote);
}
