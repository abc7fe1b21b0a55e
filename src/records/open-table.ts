import { InputError } from '../errors.ts';
import { skipBytes } from './decode-bytes.ts';
import { openDelimited } from './delimited.ts';
import type { Quoting } from './delimited-record.ts';
import { delimiterOf } from './delimiter.ts';
import type { FormatReader, ReaderOptions } from './format-reader.ts';
import { detectLineEnds } from './line-ends.ts';
import type { RecordsOptions } from './records-options.ts';
import { quotingOf } from './quoting.ts';
import { delimiterLine } from './sniff.ts';
import { findShape } from './table-shape.ts';

/** The start of a table. */
export interface TableStart {
  text: string;
  /** Whether that is all of it. */
  complete: boolean;
  isTsv: boolean;
}

export interface OpenTable {
  reader: FormatReader;
  delimiter: string | undefined;
  quoting: Quoting;
  notices: string[];
}

/**
 * Finds out how a table is written, and opens it behind what stands before its header.
 * @throws {InputError} when that is not clear; the error says which option makes it so
 */
export async function openTable(
  chunks: AsyncGenerator<Buffer>,
  { text, complete, isTsv }: TableStart,
  readerOptions: ReaderOptions,
  options: RecordsOptions,
): Promise<OpenTable> {
  const { file, rejectRows } = readerOptions;
  const quoting = quotingOf(options);
  const skipped = linesAtStart(file, text, options.skipRows ?? 0);
  const named = delimiterLine(text.slice(skipped.length));
  const before = skipped + (named?.line ?? '');
  const table = text.slice(before.length);
  const ends = detectLineEnds(file, table, { complete, quote: quoting.quote });
  const skippedLines = (options.skipRows ?? 0) + (named === undefined ? 0 : 1);
  const told =
    options.delimiter === undefined ? named?.delimiter : delimiterOf(options.delimiter, '--delimiter');
  const hasHeader = options.header ?? true;
  const { newline } = ends;
  const facts = { ...quoting, file, isTsv, newline, complete, told, hasHeader, skippedLines, rejectRows };
  const { delimiter, isWholeLines, notices } = findShape(table, facts);
  const beforeBytes = Buffer.byteLength(before);
  const reader = await openDelimited(beforeBytes === 0 ? chunks : skipBytes(chunks, beforeBytes), {
    ...readerOptions,
    ...quoting,
    ...ends,
    isDoubledReturn: ends.isDoubled,
    delimiter,
    hasHeader,
    headerRows: options.headerRows,
    line: readerOptions.line + skippedLines,
    byteOffset: readerOptions.byteOffset + beforeBytes,
  });
  return { reader, delimiter: isWholeLines ? undefined : delimiter, quoting, notices };
}

/** The first lines, with their ends; whatever ends a line counts. */
function linesAtStart(file: string, text: string, count: number): string {
  const lineEnd = /\r*\n|\r/gu;
  for (let left = count; left > 0; left--) {
    if (lineEnd.exec(text) !== null) continue;
    const message = `expected more than ${count} lines at the start, for --skip-rows ${count}, found ${count - left} line ends in the first ${text.length} characters`;
    throw new InputError('TOO_FEW_LINES', message, { file }, { hint: 'Leave out fewer lines.' });
  }
  return text.slice(0, lineEnd.lastIndex);
}
