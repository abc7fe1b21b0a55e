import { isUtf8 } from 'node:buffer';
import {
  type FormatReader,
  type ReaderOptions,
  type ResumedText,
  type RowPlace,
  type RowsRequest,
  skipItems,
} from './format-reader.ts';
import { isJsonObject, type JsonObject, topLevelFields, valueAt } from './json-fields.ts';
import { precede } from './precede.ts';
import type { Row } from './row.ts';
import {
  faultError,
  invalidTextFault,
  maxRawBytes,
  rejectReason,
  type RowFault,
  tooLongFault,
} from './row-fault.ts';
import { excerpt } from '../text/excerpt.ts';

const lineFeed = 0x0a;
/** Characters of a bad line that its error shows. */
const excerptCharacters = 60;
/** Bad lines looked through at the start for an object whose keys are the columns. */
const linesUntilUnknown = 100;

interface Line extends RowPlace {
  text: string;
  /** Whether `\r` stood before its end. */
  carriageReturn: boolean;
  /** A fault in the bytes of the line; `text` then is at least its start. */
  fault?: RowFault;
}

/**
 * Reads JSON Lines: one object per line, blank lines skipped unless every line counts. The line is kept as it is.
 * @param chunks - UTF-8 without byte order mark
 * @throws {InputError} when the first line is not a JSON object, unless bad rows are rejected.
 */
export async function openJsonLines(
  chunks: AsyncGenerator<Buffer>,
  options: ReaderOptions,
): Promise<FormatReader> {
  const batches = readLines(chunks, options);
  const taken: Line[] = [];
  let first: Line | undefined;
  let columns: string[] = [];
  while (first === undefined && taken.length < linesUntilUnknown) {
    const next = await batches.next();
    if (next.done === true) break;
    taken.push(...next.value);
    first = next.value.find((line) => {
      if (isBlank(line.text)) return false;
      const record = parseLine(line);
      if ('fault' in record && !options.rejectRows) throw faultError(options.file, record.fault);
      return 'value' in record;
    });
    if (options.everyLine) break;
  }
  if (first !== undefined) columns = [...new Set(topLevelFields(first.text).map(({ key }) => key))];
  const newline = (first ?? taken[0])?.carriageReturn === true ? '\r\n' : '\n';
  const all = precede([taken], batches);
  const readOn = ({ chunks: rest, line, byteOffset }: ResumedText): AsyncGenerator<Line[]> =>
    readLines(rest, { ...options, line, byteOffset });
  return {
    columns,
    newline,
    rows: (request) => toRows(request.from === undefined ? all : readOn(request.from), request, options),
    places: () => all,
  };
}

async function* toRows(
  batches: AsyncGenerator<Line[]>,
  request: RowsRequest,
  { file, rejectRows }: ReaderOptions,
): AsyncGenerator<Row[]> {
  let { ordinal } = request;
  for await (const lines of skipItems(batches, request.skip)) {
    const rows: Row[] = [];
    let failure: RowFault | undefined;
    for (const each of lines) {
      const { line, byteOffset, text } = each;
      const record = readRecord(each, request);
      const place = { ordinal, file, line, byteOffset };
      if ('texts' in record) {
        rows.push({ ...place, texts: record.texts, json: text });
      } else if (rejectRows) {
        const texts = request.textColumns.map(() => '');
        rows.push({ ...place, texts, rejected: rejectReason(record.fault, text) });
      } else {
        failure = record.fault;
        break;
      }
      ordinal++;
    }
    if (rows.length > 0) yield rows;
    if (failure !== undefined) throw faultError(file, failure);
  }
}

/** Lines, blank ones only if every line counts, as many as a chunk completes; a batch is never empty. */
async function* readLines(chunks: AsyncGenerator<Buffer>, options: ReaderOptions): AsyncGenerator<Line[]> {
  const { maxRowBytes, rejectRows } = options;
  let parts: Buffer[] = [];
  /** Bytes of the line so far; some of them are in `parts`. */
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
  const close = (lines: Line[]): void => {
    const line = closeLine(parts, size, { line: number, byteOffset }, options);
    if (line !== undefined) lines.push(line);
    number++;
    byteOffset += size + 1;
    parts = [];
    size = kept = 0;
  };

  for await (const chunk of chunks) {
    const lines: Line[] = [];
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
  const last: Line[] = [];
  if (size > 0) close(last);
  if (last.length > 0) yield last;
}

/** @returns undefined for a blank line, unless every line counts */
function closeLine(
  parts: Buffer[],
  size: number,
  place: RowPlace,
  { maxRowBytes, mayBeInvalid, everyLine }: ReaderOptions,
): Line | undefined {
  const [only] = parts;
  let bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  const carriageReturn = bytes.length === size && bytes.at(-1) === 0x0d;
  if (carriageReturn) bytes = bytes.subarray(0, -1);
  if (size - (carriageReturn ? 1 : 0) > maxRowBytes) {
    // One byte more than is kept, so that the reject says that it is cut.
    const text = bytes.subarray(0, maxRawBytes + 1).toString('utf8');
    return { ...place, text, carriageReturn, fault: tooLongLine(place.line, maxRowBytes) };
  }
  const text = bytes.toString('utf8');
  if (isBlank(text) && !everyLine) return undefined;
  const line = { ...place, text, carriageReturn };
  return mayBeInvalid && !isUtf8(bytes) ? { ...line, fault: invalidTextFault(place.line) } : line;
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function tooLongLine(line: number, maxRowBytes: number): RowFault {
  return tooLongFault(line, maxRowBytes, '');
}

const oneObjectPerLine = 'Each line holds one whole JSON object; `jq -c . file` writes them so.';

/** The texts of a line, or why there are none. */
function readRecord(line: Line, request: RowsRequest): { texts: string[] } | { fault: RowFault } {
  if (line.fault === undefined && isBlank(line.text)) return { texts: request.textColumns.map(() => '') };
  const record = parseLine(line);
  if ('fault' in record) return record;
  const texts: string[] = [];
  for (const [index, path] of request.textColumns.entries()) {
    const value = valueAt(record.value, path);
    if (value !== undefined) request.found[index] = true;
    const text = textOf(value);
    if (text === undefined) return { fault: notScalar(line.line, path, value) };
    texts.push(text);
  }
  return { texts };
}

function parseLine({ text, line, fault }: Line): { value: JsonObject } | { fault: RowFault } {
  if (fault !== undefined) return { fault };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return { fault: invalidJson(line, text, cause as Error) };
  }
  if (isJsonObject(value)) return { value };
  const message = `expected a JSON object, found ${kindOf(value)}: ${excerpt(text, excerptCharacters)}`;
  return { fault: { code: 'NOT_AN_OBJECT', message, line, hint: oneObjectPerLine } };
}

function invalidJson(line: number, text: string, cause: Error): RowFault {
  // V8 ends most of its messages so; for an unexpected token it quotes the text in place of a position.
  const position = /JSON at position (\d+)(?: \(line \d+ column \d+\))?$/u.exec(cause.message)?.[1];
  const atEnd = cause.message === 'Unexpected end of JSON input';
  const index = position === undefined ? (atEnd ? text.length : undefined) : Number(position);
  const reason = cause.message
    .replace(/(?: in| after)? JSON at position \d+.*$/su, '')
    .replace(/, .* is not valid JSON$/su, '');
  const message = `expected a JSON object, found bad JSON (${reason}): ${around(text, index ?? 0)}`;
  const column = index === undefined ? undefined : index + 1;
  return { code: 'INVALID_JSON', message, line, column, hint: oneObjectPerLine, cause };
}

/** The part of a line around a character. */
function around(text: string, index: number): string {
  const start = Math.max(0, Math.min(index - excerptCharacters / 2, text.length - excerptCharacters));
  return (start > 0 ? '...' : '') + excerpt(text.slice(start), excerptCharacters);
}

/** @returns undefined for an object or an array. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? undefined : JSON.stringify(value);
}

function notScalar(line: number, path: string, value: unknown): RowFault {
  const message = `expected a text at \`${path}\`, found ${kindOf(value)}`;
  const hint = `Name a value inside it by its path, for example \`--text ${path}.text\`.`;
  return { code: 'TEXT_NOT_SCALAR', message, line, hint };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
