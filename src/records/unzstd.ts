import { pipeline } from 'node:stream/promises';
import { InputError } from '../errors.ts';
import { zstd } from './compression.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** Bytes that come out at a time. */
const chunkBytes = 64 * 1024;

/** Text that people wrote comes nowhere near it; small files are let be. */
const maxRatio = 1000;
const unlimitedBytes = 100 * 1024 * 1024;

/**
 * The contents of all frames of a zstd file.
 * @throws InputError when the data are damaged, or a decompression bomb
 */
export async function* unzstd(file: string, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames();
  let bytesIn = 0;
  let bytesOut = 0;
  let isFramed = true;
  async function* followed(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytesIn += chunk.length;
      try {
        frames.add(chunk);
      } catch (error) {
        isFramed = false;
        throw error;
      }
      yield chunk;
    }
  }
  if (zstd === undefined) throw new Error('This Node has no zstd');
  const inflate = zstd.createZstdDecompress({ chunkSize: chunkBytes });
  const feeding = pipeline(followed(), inflate).catch(() => {});
  try {
    for await (const chunk of inflate) {
      const bytes = chunk as Buffer;
      bytesOut += bytes.length;
      if (bytesOut > unlimitedBytes && bytesOut > maxRatio * bytesIn) throw bomb(file, bytesOut);
      yield bytes;
    }
    await feeding;
    if (!frames.isWhole) throw damaged(file, 'it ends in the middle of a frame');
  } catch (error) {
    const isOwn =
      !isFramed || (error instanceof Error && 'code' in error && String(error.code).startsWith('ZSTD_'));
    if (!isOwn) throw error;
    throw damaged(file, (error as Error).message, error);
  } finally {
    inflate.destroy();
    chunks.return(undefined).catch(() => {});
  }
}

function damaged(file: string, found: string, cause?: unknown): InputError {
  const hint = 'The copy may be cut short or damaged: get the file again; `zstd -t` tells more about it.';
  return new InputError(
    'ZSTD_DAMAGED',
    `expected a complete zstd file, but ${found}`,
    { file },
    { hint, cause },
  );
}

function bomb(file: string, bytes: number): InputError {
  return new InputError(
    'ZSTD_BOMB',
    `expected data that zstd shrinks to no less than 1/${maxRatio}, found less (after ${bytes} bytes)`,
    { file },
    { hint: 'This is how a decompression bomb looks. If you trust it: `zstd -dc <file> | voxpop score -`.' },
  );
}
