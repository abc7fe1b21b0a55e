import { isUtf8 } from 'node:buffer';
import { DelimitedRecord, type Dialect, RecordBatch, usualQuoting } from './delimited-record.ts';
import type { ReaderOptions } from './format-reader.ts';
import { sampleRecords } from './sample-records.ts';
import { looksLikeRows } from './merged-rows.ts';
import {
  blanksBeforeQuote,
  type CellPlace,
  type QuoteContext,
  quoteNotClosed,
  raggedRow,
  recordTooLong,
  textAfterQuote,
} from './record-fault.ts';
import { faultError, invalidTextFault, maxRawBytes, rejectReason, type RowFault } from './row-fault.ts';
import type { RejectReason } from './row-fault.ts';

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const backslash = 0x5c;
/** Text scanned before its records are handed on. */
const batchBytes = 64 * 1024;
const smallestBuffer = 2 * batchBytes;

export interface ScannerOptions extends Dialect, ReaderOptions {
  /** Whether line ends are `\r\r\n`, of which the first character is no data either. */
  isDoubledReturn: boolean;
  /** Told of each record whose quoted cells hold lines that look like rows of their own. */
  onMergedRows?: ((line: number) => void) | undefined;
  /** Fields of each record; those of the first one when absent. */
  width?: number | undefined;
}

type State =
  /** The scanner is at the first byte of a cell. */
  | 'start'
  /** The scanner is in a cell without quotes around it. */
  | 'plain'
  /** Between quotes. */
  | 'quoted'
  /** After a quote in a quoted cell: it is the end, or the first of two. */
  | 'closing'
  /** The scanner is in the rest of a line that belongs to a bad record. */
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
 *
 * Why not csv-parse, which reads the small tables (`readSmallTable`): tried with what rows need (`raw`, `info`,
 * skipping of bad records, a size limit) it takes 4.4 times the CPU. After a quote that is never closed the rest of the
 * file is one skipped record, found in quadratic time with `raw`: 97 s for 174 MB. Its `raw` is not the bytes: CRLF
 * loses its LF, a delimiter of two bytes is cut in two. No setting keeps `5" screen` and refuses `"so "nice" here"`. A
 * lone CR counts as a line. Each of these is a case of the corpora test ("known divergences").
 */
export class RecordScanner {
  readonly #options: ScannerOptions;
  readonly #delimiter: Buffer;
  readonly #lineEnd: number;
  /** -1 for none. */
  readonly #quote: number;
  readonly #escape: number;
  /** Fields that each record has to have; unknown until there was one. */
  #width: number | undefined;

  #buffer = Buffer.allocUnsafeSlow(smallestBuffer);
  /** Bytes in use. The places below are counted within the buffer. */
  #length = 0;
  #batchStart = 0;
  #recordStart = 0;
  #at = 0;
  #cellStart = 0;
  /** Offset of the buffer's first byte in the input. */
  #base: number;
  /** Line on which the record starts. */
  #line: number;

  #state: State = 'start';
  /** Batch of the records that were not handed on yet. */
  #batch: RecordBatch;
  /** Where the cells of the batch end, each counted from the start of its record. */
  #cellEnds = new Uint32Array(1024);
  /** Place in there of the first cell of the record, and how many of its cells have ended. */
  #firstCell = 0;
  #cellCount = 0;
  /** Whether the record holds a quoted cell, and so perhaps line ends. */
  #hasQuotes = false;
  #isBlankSoFar = true;
  /** While skipping: why, and how many bytes were dropped from the end of the buffer. */
  #fault: RowFault | undefined;
  #dropped = 0;

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#batch = new RecordBatch(options);
    this.#delimiter = Buffer.from(options.delimiter);
    this.#lineEnd = options.newline === '\r' ? carriageReturn : lineFeed;
    this.#quote = options.quote === '' ? -1 : options.quote.charCodeAt(0);
    this.#escape = options.escape === '' ? -1 : options.escape.charCodeAt(0);
    this.#line = options.line;
    this.#base = options.byteOffset;
    this.#width = options.width;
  }

  /**
   * The records that a chunk completes, in batches that are never empty.
   * @param chunk - does not end inside a character; undefined at the end of the input
   * @throws {InputError} on a bad record that is not to be rejected, after the records before it.
   */
  *scan(chunk: Buffer | undefined): Generator<DelimitedRecord[]> {
    if (chunk !== undefined) this.#append(chunk);
    const isEnd = chunk === undefined;
    for (;;) {
      const records: DelimitedRecord[] = [];
      const failure = this.#fill(records, isEnd);
      if (records.length > 0) yield records;
      if (failure !== undefined) throw failure.error;
      if (records.length === 0) return;
    }
  }

  /** Takes records until they make a batch, or there are no more, or one is bad. */
  #fill(records: DelimitedRecord[], isEnd: boolean): { error: unknown } | undefined {
    const start = (this.#batchStart = this.#recordStart);
    let failure: { error: unknown } | undefined;
    try {
      while (records.length === 0 || this.#recordStart < start + batchBytes) {
        const record = this.#next(isEnd);
        if (record === undefined) break;
        if (record !== blankLine) records.push(record);
      }
    } catch (error) {
      failure = { error };
    }
    if (records.length > 0) this.#completeBatch();
    return failure;
  }

  /** Gives the records a copy of their bytes, since the buffer is used again. */
  #completeBatch(): void {
    this.#batch.bytes = Buffer.from(this.#buffer.subarray(this.#batchStart, this.#recordStart));
    this.#batch.cellEnds = this.#cellEnds.slice(0, this.#firstCell);
    this.#batch.width = this.#width ?? 0;
    this.#batch = new RecordBatch(this.#options);
    // What is known already of the record that is not complete.
    this.#cellEnds.copyWithin(0, this.#firstCell, this.#firstCell + this.#cellCount);
    this.#firstCell = 0;
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
  #next(isEnd: boolean): DelimitedRecord | undefined {
    const buffer = this.#buffer;
    const lineEnd = this.#lineEnd;
    const first = this.#delimiter[0];
    const quote = this.#quote;
    const escape = this.#escape;
    if (lineEnd === carriageReturn) this.#skipLineFeed();
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
          } else if (byte === escape) {
            if (this.#at + 1 >= this.#length && !isEnd) return undefined;
            this.#at = Math.min(this.#at + 2, this.#length);
            this.#isBlankSoFar = false;
          } else if (byte === quote && this.#isBlankSoFar) {
            return this.#fail(blanksBeforeQuote(this.#place(), this.#quoteContext()), isEnd);
          } else {
            this.#skipPlain(limit);
          }
          break;
        case 'quoted':
          this.#at = this.#findQuote(limit);
          if (this.#at < limit && buffer[this.#at] === escape) {
            if (this.#at + 1 >= this.#length && !isEnd) return undefined;
            this.#at = Math.min(this.#at + 2, this.#length);
          } else if (this.#at < limit) {
            this.#state = 'closing';
            this.#at++;
          }
          break;
        case 'closing':
          if (byte === quote) {
            this.#state = 'quoted';
            this.#at++;
          } else if (byte === first && this.#isDelimiter()) {
            this.#endCell(this.#at);
          } else if (byte === lineEnd) {
            return this.#endRecord(this.#at, this.#at + 1);
          } else if (byte === carriageReturn && this.#afterReturns() === this.#length && !isEnd) {
            return undefined;
          } else if (byte === carriageReturn && this.#isLineEndOrEnd(this.#afterReturns())) {
            return this.#endRecord(this.#at, Math.min(this.#afterReturns() + 1, this.#length));
          } else {
            return this.#fail(textAfterQuote(this.#place(), this.#quoteContext()), isEnd);
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
    const quote = this.#quote;
    const escape = this.#escape;
    let isBlank = this.#isBlankSoFar;
    let at = this.#at;
    let byte = buffer[at];
    do {
      if (byte !== 0x20 && byte !== 0x09) isBlank = false;
      byte = buffer[++at];
    } while (
      at < limit &&
      byte !== first &&
      byte !== lineEnd &&
      (byte !== quote || !isBlank) &&
      byte !== escape
    );
    this.#at = at;
    this.#isBlankSoFar = isBlank;
  }

  /** Where the next quote stands; `limit` when there is none before it. */
  #findQuote(limit: number): number {
    const buffer = this.#buffer;
    const quote = this.#quote;
    const escape = this.#escape;
    if (escape !== -1) {
      let place = this.#at;
      while (place < limit && buffer[place] !== quote && buffer[place] !== escape) place++;
      return place;
    }
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
    if (this.#lineEnd !== lineFeed) return end;
    let contentEnd = end;
    for (let left = this.#returns; left > 0 && contentEnd > start; left--) {
      if (this.#buffer[contentEnd - 1] !== carriageReturn) break;
      contentEnd--;
    }
    return contentEnd;
  }

  /** Carriage returns that may belong to one line end. */
  get #returns(): number {
    return this.#options.isDoubledReturn ? 2 : 1;
  }

  /** Behind the carriage returns of a line end that begins here. */
  #afterReturns(): number {
    let at = this.#at + 1;
    while (at < this.#length && at - this.#at < this.#returns && this.#buffer[at] === carriageReturn) at++;
    return at;
  }

  /** Where carriage returns end lines, a line feed behind one belongs to it. */
  #skipLineFeed(): void {
    const at = this.#recordStart;
    if (at !== this.#at || at >= this.#length || this.#buffer[at] !== lineFeed) return;
    this.#recordStart = this.#at = this.#cellStart = at + 1;
  }

  #endCell(end: number): void {
    this.#countCell(end);
    this.#at = end + this.#delimiter.length;
    this.#cellStart = this.#at;
    this.#state = 'start';
  }

  #countCell(end: number): void {
    // Cells that are too many make the record a bad one, and need no place.
    if (this.#width === undefined || this.#cellCount < this.#width) {
      const index = this.#firstCell + this.#cellCount;
      if (index === this.#cellEnds.length) {
        const larger = new Uint32Array(index * 2);
        larger.set(this.#cellEnds);
        this.#cellEnds = larger;
      }
      this.#cellEnds[index] = end - this.#recordStart;
    }
    this.#cellCount++;
  }

  /**
   * Takes the last cell and then the whole record.
   * @param end - of its text
   * @param next - where the next record starts
   */
  #endRecord(end: number, next: number): DelimitedRecord {
    this.#countCell(end);
    const start = this.#recordStart;
    if (this.#isBlankLine(start, end)) {
      this.#startRecord(next);
      return blankLine;
    }
    const fault = this.#check(start, end);
    if (fault !== undefined && !this.#mayReject()) throw faultError(this.#options.file, fault);
    const rejected = fault === undefined ? undefined : this.#reject(fault, start, end);
    const record = this.#makeRecord(end, rejected);
    if (rejected === undefined) {
      if (this.#hasQuotes) this.#noteMergedRows(start, end);
      this.#width ??= this.#cellCount;
      this.#firstCell += this.#cellCount;
    }
    this.#startRecord(next);
    return record;
  }

  /** Tells of lines inside quotes that split into as many fields as a row: quotes that were text, most likely. */
  #noteMergedRows(start: number, end: number): void {
    const { onMergedRows } = this.#options;
    if (onMergedRows === undefined || this.#width === undefined || this.#width < 2) return;
    if (this.#buffer.subarray(start, end).indexOf(this.#lineEnd) === -1) return;
    const lines = this.#buffer.toString('utf8', start, end).split(this.#lineEnd === lineFeed ? '\n' : '\r');
    if (looksLikeRows(lines, this.#options.delimiter, this.#width)) onMergedRows(this.#line);
  }

  #makeRecord(end: number, rejected: RejectReason | undefined): DelimitedRecord {
    const start = this.#recordStart;
    const place = { line: this.#line, byteOffset: this.#base + start };
    const first = start - this.#batchStart;
    return new DelimitedRecord(this.#batch, place, [first, first + end - start, this.#firstCell], rejected);
  }

  /** A blank line is an empty value in a file of one column, and nothing anywhere else. */
  #isBlankLine(start: number, end: number): boolean {
    if (this.#cellCount !== 1) return false;
    if (this.#width !== undefined) return start === end && this.#width !== 1;
    return !this.#hasQuotes && this.#buffer.toString('utf8', start, end).trim() === '';
  }

  #check(start: number, end: number): RowFault | undefined {
    const { maxRowBytes, mayBeInvalid } = this.#options;
    if (end - start > maxRowBytes) return this.#tooLong(false);
    if (mayBeInvalid && !isUtf8(this.#buffer.subarray(start, end))) return invalidTextFault(this.#line);
    const width = this.#width ?? this.#cellCount;
    if (this.#cellCount === width) return undefined;
    return raggedRow(this.#line, width, this.#cellCount, this.#isWrapped(start, end, width));
  }

  /** Gives up on the record; what is left of the line is skipped. */
  #fail(fault: RowFault, isEnd: boolean): DelimitedRecord | undefined {
    if (!this.#mayReject()) throw faultError(this.#options.file, fault);
    // From the quote on, whose line is the last one of the bad record.
    if (this.#state === 'quoted' || this.#state === 'closing') this.#at = this.#cellStart;
    this.#fault = fault;
    this.#state = 'skipping';
    return this.#skip(isEnd);
  }

  #skip(isEnd: boolean): DelimitedRecord | undefined {
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
    const record = this.#makeRecord(end, this.#reject(fault, start, end));
    this.#base += this.#dropped;
    this.#hasQuotes = true;
    this.#startRecord(Math.min(found + 1, this.#length));
    return record;
  }

  /** Ends the last record when no more bytes come. */
  #endInput(): DelimitedRecord | undefined {
    if (this.#state === 'quoted')
      return this.#fail(quoteNotClosed(this.#place(), this.#quoteContext()), true);
    if (this.#recordStart === this.#length) return undefined;
    return this.#endRecord(this.#length, this.#length);
  }

  #startRecord(next: number): void {
    // Only quotes hold line ends; without them a record is a line.
    this.#line += this.#hasQuotes ? this.#countLines(this.#recordStart, next) : 1;
    this.#recordStart = this.#at = this.#cellStart = next;
    this.#state = 'start';
    this.#cellCount = 0;
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

  /** Whether a row of one cell holds a whole row inside its quotes. */
  #isWrapped(start: number, end: number, width: number): boolean {
    if (this.#cellCount !== 1 || width === 1 || this.#buffer[start] !== this.#quote) return false;
    const { quote, delimiter } = this.#options;
    const inner = this.#buffer.toString('utf8', start + 1, end - 1).replaceAll(quote + quote, quote);
    const [record] = sampleRecords(inner, { delimiter, quote, newline: '\n', complete: true });
    return record?.cells.length === width;
  }

  #quoteContext(): QuoteContext {
    const { delimiter, quote } = this.#options;
    return { delimiter, quote, isAfterBackslash: this.#buffer[this.#at - 2] === backslash };
  }

  /** Place of the cell that is being read. */
  #place(): CellPlace {
    const line = this.#line + this.#countLines(this.#recordStart, this.#cellStart);
    return { line, column: this.#cellCount + 1 };
  }

  #tooLong(isQuoteOpen: boolean): RowFault {
    return recordTooLong(this.#line, this.#options.maxRowBytes, isQuoteOpen ? this.#place() : undefined);
  }
}

/** Stands in place of a record for a line that is none. */
const blankLine = new DelimitedRecord(
  new RecordBatch({ ...usualQuoting, delimiter: '', newline: '\n' }),
  { line: 0, byteOffset: 0 },
  [0, 0, 0],
  undefined,
);
