import { InputError } from '../errors.ts';

/** Bytes of a record, as UTF-8, that its reject keeps at most. */
export const maxRawBytes = 1024 * 1024;

/** How to go on without a bad row; the only place that says it. */
export const howToReject =
  '`voxpop score` puts such rows aside with `--rejects <file>`, a filter answers them with `--errors inline`.';

/** A fault of one row, while the rows around it may be good. */
export interface RowFault {
  code: string;
  /** Text of the message, without the place. */
  message: string;
  /** Line of the fault, from 1; the record may start before it. */
  line: number;
  /** Field of a delimited record, or character of a JSON line, from 1. */
  column?: number | undefined;
  hint: string;
  cause?: unknown;
}

/** The reason why a row that was read well does not fit into the output. */
export type Misfit = Omit<RowFault, 'line'>;

/** The reason why a row takes no part in the output. */
export interface RejectReason {
  /** Code of the error that the row would have ended the run with, for example `RAGGED_ROW`. */
  code: string;
  message: string;
  /** Field of a delimited record, or character of a JSON line, from 1, where known. */
  column?: number;
  /** The record as it stood in its file, decoded, without its line end. */
  raw: string;
  /** Whether `raw` is only the start of the record, cut to 1 MiB. */
  rawTruncated?: true;
}

/** The error that a bad row ends a run with when no row may be rejected. */
export function faultError(file: string, { code, message, line, column, hint, cause }: RowFault): InputError {
  const place = column === undefined ? { file, line } : { file, line, column };
  return new InputError(code, message, place, { hint: `${hint} ${howToReject}`, cause });
}

/**
 * Makes the reason of a reject, with the start of its record.
 * @param raw - the record as it stood, or a little more of it than is kept
 */
export function rejectReason(
  { code, message, column }: Pick<RowFault, 'code' | 'message' | 'column'>,
  raw: string | Buffer,
): RejectReason {
  const place = column === undefined ? {} : { column };
  if (raw.length <= maxRawBytes / 3) return { code, message, ...place, raw: raw.toString() };
  const bytes = typeof raw === 'string' ? Buffer.from(raw) : raw;
  if (bytes.length <= maxRawBytes) return { code, message, ...place, raw: bytes.toString('utf8') };
  // A character that is cut becomes one replacement character, which goes.
  const start = bytes.toString('utf8', 0, maxRawBytes).replace(/\ufffd$/u, '');
  return { code, message, ...place, raw: start, rawTruncated: true };
}

/** The fault that `--invalid-utf8 reject` finds in a record. */
export function invalidTextFault(line: number): RowFault {
  return {
    code: 'INVALID_ENCODING',
    message: 'expected valid text, found bytes that the encoding does not allow',
    line,
    hint: 'Name the encoding that the file was saved in with `--encoding`.',
  };
}

export function tooLongFault(line: number, maxRowBytes: number, detail: string): RowFault {
  return {
    code: 'ROW_TOO_LONG',
    message: `expected rows of at most ${maxRowBytes} bytes, found a longer one${detail}`,
    line,
    hint: 'Allow longer rows with `--max-row-bytes <n>`; memory grows with it.',
  };
}
