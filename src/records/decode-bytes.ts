import { isAscii, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { InputError, UsageError } from '../errors.ts';
import { shellPath } from '../text/shell-word.ts';
import { holdsLineFeed, peek } from './byte-source.ts';
import { ByteStart } from './misread-text.ts';
import { likelyEncodings } from './likely-encodings.ts';

const lineFeed = 0x0a;
/** A byte that UTF-8 never holds: what could not be decoded, for the reader of records to find. */
const invalidMark = Buffer.from([0xff]);

/**
 * How bytes are treated that are not valid in the encoding: an error; U+FFFD in their place; or the record
 * that holds them is a bad one.
 */
export const invalidTexts = ['error', 'replace', 'reject'] as const;
export type InvalidText = (typeof invalidTexts)[number];

export interface DecodedBytes {
  /** WHATWG name of the encoding that was read. */
  encoding: string;
  byteOrderMark: boolean;
  /**
   * UTF-8 without the byte order mark; a chunk never ends inside a character. Valid, except with `reject`:
   * there invalid bytes of UTF-8 stay, and in other encodings each U+FFFD becomes the byte 0xFF.
   */
  chunks: AsyncGenerator<Buffer>;
  /** The bytes that were decoded so far, where somebody told an encoding other than UTF-8 or UTF-16. */
  start: ByteStart | undefined;
}

/**
 * Turns the bytes of a file into UTF-8. A byte order mark decides; else `encoding`; else they are UTF-8.
 * @param encoding - any label of the WHATWG Encoding Standard
 * @throws {UsageError} on an unknown label; {@link InputError} when UTF-8 is in truth UTF-16, and, from
 * `chunks`, on the first line that is not valid in the encoding, unless `invalid` says otherwise.
 */
export async function decodeBytes(
  file: string,
  source: AsyncGenerator<Buffer>,
  { encoding, invalid = 'error' }: { encoding?: string | undefined; invalid?: InvalidText | undefined },
): Promise<DecodedBytes> {
  const label = encodingName(encoding ?? 'utf-8');
  const [start, chunks] = await peek(source, 4, holdsLineFeed);
  if (/^(?:fffe0000|0000feff)/u.test(start.toString('hex', 0, 4))) throw utf32(file);
  const mark = byteOrderMarks.find(({ bytes }) => start.subarray(0, bytes.length).equals(bytes));
  const name = mark?.encoding ?? label;
  if (mark === undefined && encoding === undefined) refuseUtf16(file, start);
  const content = mark === undefined ? chunks : skipBytes(chunks, mark.bytes.length);
  const bytes = name.startsWith('utf-') ? undefined : new ByteStart();
  return {
    encoding: name,
    byteOrderMark: mark !== undefined,
    chunks: decodeContent(file, bytes?.watch(content) ?? content, name, invalid),
    start: bytes,
  };
}

function decodeContent(
  file: string,
  content: AsyncGenerator<Buffer>,
  encoding: string,
  invalid: InvalidText,
): AsyncGenerator<Buffer> {
  if (encoding === 'utf-8' && invalid !== 'replace') return checkUtf8(file, content, invalid);
  return invalid === 'error'
    ? transcode(file, content, encoding)
    : transcodeLossy(content, encoding, invalid);
}

/** Bytes that are looked at for what only UTF-16 holds. */
const lookedAtBytes = 4096;

/**
 * Every other byte of Latin text in UTF-16 is 0, which no header and no JSON starts with; of other text it is that of
 * each delimiter, digit and line end.
 */
function utf16NameOf(start: Buffer): string | undefined {
  const [first, second] = start;
  if (first === undefined || second === undefined) return undefined;
  if ((first === 0) !== (second === 0)) return second === 0 ? 'utf-16le' : 'utf-16be';
  const bytes = start.subarray(0, lookedAtBytes);
  const zeros = [0, 0] as [even: number, odd: number];
  for (const [at, byte] of bytes.entries()) if (byte === 0) zeros[at % 2 === 0 ? 0 : 1]++;
  const [even, odd] = zeros;
  // A zero here and there is a cell's own; no header has any.
  const isRegular = (even === 0) !== (odd === 0) && (even + odd) * 100 >= bytes.length;
  const at = bytes.indexOf(lineFeed);
  if (bytes.indexOf(0) > at) return undefined;
  const zeroAt = odd > 0 ? at + 1 : at - 1;
  if (!isRegular || at === -1 || bytes[zeroAt] !== 0 || zeroAt % 2 !== (odd > 0 ? 1 : 0)) return undefined;
  return odd > 0 ? 'utf-16le' : 'utf-16be';
}

function refuseUtf16(file: string, start: Buffer): void {
  const name = utf16NameOf(start);
  if (name === undefined) return;
  throw new InputError(
    'INVALID_ENCODING',
    `expected text encoded as utf-8, found what looks like ${name} without a byte order mark`,
    { file, line: 1 },
    { hint: `Name the encoding: \`--encoding ${name}\`.` },
  );
}

/** What people call encodings besides the labels of the standard. */
const aliases: Record<string, string> = {
  ansi: 'windows-1252',
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  latin9: 'iso-8859-15',
  macroman: 'macintosh',
  utf16: 'utf-16',
  utf16be: 'utf-16be',
  utf16le: 'utf-16le',
  utf8sig: 'utf-8',
};

/**
 * The WHATWG name of an encoding label: `latin1` is `windows-1252`.
 * @throws {UsageError} when there is no such encoding.
 */
export function encodingName(label: string): string {
  const plain = label.toLowerCase().replaceAll(/[\s_-]/gu, '');
  try {
    return new TextDecoder(aliases[plain] ?? (plain.startsWith('latin') ? plain : label)).encoding;
  } catch (cause) {
    throw new UsageError('UNKNOWN_ENCODING', `Expected the name of an encoding, got \`${label}\``, {
      hint: 'Examples: utf-8, utf-16le, windows-1252, iso-8859-2, windows-1251, shift_jis, euc-kr, gb18030, big5.',
      cause,
    });
  }
}

function utf32(file: string): InputError {
  const command = file === '-' ? '... | iconv' : 'iconv';
  const path = file === '-' ? '' : ` ${shellPath(file)}`;
  const message = 'expected text encoded as utf-8 or utf-16, found utf-32';
  const hint = `Convert it on the way: \`${command} -f utf-32 -t utf-8${path} | voxpop score -\`.`;
  return new InputError('INVALID_ENCODING', message, { file, line: 1 }, { hint });
}

const byteOrderMarks = [
  { encoding: 'utf-8', bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { encoding: 'utf-16le', bytes: Buffer.from([0xff, 0xfe]) },
  { encoding: 'utf-16be', bytes: Buffer.from([0xfe, 0xff]) },
];

/** Leaves out the first `count` bytes. */
export async function* skipBytes(chunks: AsyncGenerator<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const chunk of chunks) {
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    if (chunk.length > skipped) yield chunk.subarray(skipped);
  }
}

/** @param firstLine - of the first byte, to name the place of invalid ones */
export async function* checkUtf8(
  file: string,
  chunks: AsyncGenerator<Buffer>,
  invalid: InvalidText,
  firstLine = 1,
): AsyncGenerator<Buffer> {
  let carry: Buffer = Buffer.alloc(0);
  let line = firstLine;
  /** Whether characters beyond ASCII came up, all of them valid. */
  let isUsed = false;
  for await (const chunk of chunks) {
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const end = lastCharacterEnd(bytes);
    const whole = bytes.subarray(0, end);
    carry = bytes.subarray(end);
    if (invalid === 'error' && !isUtf8(whole)) {
      const lines = validLines(whole);
      if (lines.length > 0) yield lines;
      const rest = whole.subarray(lines.length);
      throw invalidUtf8(file, line + countLines(lines), rest, isUsed || !isAscii(lines));
    }
    if (invalid === 'error') {
      line += countLines(whole);
      isUsed ||= !isAscii(whole);
    }
    if (whole.length > 0) yield whole;
  }
  if (carry.length === 0) return;
  if (invalid === 'error') throw invalidUtf8(file, line, carry, isUsed);
  yield carry;
}

/** Where the last character that is complete ends; invalid bytes count as complete. */
function lastCharacterEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return size > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** The lines before the first one that is not UTF-8. */
function validLines(bytes: Buffer): Buffer {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(lineFeed, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return bytes.subarray(0, start);
    start = end + 1;
  }
}

async function* transcode(
  file: string,
  chunks: AsyncGenerator<Buffer>,
  encoding: string,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const unit = encoding.startsWith('utf-16') ? 2 : 1;
  let carry: Buffer = Buffer.alloc(0);
  let line = 1;
  for await (const chunk of chunks) {
    // Whole UTF-16 units only, so that a failed chunk can be read again by itself to find the line.
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const end = bytes.length - (bytes.length % unit);
    carry = bytes.subarray(end);
    const decoded = decodeOrExplain(file, decoder, bytes.subarray(0, end), line);
    line += countLines(decoded);
    if (decoded.length > 0) yield decoded;
  }
  decodeOrExplain(file, decoder, carry, line);
  endOrExplain(file, decoder, line);
}

async function* transcodeLossy(
  chunks: AsyncGenerator<Buffer>,
  encoding: string,
  invalid: InvalidText,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const encode = (text: string): Buffer => {
    if (invalid === 'replace' || !text.includes('\ufffd')) return Buffer.from(text);
    const parts = text.split('\ufffd').map((part) => Buffer.from(part));
    return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [invalidMark, part])));
  };
  for await (const chunk of chunks) {
    const bytes = encode(decoder.decode(chunk, { stream: true }));
    if (bytes.length > 0) yield bytes;
  }
  const last = encode(decoder.decode());
  if (last.length > 0) yield last;
}

/**
 * Always with `stream`: without it Node 20 decodes windows-1252 as ISO 8859-1 (0x80 is not the euro sign).
 */
function decodeOrExplain(file: string, decoder: TextDecoder, bytes: Buffer, line: number): Buffer {
  try {
    return Buffer.from(decoder.decode(bytes, { stream: true }));
  } catch {
    const lossy = new TextDecoder(decoder.encoding, { ignoreBOM: true }).decode(bytes, { stream: true });
    const before = lossy.slice(0, Math.max(0, lossy.indexOf('\ufffd')));
    throw invalidBytes(file, line + countLines(Buffer.from(before)), decoder.encoding);
  }
}

function endOrExplain(file: string, decoder: TextDecoder, line: number): void {
  try {
    decoder.decode();
  } catch {
    throw invalidBytes(file, line, decoder.encoding);
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) count++;
  return count;
}

const goOn = 'To go on where only a few bytes are bad: `--invalid-utf8 replace` or `reject`.';

function invalidBytes(file: string, line: number, encoding: string): InputError {
  const hint = `Name the encoding that the file was saved in with \`--encoding\`. ${goOn}`;
  return invalidEncoding(file, line, encoding, hint);
}

/**
 * @param rest - bytes from the line on that is not UTF-8
 * @param isUsed - whether characters beyond ASCII came before, which another encoding would take for something else
 */
function invalidUtf8(file: string, line: number, rest: Buffer, isUsed: boolean): InputError {
  if (isUsed || isMostlyUtf8(rest)) {
    const hint =
      'The file is UTF-8, but for a few bytes: `--invalid-utf8 replace` puts U+FFFD in their place, ' +
      '`--invalid-utf8 reject` sets such rows aside.';
    return invalidEncoding(file, line, 'utf-8', hint);
  }
  const found = likelyEncodings(rest);
  const named = found.map(
    ({ label, words }) => `\`--encoding ${label}\` (${words.map((word) => `\`${word}\``).join(', ')})`,
  );
  const hint =
    named.length === 0
      ? `Name the encoding that the file was saved in with \`--encoding\`. ${goOn}`
      : `Name the encoding in which it reads right: ${named.join(' or ')}. ${goOn}`;
  return invalidEncoding(file, line, 'utf-8', hint);
}

/** Whether more characters beyond ASCII are valid than not: other encodings hit that only by chance. */
function isMostlyUtf8(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  const invalid = text.match(/\ufffd/gu)?.length ?? 0;
  const valid = text.match(/[^\p{ASCII}\ufffd]/gu)?.length ?? 0;
  return valid > 2 * invalid;
}

function invalidEncoding(file: string, line: number, encoding: string, hint: string): InputError {
  const message = `expected text encoded as ${encoding}, found bytes that are not`;
  return new InputError('INVALID_ENCODING', message, { file, line }, { hint });
}
