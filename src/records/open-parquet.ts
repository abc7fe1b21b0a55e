import {
  type AsyncBuffer,
  type Compressors,
  type DecodedArray,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { InputError, VoxpopError } from '../errors.ts';
import type { FormatReader } from './format-reader.ts';
import { Lookahead } from './lookahead.ts';
import { type ParquetColumn, parquetColumns, storedMetadata } from './parquet-schema.ts';
import type { RandomAccess } from './random-access.ts';
import { type TypedRecord, typedReader } from './typed-table.ts';

/** What LZ4 makes of nothing, as in a page of missing values, the library takes for damage. */
const decompressors: Compressors = {
  ...compressors,
  LZ4: (input, length) => (length === 0 ? new Uint8Array() : decompressed('LZ4', input, length)),
  LZ4_RAW: (input, length) => (length === 0 ? new Uint8Array() : decompressed('LZ4_RAW', input, length)),
};

function decompressed(codec: 'LZ4' | 'LZ4_RAW', input: Uint8Array, length: number): Uint8Array {
  return compressors[codec]?.(input, length) ?? new Uint8Array();
}

/** Rows that are given out at a time. */
const batchRows = 1024;

/**
 * Reads a Parquet file, one row group after another: memory grows with the largest of them.
 * @throws {InputError} when it is none, or damaged
 */
export async function openParquet(
  access: RandomAccess,
): Promise<{ reader: FormatReader; columns: ParquetColumn[] }> {
  const { file } = access;
  const buffer: AsyncBuffer = {
    byteLength: access.byteLength,
    slice: async (start, end = access.byteLength) => {
      const from = start < 0 ? access.byteLength + start : start;
      const bytes = await access.read(from, end);
      // The library looks at the whole buffer of what it gets; only small reads share one.
      return bytes.byteLength === bytes.buffer.byteLength
        ? (bytes.buffer as ArrayBuffer)
        : new Uint8Array(bytes).buffer;
    },
  };
  const metadata = await whole(file, () => parquetMetadataAsync(buffer, { geoparquet: false }));
  const columns = await whole(file, () => parquetColumns(metadata));
  const records = new Lookahead(readGroups(access, buffer, metadata, columns));
  const reader = typedReader({
    file,
    columns: columns.map(({ name }) => name),
    toValue: (place, value) => columns[place]?.toValue(value) ?? null,
    records,
    header: { count: 0, questions: undefined },
  });
  return { reader, columns };
}

async function* readGroups(
  access: RandomAccess,
  buffer: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly ParquetColumn[],
): AsyncGenerator<TypedRecord[]> {
  const { file } = access;
  const scan = await whole(file, () =>
    parquetScan({
      file: buffer,
      metadata: storedMetadata(metadata),
      compressors: decompressors,
      utf8: false,
      geoparquet: false,
      parsers: { timestampFromNanoseconds: (nanoseconds) => nanoseconds },
    }),
  );
  for (const { rowStart, rowEnd } of scan.ranges) {
    const data: DecodedArray[] = [];
    // One after another, so that what is read of one column is gone before the next.
    for (const { name } of columns) {
      data.push(await whole(file, () => scan.readColumn({ column: name, rowStart, rowEnd })));
    }
    const short = columns.find((_, place) => data[place]?.length !== rowEnd - rowStart);
    if (short !== undefined) throw damaged(file, `too few values in \`${short.name}\``);
    for (let start = 0; start < rowEnd - rowStart; start += batchRows) {
      const batch: TypedRecord[] = [];
      for (let row = start; row < Math.min(start + batchRows, rowEnd - rowStart); row++) {
        batch.push({ line: rowStart + row + 1, values: data.map((values) => values[row] as unknown) });
      }
      const share = (rowStart + start + batch.length) / Number(metadata.num_rows);
      await access.tellUpTo(Math.floor(share * access.byteLength));
      yield batch;
    }
  }
  await access.tellUpTo(access.byteLength);
}

/** Does something with a file that may not be as it should be. */
async function whole<Value>(file: string, read: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof VoxpopError) throw error;
    throw damaged(file, `"${error instanceof Error ? error.message : String(error)}"`, error);
  }
}

function damaged(file: string, found: string, cause?: unknown): InputError {
  return new InputError(
    'PARQUET_DAMAGED',
    `expected a whole Parquet file, found ${found}`,
    { file },
    { cause, hint: 'Write it again, and make sure that it was copied to its end.' },
  );
}
