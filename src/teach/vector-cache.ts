import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openSink } from '../records/sink.ts';

/** Bytes of the hash that a text goes by: half of its SHA-256, more than enough to tell texts apart. */
const keyBytes = 16;
const digestBytes = 32;

interface CacheHeader {
  voxpop_vectors: 1;
  /** Hash of everything that vectors depend on besides the text. */
  body: string;
  /** Values per vector. */
  size: number;
}

/**
 * Vectors of texts by the hash of the text: a line of JSON, then 16 bytes of hash and the vector (float32,
 * little-endian) of each text, then the SHA-256 of all that. It holds no texts.
 */
export type VectorCache = ReadonlyMap<string, Float32Array>;

export function vectorKey(text: string): string {
  return createHash('sha256').update(text).digest().toString('latin1', 0, keyBytes);
}

/**
 * Reads the vectors that an earlier round has left; none when there is no such file, or it is of another body, or
 * damaged.
 */
export async function readVectorCache(path: string, body: string, size: number): Promise<VectorCache> {
  const none = new Map<string, Float32Array>();
  const bytes = await readFile(path).catch(() => undefined);
  const lineEnd = bytes?.indexOf('\n') ?? -1;
  if (bytes === undefined || lineEnd === -1) return none;
  if (bytes.toString('utf8', 0, lineEnd) !== headerLine(body, size)) return none;
  const recordBytes = keyBytes + 4 * size;
  const end = bytes.length - digestBytes;
  if (end <= lineEnd || (end - lineEnd - 1) % recordBytes !== 0) return none;
  const digest = createHash('sha256').update(bytes.subarray(0, end)).digest();
  if (!digest.equals(bytes.subarray(end))) return none;
  const cache = new Map<string, Float32Array>();
  for (let at = lineEnd + 1; at < end; at += recordBytes) {
    const values = bytes.subarray(at + keyBytes, at + recordBytes);
    cache.set(bytes.toString('latin1', at, at + keyBytes), floats(values, size));
  }
  return cache;
}

/**
 * Writes the vectors of a round for the next one.
 * @param vectors float32 [texts, size]
 */
export async function writeVectorCache(
  path: string,
  body: string,
  size: number,
  texts: readonly string[],
  vectors: Float32Array,
): Promise<void> {
  const sink = await openSink(path, { gzip: false });
  const hash = createHash('sha256');
  const write = async (chunk: Buffer): Promise<void> => {
    hash.update(chunk);
    await sink.write(chunk);
  };
  try {
    await write(Buffer.from(`${headerLine(body, size)}\n`));
    for (const [text, words] of texts.entries()) {
      const record = Buffer.alloc(keyBytes + 4 * size);
      record.write(vectorKey(words), 'latin1');
      for (let at = 0; at < size; at++)
        record.writeFloatLE(vectors[text * size + at] as number, keyBytes + 4 * at);
      await write(record);
    }
    await sink.write(hash.digest());
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function headerLine(body: string, size: number): string {
  return JSON.stringify({ voxpop_vectors: 1, body, size } satisfies CacheHeader);
}

function floats(bytes: Buffer, size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, at) => bytes.readFloatLE(4 * at));
}
