import { InputError } from '../errors.ts';
import { requireNoOptions } from './require-no-options.ts';
import { type ByteSource, openBytes, openBytesAt, peek } from './byte-source.ts';
import { checkUtf8, decodeBytes, skipBytes } from './decode-bytes.ts';
import { usualQuoting } from './delimited-record.ts';
import type { FormatReader, ReaderOptions, RowPlace } from './format-reader.ts';
import { namelessNotice } from './nameless.ts';
import type { OpenInput } from './opened-input.ts';
import { openContainer } from './open-container.ts';
import { openJsonRecords } from './json-records.ts';
import { misreadNotice } from './misread-text.ts';
import { defaultMaxRowBytes, type RecordsOptions } from './records-options.ts';
import { openTable } from './open-table.ts';
import { isContainer, isDelimited, type RecordsHead } from './row.ts';
import { detectFormat, formatOfPath, sniffBytes } from './sniff.ts';
import { splitDocument } from './split-document.ts';
import { splitLines } from './split-lines.ts';

const byteOrderMark = '\ufeff';

/**
 * Opens a file or stdin and finds out what it is.
 * @param index - its place among the inputs
 * @throws {InputError} when it cannot be read, or is not what it should be
 */
export async function openInput(file: string, index: number, options: RecordsOptions): Promise<OpenInput> {
  const { stdin, onBytes } = options;
  const container = await openContainer(file, index, options);
  if (container !== undefined) return container;
  const source = await openBytes(file, { stdin, onBytes: (bytes) => onBytes?.(bytes, index) });
  try {
    const input = await readHead(file, source, options);
    const readOn = async (place: RowPlace): ReturnType<OpenInput['readOn']> => {
      const bytes = await openBytesAt(file, place.byteOffset, { onBytes: (read) => onBytes?.(read, index) });
      const chunks = checkUtf8(file, bytes.chunks, options.invalidUtf8 ?? 'error', place.line);
      return { ...place, chunks, close: bytes.close };
    };
    return { ...input, readOn };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readHead(
  file: string,
  source: ByteSource,
  options: RecordsOptions,
): Promise<Omit<OpenInput, 'readOn'>> {
  const decoded = await decodeBytes(file, source.chunks, {
    encoding: options.encoding,
    invalid: options.invalidUtf8,
  });
  // JSON Lines need no look ahead, so that a slow pipe is not kept waiting.
  const isJsonLines = (options.from ?? formatOfPath(file)) === 'jsonl';
  const [sample, chunks] = await peek(decoded.chunks, isJsonLines ? 1 : sniffBytes);
  const marks = /^\ufeff*/u.exec(sample.toString('utf8'))?.[0].length ?? 0;
  const markBytes = marks * Buffer.byteLength(byteOrderMark);
  const text = sample.toString('utf8', markBytes);
  const format = detectFormat(file, options.from, text);
  const head: RecordsHead = {
    file,
    format,
    delimiter: undefined,
    quoting: usualQuoting,
    encoding: decoded.encoding,
    compression: source.compression,
    byteOrderMark: decoded.byteOrderMark || marks > 0,
    newline: '\n',
    columns: [],
    headerRows: 0,
    questions: undefined,
    notices: [],
    hasHeader: isDelimited(format) ? (options.header ?? true) : true,
    totalBytes: undefined,
  };
  const readerOptions: ReaderOptions = {
    file,
    maxRowBytes: options.maxRowBytes ?? defaultMaxRowBytes,
    mayBeInvalid: options.invalidUtf8 === 'reject',
    rejectRows: options.rejectRows ?? false,
    everyLine: options.everyLine ?? false,
    line: 1,
    byteOffset: (decoded.byteOrderMark ? 3 : 0) + markBytes,
  };
  const misread = misreadNotice(file, decoded, text);
  if (misread !== undefined) head.notices.push(misread);
  const content = markBytes === 0 ? chunks : skipBytes(chunks, markBytes);
  if (isContainer(format)) throw otherFormat(file, format);
  requireNoOptions(['sheet'], options, format);
  let reader: FormatReader;
  if (isDelimited(format)) {
    const complete = sample.length < sniffBytes;
    const table = await openTable(
      content,
      { text, complete, isTsv: format === 'tsv' },
      readerOptions,
      options,
    );
    ({ reader } = table);
    head.delimiter = table.delimiter;
    head.quoting = table.quoting;
    head.notices.push(...table.notices);
  } else {
    requireNoOptions(['skipRows', 'headerRows', 'quote', 'escape'], options, format);
    reader = await openJsonRecords(content, readerOptions, format === 'json' ? splitDocument : splitLines);
    if (format === 'json' && options.from === undefined && formatOfPath(file) !== 'json') {
      head.notices.push(
        `${file === '-' ? 'The input' : file} is read as JSON: an array, or objects over several lines`,
      );
    }
  }
  const { newline, columns, headerRows, questions } = reader;
  if (isDelimited(format) && head.hasHeader) {
    const nameless = namelessNotice(columns, await reader.sample());
    if (nameless !== undefined) head.notices.push(nameless);
  }
  const close = async (): Promise<void> => {
    // Not awaited: a read of a pipe that waits for data would hold it up.
    chunks.return(undefined).catch(() => {});
    await source.close();
  };
  // Where bytes are replaced, places in the text are not those in the file.
  const canStart =
    source.compression === undefined && decoded.encoding === 'utf-8' && options.invalidUtf8 !== 'replace';
  return { head: { ...head, newline, columns, headerRows, questions }, reader, canStart, close };
}

function otherFormat(file: string, format: string): InputError {
  return new InputError(
    'FORMAT_DIFFERS',
    `expected ${format}, as --from says, found something else`,
    { file },
    { hint: 'Leave out `--from`: what a file holds is known by its first bytes.' },
  );
}
