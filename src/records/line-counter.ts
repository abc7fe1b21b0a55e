/** Tells the line of a byte offset in a stream of chunks; offsets may only grow. */
export class LineCounter {
  readonly #lineEnd: number;
  #chunks: Buffer[] = [];
  #offset = 0;
  #line = 1;

  /** @param lineEnd - the byte that ends a line */
  constructor(lineEnd: number) {
    this.#lineEnd = lineEnd;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  /** The line, from 1, of the byte at `offset`. Chunks before it are let go. */
  lineAt(offset: number): number {
    while (this.#offset < offset) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const length = Math.min(chunk.length, offset - this.#offset);
      const end = chunk.indexOf(this.#lineEnd);
      if (end === -1 || end >= length) {
        this.#drop(chunk, length);
      } else {
        this.#drop(chunk, end + 1);
        this.#line++;
      }
    }
    return this.#line;
  }

  #drop(chunk: Buffer, length: number): void {
    this.#offset += length;
    if (length === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(length);
  }
}
