import type { RejectReason } from './row-fault.ts';

/** The line end of a file: `\r` only for files of classic Mac OS that hold no line feed at all. */
export type Newline = '\n' | '\r\n' | '\r';

/** How cells are put between quotes. */
export interface Quoting {
  /** One ASCII character; '' where quotes are text like any other. */
  quote: string;
  /**
   * One ASCII character that takes its meaning from a quote, delimiter or line end behind it; '' where a quote
   * inside a quoted cell stands twice.
   */
  escape: string;
}

export const usualQuoting: Quoting = { quote: '"', escape: '' };

/** The characters that give bytes of CSV or TSV their meaning. */
export interface Dialect extends Quoting {
  delimiter: string;
  newline: Newline;
}

/**
 * Whether a record of one dialect means the same in a file of the other. Between `\n` and `\r\n` a record
 * makes no difference: no cell without quotes holds a line feed. A lone `\r` ends a record only where all do.
 */
export function isSameDialect(one: Dialect, other: Dialect): boolean {
  const isSameEnd = (one.newline === '\r') === (other.newline === '\r');
  return isSameEnd && one.delimiter === other.delimiter && isSameQuoting(one, other);
}

function isSameQuoting(one: Quoting, other: Quoting): boolean {
  return one.quote === other.quote && one.escape === other.escape;
}

/**
 * What the records of a batch share. Kept as bytes and numbers, outside of the heap of JavaScript: with a string
 * per cell the garbage of large files outlives the collections of the young generation, and memory grows.
 */
export class RecordBatch {
  readonly dialect: Dialect;
  readonly delimiterBytes: number;
  /** -1 for none. */
  readonly quoteByte: number;
  /** Bytes from the start of the first record to the end of the last one. Known once the batch is complete. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where each cell of each record ends, counted from the start of its record. */
  cellEnds: Uint32Array = new Uint32Array();
  /** Cells of a record. */
  width = 0;

  constructor({ delimiter, newline, quote, escape }: Dialect) {
    this.dialect = { delimiter, newline, quote, escape };
    this.quoteByte = quote === '' ? -1 : quote.charCodeAt(0);
    this.delimiterBytes = Buffer.byteLength(delimiter);
  }
}

/** A record as its bytes, whose cells are decoded when they are asked for. */
export class DelimitedRecord {
  /** Line on which the record starts, from 1. */
  readonly line: number;
  readonly byteOffset: number;
  /** There are no cells then. */
  readonly rejected: RejectReason | undefined;
  readonly #batch: RecordBatch;
  readonly #start: number;
  readonly #end: number;
  readonly #firstCell: number;

  /**
   * @param start - in the bytes of the batch
   * @param end - of its last cell, before the line end
   * @param firstCell - place of its first cell in `cellEnds`
   */
  constructor(
    batch: RecordBatch,
    place: { line: number; byteOffset: number },
    [start, end, firstCell]: [start: number, end: number, firstCell: number],
    rejected: RejectReason | undefined,
  ) {
    this.line = place.line;
    this.byteOffset = place.byteOffset;
    this.rejected = rejected;
    this.#batch = batch;
    this.#start = start;
    this.#end = end;
    this.#firstCell = firstCell;
  }

  get dialect(): Dialect {
    return this.#batch.dialect;
  }

  /** Length in bytes, without the line end. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** Puts the record as it stood, without line end, into a buffer; returns where it ends there. */
  copyTo(target: Buffer, at: number): number {
    return at + this.#batch.bytes.copy(target, at, this.#start, this.#end);
  }

  /** The record as it stood, without line end. */
  text(): string {
    return this.#batch.bytes.toString('utf8', this.#start, this.#end);
  }

  /** Whether the record begins as those in which Qualtrics names its questions by ids; a cheap look. */
  startsWithImportId(): boolean {
    const { bytes } = this.#batch;
    if (bytes[this.#start] !== 0x22 || bytes[this.#start + 1] !== 0x7b) return false;
    return bytes.toString('latin1', this.#start, Math.min(this.#end, this.#start + 14)).includes('ImportId');
  }

  /** The same record in a batch of its own. */
  alone(): DelimitedRecord {
    const { dialect, bytes, cellEnds, width } = this.#batch;
    const batch = new RecordBatch(dialect);
    batch.bytes = Buffer.from(bytes.subarray(this.#start, this.#end));
    batch.cellEnds = cellEnds.slice(this.#firstCell, this.#firstCell + width);
    batch.width = width;
    return new DelimitedRecord(batch, this, [0, this.size, 0], this.rejected);
  }

  /** All cells, decoded. */
  cells(): string[] {
    return Array.from({ length: this.#batch.width }, (_, index) => this.cell(index));
  }

  /** The text of a cell, exactly as it was meant. */
  cell(index: number): string {
    const { bytes, cellEnds, delimiterBytes, quoteByte, dialect } = this.#batch;
    const place = this.#firstCell + index;
    const before = index === 0 ? 0 : (cellEnds[place - 1] ?? 0) + delimiterBytes;
    const start = this.#start + before;
    const end = this.#start + (cellEnds[place] ?? 0);
    const isQuoted = start !== end && bytes[start] === quoteByte;
    const text = isQuoted ? bytes.toString('utf8', start + 1, end - 1) : bytes.toString('utf8', start, end);
    if (dialect.escape !== '') return unescaped(text, dialect);
    return isQuoted && text.includes(dialect.quote)
      ? text.replaceAll(dialect.quote + dialect.quote, dialect.quote)
      : text;
  }
}

/** Takes off each escape that stands before what it is for. */
function unescaped(text: string, { escape, quote, delimiter }: Dialect): string {
  if (!text.includes(escape)) return text;
  let result = '';
  for (let at = 0; at < text.length; at++) {
    const next = text[at + 1];
    const isEscape =
      text[at] === escape && next !== undefined && [escape, quote, delimiter, '\n', '\r'].includes(next);
    if (isEscape) at++;
    result += text[at];
  }
  return result;
}
