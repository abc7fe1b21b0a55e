import { exitCodes, OutputError, UsageError, VoxpopError } from '../errors.ts';
import { errorCode } from './byte-source.ts';

/** The program that reads our stdout has ended, as `head` does: not a fault. */
export class ReaderGoneError extends VoxpopError {
  constructor(cause: unknown) {
    super('READER_GONE', exitCodes.ok, 'The reader of the output went away', { cause });
  }
}

/** Says what stopped writing to a stream. */
export function streamFailure(error: unknown): VoxpopError {
  const code = errorCode(error);
  const isGone = code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED';
  return isGone ? new ReaderGoneError(error) : writeFailure('output', error);
}

/** Says what stopped writing to a file, and what to do about it. */
export function writeFailure(path: string, error: unknown): VoxpopError {
  if (error instanceof VoxpopError) return error;
  const options = { cause: error };
  switch (errorCode(error)) {
    case 'EPIPE':
      return new ReaderGoneError(error);
    case 'ENOSPC':
    case 'EDQUOT':
      return new OutputError('OUTPUT_NO_SPACE', `${path}: no space is left to write to`, {
        ...options,
        hint: 'Make room, or write to another disk, and run the command again.',
      });
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return new OutputError('OUTPUT_FAILED', `${path}: writing failed: ${reason}`, options);
    }
  }
}

/** Does what writes at a place, and says what stopped it. */
export async function writing<Value>(path: string, write: () => Promise<Value>): Promise<Value> {
  try {
    return await write();
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/** Why nothing can be written at a place, where trying again does not help. */
const unwritable: Record<string, [code: string, message: string, hint: string]> = {
  EACCES: [
    'OUTPUT_NOT_WRITABLE',
    'no permission to write here',
    'The folder has to be writable, since the output is written beside its final name first.',
  ],
  EROFS: ['OUTPUT_NOT_WRITABLE', 'the file system is read-only', 'Write to another disk.'],
  ENOENT: ['OUTPUT_FOLDER_NOT_FOUND', 'expected the folder to exist', 'Make the folder first.'],
  ENAMETOOLONG: [
    'OUTPUT_NOT_WRITABLE',
    'the name is too long for the file system',
    'Some characters must be left for the names of files that are written beside it.',
  ],
};
const alike: Record<string, string> = { EPERM: 'EACCES', ENOTDIR: 'ENOENT' };

/** Says why a file could not be opened to be written. */
export function openFailure(path: string, error: unknown): VoxpopError {
  const code = errorCode(error);
  const [name, message, hint] = unwritable[alike[code] ?? code] ?? [];
  if (error instanceof VoxpopError || name === undefined) return writeFailure(path, error);
  return new UsageError(name, `${path}: ${message}`, { hint, cause: error });
}
