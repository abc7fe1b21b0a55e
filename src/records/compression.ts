import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

/** How a file is compressed. */
export type Compression = 'gzip' | 'zstd';

interface Zstd {
  createZstdCompress(): Transform;
  createZstdDecompress(options: { chunkSize: number }): Transform;
}

/** What reads and writes zstd, in Node 22.15 and later; the types of the oldest Node that is supported lack it. */
export const zstd = 'createZstdDecompress' in zlib ? (zlib as unknown as Zstd) : undefined;

/** How an output of this name is compressed; of inputs the first bytes tell. */
export function compressionOfPath(path: string): Compression | undefined {
  const name = path.toLowerCase();
  if (name.endsWith('.gz')) return 'gzip';
  return name.endsWith('.zst') ? 'zstd' : undefined;
}

/** How an input is compressed, by its first bytes. */
export function compressionOf(start: Buffer): Compression | undefined {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  // A frame to skip may come first.
  return zstd !== undefined && /^(?:28b52ffd|5[0-9a-f]2a4d18)$/u.test(start.toString('hex', 0, 4))
    ? 'zstd'
    : undefined;
}
