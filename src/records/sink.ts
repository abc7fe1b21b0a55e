import type { Writable } from 'node:stream';
import { openFileEnd } from './file-end.ts';
import { CompressedMember } from './compressed-member.ts';
import { type Compression, compressionOfPath } from './compression.ts';
import type { SinkEnd, WrittenBytes } from './sink-end.ts';
import { openStreamEnd } from './stream-end.ts';

/** Where the output goes. After a failure only `suspend` and `abort` are left to call. */
export interface Sink {
  /** Bytes that were handed to the file or stream, after compression. */
  readonly bytesWritten: number;
  readonly compression: Compression | undefined;
  /** SHA-256 of the bytes written so far, hex. */
  sha256(): string;
  /** Settles when more may be written, so that waiting for it bounds the memory. */
  write(chunk: string | Buffer): Promise<void>;
  /**
   * Brings everything written so far to the disk. A compressed file starts a new member here, so that a run which
   * goes on from this place gives the same bytes: call it at places that follow from the rows alone.
   */
  checkpoint(): Promise<void>;
  /** Writes what is left; gives a file its name. */
  commit(): Promise<void>;
  /** Closes a file and leaves it under its temporary name, to go on from the last checkpoint. Never fails. */
  suspend(): Promise<void>;
  /** Removes what was written of a file. Never fails, and does nothing after `commit`. */
  abort(): Promise<void>;
}

export interface SinkOptions {
  /** Whether to compress, by gzip; as the extension of the name says when absent. */
  gzip?: boolean;
  /** Keep these bytes of the unfinished file, and go on behind them. */
  resume?: WrittenBytes;
  /** Who may read a new file, less what the umask takes away; a file that is replaced keeps its own. */
  mode?: number;
}

/**
 * Opens an output.
 *
 * A path is written under a temporary name beside it, `<path>.part`, and takes its name at `commit`, after
 * everything is on the disk. A device or a pipe is written directly. A stream is never ended or destroyed.
 * @throws {UsageError} where nothing can be written; {OutputError} when writing fails. `write` and `commit` throw it, too; for a stream
 * whose reader has gone they throw ReaderGoneError.
 */
export async function openSink(target: string | Writable, options: SinkOptions = {}): Promise<Sink> {
  if (typeof target !== 'string')
    return new EndSink(openStreamEnd(target), options.gzip === true ? 'gzip' : undefined);
  const end = await openFileEnd(target, options);
  const { gzip } = options;
  return new EndSink(end, gzip === undefined ? compressionOfPath(target) : gzip ? 'gzip' : undefined);
}

class EndSink implements Sink {
  bytesWritten: number;
  readonly #end: SinkEnd;
  readonly compression: Compression | undefined;
  #member: CompressedMember | undefined;
  #closed = false;

  constructor(end: SinkEnd, compression: Compression | undefined) {
    this.#end = end;
    this.compression = compression;
    this.bytesWritten = end.bytes;
  }

  sha256(): string {
    return this.#end.hash.copy().digest('hex');
  }

  async write(chunk: string | Buffer): Promise<void> {
    if (chunk.length === 0) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (this.compression === undefined) return this.#pass(bytes);
    await this.#openMember(this.compression).write(bytes);
  }

  async checkpoint(): Promise<void> {
    await this.#endMember();
    await this.#end.sync();
  }

  async commit(): Promise<void> {
    if (this.#closed) return;
    await this.#endMember();
    await this.#end.commit();
    this.#closed = true;
  }

  async suspend(): Promise<void> {
    await this.#close(() => this.#end.suspend());
  }

  async abort(): Promise<void> {
    await this.#close(() => this.#end.abort());
  }

  async #close(how: () => Promise<void>): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#member?.destroy();
    await how();
  }

  #openMember(compression: Compression): CompressedMember {
    return (this.#member ??= new CompressedMember(compression, (bytes) => this.#pass(bytes)));
  }

  async #endMember(): Promise<void> {
    // A compressed file without any member would not be one.
    if (this.compression !== undefined && this.bytesWritten === 0) this.#openMember(this.compression);
    await this.#member?.end();
    this.#member = undefined;
  }

  async #pass(bytes: Buffer): Promise<void> {
    await this.#end.write(bytes);
    this.#end.hash.update(bytes);
    this.bytesWritten += bytes.length;
  }
}
