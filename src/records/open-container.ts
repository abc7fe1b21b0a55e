import { open } from 'node:fs/promises';
import { inputSize, readFailure } from './byte-source.ts';
import { usualQuoting } from './delimited-record.ts';
import type { OpenInput } from './opened-input.ts';
import type { FormatReader } from './format-reader.ts';
import { RandomAccess } from './random-access.ts';
import { defaultMaxRowBytes, type RecordsOptions } from './records-options.ts';
import { requireNoOptions } from './require-no-options.ts';
import type { RecordsHead } from './row.ts';
import { containerOf, signatureBytes } from './signature.ts';

/**
 * Opens a file of a format that is read from its end, if it is one.
 * @param index - its place among the inputs
 * @returns undefined for any other file, and for what can only be read once
 * @throws {InputError} when it is damaged
 */
export async function openContainer(
  file: string,
  index: number,
  options: RecordsOptions,
): Promise<OpenInput | undefined> {
  const byteLength = await inputSize(file);
  if (byteLength === undefined) return undefined;
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw readFailure(file, error);
  });
  const { onBytes } = options;
  const access = new RandomAccess(
    file,
    { handle, byteLength },
    onBytes && ((bytes) => onBytes(bytes, index)),
  );
  try {
    const format = containerOf(await access.read(0, signatureBytes));
    const opened =
      format === (options.from ?? format) ? await openFormat(access, format, options) : undefined;
    if (format === undefined || opened === undefined) {
      await access.close();
      return undefined;
    }
    const { reader, parquet, notices } = opened;
    const head: RecordsHead = {
      file,
      format,
      delimiter: undefined,
      quoting: usualQuoting,
      encoding: 'utf-8',
      compression: undefined,
      byteOrderMark: false,
      newline: reader.newline,
      columns: reader.columns,
      parquet,
      headerRows: reader.headerRows,
      questions: reader.questions,
      notices,
      hasHeader: options.header ?? true,
      totalBytes: undefined,
    };
    const readOn = async (): Promise<never> => Promise.reject(new Error('There is no place to read on from'));
    const close = async (): Promise<void> => {
      opened.close();
      await access.close();
    };
    return { head, reader, canStart: false, readOn, close };
  } catch (error) {
    await access.close();
    throw error;
  }
}

interface OpenedFormat {
  reader: FormatReader;
  parquet: RecordsHead['parquet'];
  notices: string[];
  close: () => void;
}

async function openFormat(
  access: RandomAccess,
  format: 'parquet' | 'xlsx' | undefined,
  options: RecordsOptions,
): Promise<OpenedFormat | undefined> {
  if (format === 'parquet') {
    requireNoOptions([...ofText, 'skipRows', 'headerRows', 'sheet'], options, format);
    // Hardly any run needs them, and loading them would slow down the start of every one.
    const { openParquet } = await import('./open-parquet.ts');
    const { reader, columns } = await openParquet(access);
    return { reader, parquet: columns, notices: [], close: () => {} };
  }
  if (format === undefined) return undefined;
  const { openSheet } = await import('./open-workbook.ts');
  const maxRowCharacters = options.maxRowBytes ?? defaultMaxRowBytes;
  const opened = await openSheet(access, { ...options, maxRowCharacters });
  if (opened !== undefined) requireNoOptions(ofText, options, format);
  return opened === undefined ? undefined : { ...opened, parquet: undefined };
}

/** Options that say how text is read. */
const ofText = ['delimiter', 'encoding', 'quote', 'escape'] as const;
