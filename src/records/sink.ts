import type { Writable } from 'node:stream';
import { openFileEnd } from './file-end.ts';
import { GzipMember } from './gzip-member.ts';
import type { SinkEnd, WrittenBytes } from './sink-end.ts';
import { isGzipPath } from './sniff.ts';
import { openStreamEnd } from './stream-end.ts';

/** Where the output goes. After a failure only `suspend` and `abort` are left to call. */
export interface Sink {
  /** Bytes that were handed to the file or stream, after compression. */
  readonly bytesWritten: number;
  readonly isGzip: boolean;
  /** SHA-256 of the bytes written so far, hex. */
  sha256(): string;
  /** Settles when more may be written, so that waiting for it bounds the memory. */
  write(chunk: string | Buffer): Promise<void>;
  /**
   * Brings everything written so far to the disk. A gzip file starts a new member here, so that a run which
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
  /** Whether to compress; by the extension of the name when absent. */
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
  if (typeof target !== 'string') return new EndSink(openStreamEnd(target), options.gzip ?? false);
  const end = await openFileEnd(target, options);
  return new EndSink(end, options.gzip ?? isGzipPath(target));
}

class EndSink implements Sink {
  bytesWritten: number;
  readonly #end: SinkEnd;
  readonly isGzip: boolean;
  #member: GzipMember | undefined;
  #closed = false;

  constructor(end: SinkEnd, isGzip: boolean) {
    this.#end = end;
    this.isGzip = isGzip;
    this.bytesWritten = end.bytes;
  }

  sha256(): string {
    return this.#end.hash.copy().digest('hex');
  }

  async write(chunk: string | Buffer): Promise<void> {
    if (chunk.length === 0) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (!this.isGzip) return this.#pass(bytes);
    this.#member ??= new GzipMember((compressed) => this.#pass(compressed));
    await this.#member.write(bytes);
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

  async #endMember(): Promise<void> {
    // A gzip file without any member would not be one.
    if (this.isGzip && this.bytesWritten === 0) this.#member ??= new GzipMember((bytes) => this.#pass(bytes));
    await this.#member?.end();
    this.#member = undefined;
  }

  async #pass(bytes: Buffer): Promise<void> {
    await this.#end.write(bytes);
    this.#end.hash.update(bytes);
    this.bytesWritten += bytes.length;
  }
}
