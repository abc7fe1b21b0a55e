/** What begins a frame of data, and, but for its last four bits, one to skip. */
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const checksumBytes = 4;

type Part = 'magic' | 'length' | 'descriptor' | 'block';
const partBytes: Record<Part, number> = { magic: 4, length: 4, descriptor: 1, block: 3 };

/**
 * Follows the frames of a zstd file (RFC 8878) without decompressing them. Node stops at the end of a file, wherever
 * that is, and says nothing of what is missing or does not belong there.
 */
export class ZstdFrames {
  #part: Part = 'magic';
  /** Of the part, as far as it has come. */
  #bytes = Buffer.alloc(0);
  /** Bytes to pass over before it. */
  #skip = 0;
  #hasChecksum = false;

  /** Whether the file may end here. */
  get isWhole(): boolean {
    return this.#part === 'magic' && this.#bytes.length === 0 && this.#skip === 0;
  }

  /** @throws {Error} when bytes are not those of a frame */
  add(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const skipped = Math.min(this.#skip, chunk.length - at);
      this.#skip -= skipped;
      at += skipped;
      if (at === chunk.length) return;
      const wanted = partBytes[this.#part] - this.#bytes.length;
      this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(at, at + wanted)]);
      at += wanted;
      if (this.#bytes.length < partBytes[this.#part]) return;
      const bytes = this.#bytes;
      this.#bytes = Buffer.alloc(0);
      this.#read(bytes);
    }
  }

  #read(bytes: Buffer): void {
    if (this.#part === 'magic') {
      const magic = bytes.readUInt32LE(0);
      const isSkippable = (magic & 0xfffffff0) >>> 0 === skippableMagic;
      if (magic !== frameMagic && !isSkippable) throw new Error('something else stands behind its frames');
      this.#part = isSkippable ? 'length' : 'descriptor';
    } else if (this.#part === 'length') {
      this.#skip = bytes.readUInt32LE(0);
      this.#part = 'magic';
    } else if (this.#part === 'descriptor') this.#readDescriptor(bytes.readUInt8(0));
    else this.#readBlock(bytes.readUIntLE(0, 3));
  }

  #readDescriptor(descriptor: number): void {
    const isSingle = (descriptor & 0x20) !== 0;
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] as number;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
    this.#skip = (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
    this.#part = 'block';
  }

  #readBlock(header: number): void {
    const isLast = (header & 1) === 1;
    const isRepeated = ((header >> 1) & 3) === 1;
    this.#skip = isRepeated ? 1 : header >> 3;
    if (!isLast) return;
    this.#skip += this.#hasChecksum ? checksumBytes : 0;
    this.#part = 'magic';
  }
}
