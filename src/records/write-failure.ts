import { exitCodes, OutputError, VoxpopError } from '../errors.ts';
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
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new OutputError('OUTPUT_NOT_WRITABLE', `${path}: no permission to write here`, {
        ...options,
        hint: 'The folder has to be writable, since the output is written beside its final name first.',
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new OutputError('OUTPUT_FOLDER_NOT_FOUND', `${path}: expected the folder to exist`, {
        ...options,
        hint: 'Make the folder first.',
      });
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return new OutputError('OUTPUT_FAILED', `${path}: writing failed: ${reason}`, options);
    }
  }
}
