import type { RejectReason } from './row-fault.ts';

const quote = 0x22;

/** The line end of a file: `\r` only for files of classic Mac OS that hold no line feed at all. */
export type Newline = '\n' | '\r\n' | '\r';

/** The characters that give bytes of CSV or TSV their meaning. */
export interface Dialect {
  delimiter: string;
  newline: Newline;
}

/**
 * Whether a record of one dialect means the same in a file of the other. Between `\n` and `\r\n` a record
 * makes no difference: no cell without quotes holds a line feed. A lone `\r` ends a record only where all do.
 */
export function isSameDialect(one: Dialect, other: Dialect): boolean {
  return one.delimiter === other.delimiter && (one.newline === '\r') === (other.newline === '\r');
}

/**
 * What the records of a batch share. Kept as bytes and numbers, outside of the heap of JavaScript: with a string
 * per cell the garbage of large files outlives the collections of the young generation, and memory grows.
 */
export class RecordBatch {
  readonly dialect: Dialect;
  readonly delimiterBytes: number;
  /** Bytes from the start of the first record to the end of the last one. Known once the batch is complete. */
  bytes: Buffer = Buffer.alloc(0);
  /** Where each cell of each record ends, counted from the start of its record. */
  cellEnds: Uint32Array = new Uint32Array();
  /** Cells of a record. */
  width = 0;

  constructor({ delimiter, newline }: Dialect) {
    this.dialect = { delimiter, newline };
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

  /** All cells, decoded. */
  cells(): string[] {
    return Array.from({ length: this.#batch.width }, (_, index) => this.cell(index));
  }

  /** The text of a cell, exactly as it was meant. */
  cell(index: number): string {
    const { bytes, cellEnds, delimiterBytes } = this.#batch;
    const place = this.#firstCell + index;
    const before = index === 0 ? 0 : (cellEnds[place - 1] ?? 0) + delimiterBytes;
    const start = this.#start + before;
    const end = this.#start + (cellEnds[place] ?? 0);
    if (start === end || bytes[start] !== quote) return bytes.toString('utf8', start, end);
    const text = bytes.toString('utf8', start + 1, end - 1);
    return text.includes('"') ? text.replaceAll('""', '"') : text;
  }
}
