import { isUtf8 } from 'node:buffer';
import type { ReaderOptions, RowPlace } from './format-reader.ts';
import { faultError, invalidTextFault, maxRawBytes, type RowFault, tooLongFault } from './row-fault.ts';

const lineFeed = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The text of one JSON record, or of what should be one. */
export interface JsonText extends RowPlace {
  /** On one line, without line end and byte order mark. */
  text: string;
  /** Whether `\r` stood before its line end. */
  carriageReturn: boolean;
  /** What is wrong with its bytes; `text` then is the start of the record at least. */
  fault?: RowFault;
}

/** Lines, blank ones only if every line counts, as many as a chunk completes; a batch is never empty. */
export async function* splitLines(
  chunks: AsyncGenerator<Buffer>,
  options: ReaderOptions,
): AsyncGenerator<JsonText[]> {
  const { maxRowBytes, rejectRows } = options;
  let parts: Buffer[] = [];
  /** Of the line so far, and how much of it is in `parts`. */
  let size = 0;
  let kept = 0;
  let number = options.line;
  let { byteOffset } = options;

  const add = (part: Buffer): void => {
    size += part.length;
    // The line may end in a carriage return, which does not count.
    if (size > maxRowBytes + 1 && kept > maxRawBytes) return;
    parts.push(part);
    kept += part.length;
  };
  const close = (lines: JsonText[]): void => {
    const line = closeLine(parts, size, { line: number, byteOffset }, options);
    if (line !== undefined) lines.push(line);
    number++;
    byteOffset += size + 1;
    parts = [];
    size = kept = 0;
  };

  for await (const chunk of chunks) {
    const lines: JsonText[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      add(chunk.subarray(start, end));
      start = end + 1;
      close(lines);
    }
    if (start < chunk.length) add(chunk.subarray(start));
    if (lines.length > 0) yield lines;
    if (size > maxRowBytes + 1 && !rejectRows) {
      throw faultError(options.file, tooLongLine(number, maxRowBytes));
    }
  }
  const last: JsonText[] = [];
  if (size > 0) close(last);
  if (last.length > 0) yield last;
}

/** @returns undefined for a blank line, unless every line counts */
function closeLine(
  parts: Buffer[],
  size: number,
  place: RowPlace,
  { maxRowBytes, mayBeInvalid, everyLine }: ReaderOptions,
): JsonText | undefined {
  const [only] = parts;
  let bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  const carriageReturn = bytes.length === size && bytes.at(-1) === 0x0d;
  if (carriageReturn) bytes = bytes.subarray(0, -1);
  if (size - (carriageReturn ? 1 : 0) > maxRowBytes) {
    // One byte more than is kept, so that the reject says that it is cut.
    const text = bytes.subarray(0, maxRawBytes + 1).toString('utf8');
    return { ...place, text, carriageReturn, fault: tooLongLine(place.line, maxRowBytes) };
  }
  // Files that were put together have marks in the middle.
  if (bytes.subarray(0, 3).equals(byteOrderMark)) bytes = bytes.subarray(3);
  const text = bytes.toString('utf8');
  if (isBlank(text) && !everyLine) return undefined;
  const line = { ...place, text, carriageReturn };
  return mayBeInvalid && !isUtf8(bytes) ? { ...line, fault: invalidTextFault(place.line) } : line;
}

export function isBlank(text: string): boolean {
  return text.trim() === '';
}

function tooLongLine(line: number, maxRowBytes: number): RowFault {
  return tooLongFault(line, maxRowBytes, '');
}
