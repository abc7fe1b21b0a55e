import { isUtf8 } from 'node:buffer';
import { InputError } from '../errors.ts';
import type { ReaderOptions, RowPlace } from './format-reader.ts';
import { faultError, invalidTextFault, tooLongFault } from './row-fault.ts';
import type { JsonText } from './split-lines.ts';

const quote = 0x22;
const backslash = 0x5c;
const lineFeed = 0x0a;
const comma = 0x2c;
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];
/** White space, the separator of JSON text sequences, and the bytes of a byte order mark. */
const between = new Set([0x20, 0x09, 0x0a, 0x0d, 0x1e, 0xef, 0xbb, 0xbf, comma]);

/**
 * Cuts a JSON document into its records: the elements of an array, or values one after another, over any number of
 * lines, with commas between them or without. Several arrays in a row are read as one.
 * @param isResumed - whether reading goes on inside the array, before one of its elements
 * @throws {InputError} when the document ends inside a record or an array, or a record is too long
 */
export async function* splitDocument(
  chunks: AsyncGenerator<Buffer>,
  options: ReaderOptions,
  isResumed: boolean,
): AsyncGenerator<JsonText[]> {
  const { file, maxRowBytes } = options;
  let { line, byteOffset } = options;
  /** Of the record so far. */
  let parts: Buffer[] = [];
  let size = 0;
  let start = { line, byteOffset };
  let isOpen = false;
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  /** Whether the array around the records is open. */
  let isInArray = isResumed;

  for await (const chunk of chunks) {
    const records: JsonText[] = [];
    let from = 0;
    const end = (to: number): void => {
      parts.push(chunk.subarray(from, to));
      records.push(toRecord(Buffer.concat(parts), start, options));
      parts = [];
      size = 0;
      isOpen = false;
    };
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === lineFeed) line++;
      if (!isOpen) {
        if (between.has(byte)) continue;
        if (byte === closeBracket && isInArray) {
          isInArray = false;
          continue;
        }
        if (byte === openBracket && !isInArray) {
          isInArray = true;
          continue;
        }
        isOpen = true;
        start = { line, byteOffset: byteOffset + at };
        from = at;
        depth = 0;
      }
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (byte === backslash) isEscaped = true;
        else if (byte === quote) isInString = false;
        continue;
      }
      if (byte === quote) isInString = true;
      else if (byte === openBrace || byte === openBracket) depth++;
      else if (byte === closeBrace || (byte === closeBracket && depth > 0)) {
        if (--depth <= 0) end(at + 1);
      } else if (depth === 0 && (between.has(byte) || byte === closeBracket)) {
        // A number or a word, which a separator ends.
        end(at);
        if (byte === closeBracket) isInArray = false;
      }
    }
    if (isOpen) {
      parts.push(chunk.subarray(from));
      size += chunk.length - from;
    }
    byteOffset += chunk.length;
    if (records.length > 0) yield records;
    if (size > maxRowBytes) throw faultError(file, tooLongFault(start.line, maxRowBytes, ''));
  }
  if (isOpen && depth === 0 && !isInString) {
    yield [toRecord(Buffer.concat(parts), start, options)];
    isOpen = false;
  }
  // Nobody tells a reader that goes on in the middle whether there is an array.
  if (isOpen || (isInArray && !isResumed)) throw cut(file, isOpen ? start.line : line, isOpen ? '}' : ']');
}

function toRecord(bytes: Buffer, place: RowPlace, { mayBeInvalid }: ReaderOptions): JsonText {
  const record = { ...place, text: onOneLine(bytes), carriageReturn: false };
  return mayBeInvalid && !isUtf8(bytes) ? { ...record, fault: invalidTextFault(place.line) } : record;
}

/** Line ends stand between tokens only: inside a string they would be no JSON. */
function onOneLine(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return /[\r\n]/u.test(text) ? text.replaceAll(/[ \t]*[\r\n]\s*/gu, '') : text;
}

function cut(file: string, line: number, expected: string): InputError {
  return new InputError(
    'JSON_CUT',
    `expected \`${expected}\`, found the end of the file`,
    { file, line },
    { hint: 'The file seems to be cut short: fetch or export it again.' },
  );
}
