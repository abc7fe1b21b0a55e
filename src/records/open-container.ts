import { open } from 'node:fs/promises';
import { inputSize, readFailure } from './byte-source.ts';
import { usualQuoting } from './delimited-record.ts';
import type { OpenInput } from './opened-input.ts';
import { openParquet } from './open-parquet.ts';
import { RandomAccess } from './random-access.ts';
import type { RecordsOptions } from './records-options.ts';
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
    if (format === undefined || (options.from ?? format) !== format) {
      await access.close();
      return undefined;
    }
    requireNoOptions(['delimiter', 'encoding', 'quote', 'escape', 'skipRows', 'headerRows'], options, format);
    const { reader, columns } = await openParquet(access);
    const head: RecordsHead = {
      file,
      format,
      delimiter: undefined,
      quoting: usualQuoting,
      encoding: 'utf-8',
      gzip: false,
      byteOrderMark: false,
      newline: reader.newline,
      columns: reader.columns,
      parquet: columns,
      headerRows: reader.headerRows,
      questions: reader.questions,
      notices: [],
      hasHeader: true,
      totalBytes: undefined,
    };
    const readOn = async (): Promise<never> => Promise.reject(new Error('There is no place to read on from'));
    return { head, reader, canStart: false, readOn, close: () => access.close() };
  } catch (error) {
    await access.close();
    throw error;
  }
}
