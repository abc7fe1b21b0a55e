import { InputError } from '../errors.ts';
import { errorCode } from './byte-source.ts';
import type { FormatReader, RowsRequest } from './format-reader.ts';
import { isJsonObject, type JsonObject, topLevelFields, valueAt } from './json-fields.ts';
import { precede } from './precede.ts';
import type { Row } from './row.ts';

const lineFeed = 0x0a;
/** Characters of a bad line that its error shows. */
const excerptCharacters = 60;

interface Line {
  text: string;
  number: number;
  /** Whether `\r` stood before its end. */
  carriageReturn: boolean;
}

/**
 * Reads JSON Lines: one object per line, blank lines skipped. The line is kept as it is.
 * @param chunks - UTF-8 without byte order mark
 * @throws {InputError} when the first line is not a JSON object.
 */
export async function openJsonLines(file: string, chunks: AsyncGenerator<Buffer>): Promise<FormatReader> {
  const batches = readLines(file, chunks);
  const next = await batches.next();
  const first = next.done === true ? [] : next.value;
  let columns: string[] = [];
  if (first[0] !== undefined) {
    parseLine(file, first[0]);
    columns = [...new Set(topLevelFields(first[0].text).map(({ key }) => key))];
  }
  const newline = first[0]?.carriageReturn === true ? '\r\n' : '\n';
  return { columns, newline, rows: (request) => toRows(file, precede([first], batches), request) };
}

async function* toRows(
  file: string,
  batches: AsyncGenerator<Line[]>,
  request: RowsRequest,
): AsyncGenerator<Row[]> {
  let { ordinal } = request;
  for await (const lines of batches) {
    const rows: Row[] = [];
    let failure: unknown;
    try {
      for (const line of lines) {
        const record = parseLine(file, line);
        const texts = request.textColumns.map((path, index) => {
          const value = valueAt(record, path);
          if (value !== undefined) request.found[index] = true;
          return textOf(value, path, { file, line: line.number });
        });
        rows.push({ ordinal: ordinal++, file, line: line.number, texts, json: line.text });
      }
    } catch (error) {
      failure = error;
    }
    if (rows.length > 0) yield rows;
    if (failure !== undefined) throw failure;
  }
}

/** Lines that are not blank, as many as a chunk completes; a batch is never empty. */
async function* readLines(file: string, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Line[]> {
  let parts: Buffer[] = [];
  let number = 0;
  const close = (lines: Line[]): void => {
    number++;
    const line = lineText(file, parts, number);
    parts = [];
    if (line.trim() === '') return;
    const carriageReturn = line.endsWith('\r');
    lines.push({ text: carriageReturn ? line.slice(0, -1) : line, number, carriageReturn });
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      parts.push(chunk.subarray(start, end));
      start = end + 1;
      close(lines);
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  const last: Line[] = [];
  close(last);
  if (last.length > 0) yield last;
}

function lineText(file: string, parts: Buffer[], line: number): string {
  const [only] = parts;
  const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  try {
    return bytes.toString('utf8');
  } catch (cause) {
    if (errorCode(cause) !== 'ERR_STRING_TOO_LONG') throw cause;
    const message = 'expected lines of at most 512 MB, found a longer one';
    throw new InputError('VALUE_TOO_LONG', message, { file, line }, { hint: oneObjectPerLine, cause });
  }
}

const oneObjectPerLine = 'Each line holds one whole JSON object; `jq -c . file` writes them so.';

function parseLine(file: string, { text, number }: Line): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidJson(file, number, text, cause as Error);
  }
  if (isJsonObject(value)) return value;
  const message = `expected a JSON object, found ${kindOf(value)}: ${excerpt(text, 0)}`;
  throw new InputError('NOT_AN_OBJECT', message, { file, line: number }, { hint: oneObjectPerLine });
}

function invalidJson(file: string, line: number, text: string, cause: Error): InputError {
  // V8 ends most of its messages so; for an unexpected token it quotes the text in place of a position.
  const position = /JSON at position (\d+)(?: \(line \d+ column \d+\))?$/u.exec(cause.message)?.[1];
  const atEnd = cause.message === 'Unexpected end of JSON input';
  const index = position === undefined ? (atEnd ? text.length : undefined) : Number(position);
  const reason = cause.message
    .replace(/(?: in| after)? JSON at position \d+.*$/su, '')
    .replace(/, .* is not valid JSON$/su, '');
  const message = `expected a JSON object, found bad JSON (${reason}): ${excerpt(text, index ?? 0)}`;
  const column = index === undefined ? undefined : index + 1;
  return new InputError('INVALID_JSON', message, { file, line, column }, { hint: oneObjectPerLine, cause });
}

/** The part of a line around a character. */
function excerpt(text: string, index: number): string {
  const start = Math.max(0, Math.min(index - excerptCharacters / 2, text.length - excerptCharacters));
  const part = text.slice(start, start + excerptCharacters);
  return `${start > 0 ? '...' : ''}${part}${start + excerptCharacters < text.length ? '...' : ''}`;
}

/** @throws {InputError} for an object or an array. */
function textOf(value: unknown, path: string, place: { file: string; line: number }): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return JSON.stringify(value);
  const message = `expected a text at \`${path}\`, found ${kindOf(value)}`;
  const hint = `Name a value inside it by its path, for example \`--text ${path}.text\`.`;
  throw new InputError('TEXT_NOT_SCALAR', message, place, { hint });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
