import type { DelimitedRecord } from './delimited-record.ts';

/** Room for the lines of a shard of short rows. */
const firstBytes = 64 * 1024;

/** Lines as bytes, put together part by part in place of one long string, since nothing but writing is left to do. */
export class LineBytes {
  #bytes: Buffer;
  #end = 0;

  /** @param size bytes that are expected; more are made room for */
  constructor(size = firstBytes) {
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

  addCells(cells: readonly Uint8Array[]): void {
    let size = 0;
    for (const { length } of cells) size += length;
    this.#makeRoom(size);
    const bytes = this.#bytes;
    let end = this.#end;
    for (const cell of cells) {
      // Cells are so short that a call that copies them takes longer.
      for (let byte = 0; byte < cell.length; byte++) bytes[end++] = cell[byte] as number;
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
