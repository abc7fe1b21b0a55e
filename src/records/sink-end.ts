import { createHash, type Hash } from 'node:crypto';

/** What a file holds, from its start. */
export interface WrittenBytes {
  bytes: number;
  /** SHA-256 of these bytes, hex. */
  sha256: string;
}

/** Where a sink's bytes go after compression: a file, a device or a stream. */
export interface SinkEnd {
  /** SHA-256 over `bytes` so far; a resumed file already holds some. */
  hash: Hash;
  bytes: number;
  write(bytes: Buffer): Promise<void>;
  sync(): Promise<void>;
  commit(): Promise<void>;
  suspend(): Promise<void>;
  abort(): Promise<void>;
}

/** The parts of an end that has no name to give and no disk to sync. */
export function unnamedEnd(): Omit<SinkEnd, 'write'> {
  const nothing = async (): Promise<void> => {};
  return {
    hash: createHash('sha256'),
    bytes: 0,
    sync: nothing,
    commit: nothing,
    suspend: nothing,
    abort: nothing,
  };
}
