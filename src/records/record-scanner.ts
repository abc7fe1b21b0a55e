import { isUtf8 } from 'node:buffer';
import {
  faultError,
  invalidTextFault,
  maxRawBytes,
  rejectReason,
  type RowFault,
  tooLongFault,
} from './row-fault.ts';
import type { Newline, RejectReason } from './row.ts';

const quote = 0x22;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** Text scanned before its records are handed on. */
const batchBytes = 64 * 1024;
const smallestBuffer = 2 * batchBytes;

export interface ScannerOptions {
  /** Named in errors. */
  file: string;
  delimiter: string;
  newline: Newline;
  /** Longest record, without its line end. */
  maxRowBytes: number;
  /** Whether records may hold bytes that are not UTF-8, which makes them bad ones. */
  mayBeInvalid: boolean;
  /** Whether a bad record is data; else it is thrown. The first record is always thrown. */
  rejectRows: boolean;
  /** Line of the first byte, from 1. */
  line: number;
  /** Offset of the first byte, from 0. */
  byteOffset: number;
}

export interface ScannedRecord {
  /** Empty when rejected. */
  cells: string[];
  /** Of its first byte. */
  line: number;
  byteOffset: number;
  rejected?: RejectReason;
}

type State =
  /** At the first byte of a cell. */
  | 'start'
  /** In a cell without quotes around it. */
  | 'plain'
  /** Between quotes. */
  | 'quoted'
  /** After a quote in a quoted cell: it is the end, or the first of two. */
  | 'closing'
  /** In the rest of a line that belongs to a bad record. */
  | 'skipping';

/**
 * Cuts bytes of CSV or TSV into records of equal width: RFC 4180, line ends mixed at will, cells exactly
 * as they are. A quote inside a cell that does not start with one is part of the text, as in `5" screen`,
 * unless only blanks stand before it, where nobody can tell what was meant.
 *
 * Where reading goes on after a bad record: after the line in which the quote opens that is never closed,
 * or that is followed by more text after its end, or that makes the record too long; else after the line
 * on which the record ends. So one bad quote costs one line, and records and rejects together are the file.
 * The lines of a cell whose quotes are wrong are then read as records of their own.
 *
 * It does not depend on how the bytes are cut into chunks. Memory: `maxRowBytes` and a few chunks.
 */
export class RecordScanner {
  readonly #options: ScannerOptions;
  readonly #delimiter: Buffer;
  readonly #lineEnd: number;
  /** Fields of the first record. */
  #width: number | undefined;

  #buffer = Buffer.allocUnsafeSlow(smallestBuffer);
  /** Bytes in use. The places below are counted within the buffer. */
  #length = 0;
  #recordStart = 0;
  #at = 0;
  #cellStart = 0;
  /** Offset of the buffer's first byte in the input. */
  #base: number;
  /** Line on which the record starts. */
  #line: number;

  #state: State = 'start';
  #cells: string[] = [];
  /** Whether the record holds a quoted cell, and so perhaps line ends. */
  #hasQuotes = false;
  /** Whether the quoted cell holds doubled quotes. */
  #hasDoubled = false;
  #isBlankSoFar = true;
  /** While skipping: why, and how many bytes were dropped from the end of the buffer. */
  #fault: RowFault | undefined;
  #dropped = 0;

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#delimiter = Buffer.from(options.delimiter);
    this.#lineEnd = options.newline === '\r' ? carriageReturn : lineFeed;
    this.#line = options.line;
    this.#base = options.byteOffset;
  }

  /**
   * The records that a chunk completes, in batches that are never empty.
   * @param chunk - does not end inside a character; undefined at the end of the input
   * @throws {InputError} on a bad record that is not to be rejected, after the records before it.
   */
  *scan(chunk: Buffer | undefined): Generator<ScannedRecord[]> {
    if (chunk !== undefined) this.#append(chunk);
    const isEnd = chunk === undefined;
    let batch: ScannedRecord[] = [];
    let batchEnd = this.#recordStart + batchBytes;
    for (;;) {
      let record: ScannedRecord | undefined;
      try {
        record = this.#next(isEnd);
      } catch (error) {
        if (batch.length > 0) yield batch;
        throw error;
      }
      if (record === undefined) break;
      if (record === blankLine) continue;
      batch.push(record);
      if (this.#recordStart < batchEnd) continue;
      yield batch;
      batch = [];
      batchEnd = this.#recordStart + batchBytes;
    }
    if (batch.length > 0) yield batch;
  }

  /** Makes room by dropping what was read, and puts a chunk at the end. */
  #append(chunk: Buffer): void {
    const start = this.#recordStart;
    const kept = this.#length - start;
    const needed = kept + chunk.length;
    const isTooLarge = this.#buffer.length > smallestBuffer && needed < this.#buffer.length / 8;
    if (needed > this.#buffer.length || isTooLarge) {
      const size = isTooLarge ? smallestBuffer : this.#buffer.length * 2;
      const larger = Buffer.allocUnsafeSlow(Math.max(size, needed));
      this.#buffer.copy(larger, 0, start, this.#length);
      this.#buffer = larger;
    } else if (start > 0) {
      this.#buffer.copyWithin(0, start, this.#length);
    }
    chunk.copy(this.#buffer, kept);
    this.#length = needed;
    this.#base += start;
    this.#recordStart = 0;
    this.#at -= start;
    this.#cellStart -= start;
  }

  /** The next record; undefined when it takes more bytes to tell. */
  #next(isEnd: boolean): ScannedRecord | undefined {
    const buffer = this.#buffer;
    const lineEnd = this.#lineEnd;
    const first = this.#delimiter[0];
    // Just enough for the longest record and its line end, so that chunks make no difference.
    const longest = this.#recordStart + this.#options.maxRowBytes + 2;
    const limit = Math.min(this.#length, longest);
    while (this.#state !== 'skipping' && this.#at < limit) {
      const byte = buffer[this.#at];
      switch (this.#state) {
        case 'start':
          this.#isBlankSoFar = true;
          if (byte === quote) {
            this.#state = 'quoted';
            this.#hasQuotes = true;
            this.#hasDoubled = false;
            this.#at++;
          } else {
            this.#state = 'plain';
          }
          break;
        case 'plain':
          if (byte === first && this.#isDelimiter()) {
            this.#endCell(this.#at);
          } else if (byte === lineEnd) {
            return this.#endRecord(this.#lineContentEnd(this.#cellStart, this.#at), this.#at + 1);
          } else if (byte === quote && this.#isBlankSoFar) {
            return this.#fail(this.#blankThenQuote(), isEnd);
          } else {
            this.#skipPlain(limit);
          }
          break;
        case 'quoted':
          this.#at = this.#findQuote(limit);
          if (this.#at < limit) {
            this.#state = 'closing';
            this.#at++;
          }
          break;
        case 'closing':
          if (byte === quote) {
            this.#hasDoubled = true;
            this.#state = 'quoted';
            this.#at++;
          } else if (byte === first && this.#isDelimiter()) {
            this.#endCell(this.#at);
          } else if (byte === lineEnd) {
            return this.#endRecord(this.#at, this.#at + 1);
          } else if (byte === carriageReturn && this.#at + 1 === this.#length && !isEnd) {
            return undefined;
          } else if (byte === carriageReturn && this.#isLineEndOrEnd(this.#at + 1)) {
            return this.#endRecord(this.#at, Math.min(this.#at + 2, this.#length));
          } else {
            return this.#fail(this.#strayQuote(), isEnd);
          }
          break;
      }
    }
    if (this.#state === 'skipping') return this.#skip(isEnd);
    if (this.#at >= longest) return this.#fail(this.#tooLong(this.#state === 'quoted'), isEnd);
    return isEnd ? this.#endInput() : undefined;
  }

  /** Over at least one byte, and all that mean nothing after it; the hot loop of a file without quotes. */
  #skipPlain(limit: number): void {
    const buffer = this.#buffer;
    const lineEnd = this.#lineEnd;
    const first = this.#delimiter[0];
    let isBlank = this.#isBlankSoFar;
    let at = this.#at;
    let byte = buffer[at];
    do {
      if (byte !== 0x20 && byte !== 0x09) isBlank = false;
      byte = buffer[++at];
    } while (at < limit && byte !== first && byte !== lineEnd && (byte !== quote || !isBlank));
    this.#at = at;
    this.#isBlankSoFar = isBlank;
  }

  /** Where the next quote stands; `limit` when there is none before it. */
  #findQuote(limit: number): number {
    const buffer = this.#buffer;
    // Most cells are short, and a call of indexOf costs as much as this.
    const near = Math.min(limit, this.#at + 64);
    let at = this.#at;
    while (at < near && buffer[at] !== quote) at++;
    if (at < near || at === limit) return at;
    const place = buffer.subarray(at, limit).indexOf(quote);
    return place === -1 ? limit : at + place;
  }

  #isDelimiter(): boolean {
    const delimiter = this.#delimiter;
    for (let index = 1; index < delimiter.length; index++) {
      if (this.#buffer[this.#at + index] !== delimiter[index]) return false;
    }
    return true;
  }

  #isLineEndOrEnd(at: number): boolean {
    return at >= this.#length || this.#buffer[at] === this.#lineEnd;
  }

  /** Where the text before a line end ends: before the `\r` of a `\r\n`. */
  #lineContentEnd(start: number, end: number): number {
    const isPair = this.#lineEnd === lineFeed && end > start && this.#buffer[end - 1] === carriageReturn;
    return isPair ? end - 1 : end;
  }

  #endCell(end: number): void {
    this.#cells.push(this.#cellText(end));
    this.#at = end + this.#delimiter.length;
    this.#cellStart = this.#at;
    this.#state = 'start';
  }

  #cellText(end: number): string {
    if (this.#state !== 'closing') return this.#buffer.toString('utf8', this.#cellStart, end);
    const text = this.#buffer.toString('utf8', this.#cellStart + 1, end - 1);
    return this.#hasDoubled ? text.replaceAll('""', '"') : text;
  }

  /**
   * Takes the last cell and then the whole record.
   * @param end - of its text
   * @param next - where the next record starts
   */
  #endRecord(end: number, next: number): ScannedRecord {
    this.#cells.push(this.#cellText(end));
    const cells = this.#cells;
    const start = this.#recordStart;
    const isBlank = this.#isBlankLine(cells, end - start);
    const fault = isBlank ? undefined : this.#check(cells, start, end);
    if (fault !== undefined && !this.#mayReject()) throw faultError(this.#options.file, fault);
    const record: ScannedRecord = { cells, line: this.#line, byteOffset: this.#base + start };
    if (fault !== undefined) {
      record.cells = [];
      record.rejected = this.#reject(fault, start, end);
    } else if (!isBlank) {
      this.#width ??= cells.length;
    }
    this.#startRecord(next);
    return isBlank ? blankLine : record;
  }

  /** A blank line is an empty value in a file of one column, and nothing anywhere else. */
  #isBlankLine(cells: string[], bytes: number): boolean {
    const isOneCell = cells.length === 1;
    if (this.#width === undefined) return isOneCell && !this.#hasQuotes && cells[0]?.trim() === '';
    return isOneCell && bytes === 0 && this.#width !== 1;
  }

  #check(cells: string[], start: number, end: number): RowFault | undefined {
    const { maxRowBytes, mayBeInvalid } = this.#options;
    if (end - start > maxRowBytes) return this.#tooLong(false);
    if (mayBeInvalid && !isUtf8(this.#buffer.subarray(start, end))) return invalidTextFault(this.#line);
    const width = this.#width ?? cells.length;
    return cells.length === width ? undefined : raggedRow(this.#line, width, cells.length);
  }

  /** Gives up on the record; what is left of the line is skipped. */
  #fail(fault: RowFault, isEnd: boolean): ScannedRecord | undefined {
    if (!this.#mayReject()) throw faultError(this.#options.file, fault);
    // From the quote on, whose line is the last one of the bad record.
    if (this.#state === 'quoted' || this.#state === 'closing') this.#at = this.#cellStart;
    this.#fault = fault;
    this.#state = 'skipping';
    return this.#skip(isEnd);
  }

  #skip(isEnd: boolean): ScannedRecord | undefined {
    const place = this.#buffer.subarray(this.#at, this.#length).indexOf(this.#lineEnd);
    if (place === -1 && !isEnd) {
      // Enough for the reject, one byte more to know that it is not all, and what lies before this line.
      const kept = Math.max(this.#recordStart + maxRawBytes + 1, this.#at);
      if (this.#length > kept) {
        this.#dropped += this.#length - kept;
        this.#length = kept;
      }
      this.#at = this.#length;
      return undefined;
    }
    const found = place === -1 ? this.#length : this.#at + place;
    const start = this.#recordStart;
    const end = this.#lineContentEnd(start, found);
    const fault = this.#fault as RowFault;
    const record = {
      cells: [],
      line: this.#line,
      byteOffset: this.#base + start,
      rejected: this.#reject(fault, start, end),
    };
    this.#base += this.#dropped;
    this.#hasQuotes = true;
    this.#startRecord(Math.min(found + 1, this.#length));
    return record;
  }

  /** What is left when no more bytes come. */
  #endInput(): ScannedRecord | undefined {
    if (this.#state === 'quoted') return this.#fail(this.#notClosed(), true);
    if (this.#recordStart === this.#length) return undefined;
    return this.#endRecord(this.#length, this.#length);
  }

  #startRecord(next: number): void {
    // Only quotes hold line ends; without them a record is a line.
    this.#line += this.#hasQuotes ? this.#countLines(this.#recordStart, next) : 1;
    this.#recordStart = this.#at = this.#cellStart = next;
    this.#state = 'start';
    this.#cells = [];
    this.#hasQuotes = false;
    this.#fault = undefined;
    this.#dropped = 0;
  }

  #countLines(start: number, end: number): number {
    let count = 0;
    for (let at = this.#buffer.indexOf(this.#lineEnd, start); at !== -1 && at < end;) {
      count++;
      at = this.#buffer.indexOf(this.#lineEnd, at + 1);
    }
    return count;
  }

  #mayReject(): boolean {
    return this.#options.rejectRows && this.#width !== undefined;
  }

  #reject(fault: RowFault, start: number, end: number): RejectReason {
    // One byte more than is kept tells that it is not all, as it does where bytes were dropped.
    const known = this.#dropped > 0 ? this.#length : end;
    return rejectReason(fault, this.#buffer.subarray(start, Math.min(known, start + maxRawBytes + 1)));
  }

  /** Of the cell that is being read. */
  #place(): { line: number; column: number } {
    const line = this.#line + this.#countLines(this.#recordStart, this.#cellStart);
    return { line, column: this.#cells.length + 1 };
  }

  #notClosed(): RowFault {
    return {
      code: 'QUOTE_NOT_CLOSED',
      message: 'expected a closing quote, found the end of the file',
      ...this.#place(),
      hint: 'The cell that starts here opens with `"`; close it, or double a quote that is part of the text.',
    };
  }

  #strayQuote(): RowFault {
    return {
      code: 'STRAY_QUOTE',
      message: 'expected a delimiter or a line end after the quote that closes the cell, found more text',
      ...this.#place(),
      hint: 'Write a quote inside a quoted cell twice: `""`. Or a quote before it was never closed.',
    };
  }

  #blankThenQuote(): RowFault {
    return {
      code: 'STRAY_QUOTE',
      message: 'expected no blanks before the quote that opens a cell, found some',
      ...this.#place(),
      hint: 'Take out the blanks; or put the whole cell in quotes and write the quotes inside it twice: `""`.',
    };
  }

  #tooLong(isQuoteOpen: boolean): RowFault {
    const { maxRowBytes } = this.#options;
    if (!isQuoteOpen) return tooLongFault(this.#line, maxRowBytes, '');
    const detail = '; the quote that opens here is not closed before';
    return { ...tooLongFault(this.#line, maxRowBytes, detail), ...this.#place() };
  }
}

const blankLine: ScannedRecord = { cells: [], line: 0, byteOffset: 0 };

function raggedRow(line: number, expected: number, found: number): RowFault {
  const hint =
    expected === 1
      ? 'Quote the value; or, when each line is one text, name a delimiter that does not occur: `--delimiter "\\t"`.'
      : 'Look for a delimiter or line break in a cell that is not quoted, or name the right `--delimiter`.';
  const message = `expected ${expected} ${expected === 1 ? 'field' : 'fields'} as in the header, found ${found}`;
  return { code: 'RAGGED_ROW', message, line, hint };
}
