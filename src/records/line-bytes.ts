import type { DelimitedRecord } from './delimited-record.ts';

/** Room for the lines of a shard of short rows. */
const firstBytes = 64 * 1024;

/** Cells as bytes, side by side: thousands of objects of their own would be far from each other in memory. */
export class CellTable {
  readonly bytes: Uint8Array;
  /** Bytes for each cell: how many it has, and these. */
  readonly width: number;

  constructor(cells: readonly Uint8Array[]) {
    this.width = 1 + Math.max(0, ...cells.map(({ length }) => length));
    this.bytes = new Uint8Array(cells.length * this.width);
    for (const [place, cell] of cells.entries()) {
      this.bytes[place * this.width] = cell.length;
      this.bytes.set(cell, place * this.width + 1);
    }
  }
}

/** Lines as bytes, put together part by part in place of one long string, since nothing but writing is left to do. */
export class LineBytes {
  readonly #table: CellTable;
  #bytes: Buffer;
  #end = 0;

  /**
   * @param table cells that may be named by their places there
   * @param size bytes that are expected; more are made room for
   */
  constructor(table: CellTable, size = firstBytes) {
    this.#table = table;
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  addText(text: string): void {
    this.#makeRoom(Buffer.byteLength(text));
    this.#end += this.#bytes.write(text, this.#end);
  }

  /** A record as it stood, without line end. */
  addRecord(record: DelimitedRecord): void {
    this.#makeRoom(record.size);
    this.#end = record.copyTo(this.#bytes, this.#end);
  }

  addCells(cells: readonly (Uint8Array | number)[]): void {
    const { bytes: known, width } = this.#table;
    let size = 0;
    for (const cell of cells) size += typeof cell === 'number' ? width : cell.length;
    this.#makeRoom(size);
    const bytes = this.#bytes;
    let end = this.#end;
    for (const cell of cells) {
      // Byte by byte: cells are so short that a call that copies them takes longer.
      if (typeof cell === 'number') {
        const start = cell * width + 1;
        const stop = start + (known[start - 1] as number);
        for (let at = start; at < stop; at++) bytes[end++] = known[at] as number;
      } else {
        for (let at = 0; at < cell.length; at++) bytes[end++] = cell[at] as number;
      }
    }
    this.#end = end;
  }

  /** What was added. */
  take(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#end + bytes));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}
