/** Tells the line of a byte offset in a stream of chunks; offsets may only grow. */
export class LineCounter {
  readonly #lineEnd: number;
  /** Chunks from `#offset` on; the first `#start` bytes of the first one lie before it. */
  readonly #chunks: Buffer[] = [];
  #start = 0;
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
      const length = Math.min(chunk.length - this.#start, offset - this.#offset);
      const end = chunk.indexOf(this.#lineEnd, this.#start);
      const hasLineEnd = end !== -1 && end < this.#start + length;
      if (hasLineEnd) this.#line++;
      this.#advance(chunk, hasLineEnd ? end + 1 - this.#start : length);
    }
    return this.#line;
  }

  #advance(chunk: Buffer, length: number): void {
    this.#offset += length;
    this.#start += length;
    if (this.#start === chunk.length) {
      this.#chunks.shift();
      this.#start = 0;
    }
  }
}
