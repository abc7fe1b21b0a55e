import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { UsageError } from '../errors.ts';
import { addedCellsReader, addedKinds, addedNames, addedValue, type AddedKind } from './added-columns.ts';
import { cellText } from './cell-value.ts';
import type { RowWriter, WriterOptions } from './format-writer.ts';
import { requireDifferentNames, requireFreeNames } from './free-names.ts';
import { type KeptColumns, keptColumns } from './kept-columns.ts';
import type { ParquetColumn } from './parquet-schema.ts';
import { rejectMisfit } from './rejected.ts';
import { formatScore } from './prediction-view.ts';
import type { RecordsHead, Row } from './row.ts';

/** Rows of a row group: few enough to be held, many enough to be compressed and skipped well. */
const groupRows = 16_384;

/** A column that is written. */
interface WrittenColumn extends Pick<ParquetColumn, 'name' | 'declared' | 'stored'> {
  values: unknown[];
}

/**
 * Writes Parquet: columns of Parquet files with their own types, others as text, labels as text and scores as numbers.
 * Nothing comes out until a row group is full.
 * @throws {UsageError} when names clash, or a column has a type that cannot be written
 */
export function createParquetWriter(head: RecordsHead, options: WriterOptions): RowWriter {
  const addedColumns = addedNames(options);
  const kinds = addedKinds(options);
  const kept = keptColumns(head, options.columns);
  requireDifferentNames(kept.names);
  requireFreeNames(kept.names, addedColumns);
  const own = kept.places?.map((place) => head.parquet?.[place]) ?? [];
  const unwritable = own.find((column) => column?.isWritable === false);
  if (unwritable !== undefined) throw notWritable(unwritable);
  const foreign = kept.names.map((name, index) => ({ ...(own[index] ?? textColumn(name)), values: [] }));
  const added = addedColumns.map((name, index) => ({ ...addedColumn(name, kinds[index]), values: [] }));
  const columns: WrittenColumn[] = [...foreign, ...added];
  const addedCells = addedCellsReader(options, String, formatScore);
  const bytes = new ByteWriter();
  const root = { name: 'schema', num_children: columns.length };
  const file = new ParquetWriter({
    writer: bytes,
    schema: [root, ...columns.flatMap(({ stored }) => stored)],
    createdBy: 'voxpop',
  });

  /** What was written since the last time. */
  function take(): Buffer {
    const taken = Buffer.from(bytes.getBytes());
    bytes.index = 0;
    return taken;
  }

  function endGroup(): void {
    const count = columns[0]?.values.length ?? 0;
    if (count === 0) return;
    const columnData = columns.map(({ name, values, stored, declared }) => ({
      name,
      // Bytes that share their memory: the library would make a buffer of its own of each text.
      data: values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value)),
      // Of other types the order of what is stored need not be that of what is meant.
      statistics: stored.length === 1 && isPlain(declared[0]),
    }));
    void file.write({ columnData, rowGroupSize: count });
    for (const column of columns) column.values = [];
  }

  return {
    addedColumns,
    header: () => '',
    rows(rows, predictions, before, sentences) {
      const rejected = new Map(before);
      for (const [index, row] of rows.entries()) {
        if (rejected.has(index)) continue;
        const values = foreignValues(row, kept);
        if (!Array.isArray(values)) {
          rejected.set(index, rejectMisfit(row, values, head, options.rejectRows));
          continue;
        }
        for (const cells of addedCells(row, predictions, index, sentences)) {
          const all = [...values, ...cells.map((cell, place) => addedValue(cell, kinds[place]))];
          for (const [place, column] of columns.entries()) column.values.push(all[place]);
          if (columns[0]?.values.length === groupRows) endGroup();
        }
      }
      return { lines: take(), rejected };
    },
    end() {
      endGroup();
      file.schema = [root, ...columns.flatMap(({ declared }) => declared)];
      void file.finish();
      return take();
    },
  };
}

/** The values of a row as the file is to store them, or why they do not fit. */
function foreignValues(
  row: Row,
  kept: KeptColumns,
): unknown[] | Exclude<ReturnType<KeptColumns['values']>, unknown[]> {
  if (row.values !== undefined && kept.places !== undefined) {
    return kept.places.map((place) => row.values?.[place] ?? null);
  }
  const values = kept.values(row);
  return Array.isArray(values) ? values.map((value) => (value === null ? null : cellText(value))) : values;
}

function textColumn(name: string): Pick<ParquetColumn, 'name' | 'declared' | 'stored'> {
  return optional({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } });
}

function addedColumn(
  name: string,
  kind: AddedKind | undefined,
): Pick<ParquetColumn, 'name' | 'declared' | 'stored'> {
  if (kind === 'score') return optional({ name, type: 'DOUBLE' });
  if (kind === 'flag' || kind === 'count') return optional({ name, type: 'INT32' });
  return kind === 'truth' ? optional({ name, type: 'BOOLEAN' }) : textColumn(name);
}

function optional(element: SchemaElement): Pick<ParquetColumn, 'name' | 'declared' | 'stored'> {
  const declared: SchemaElement = { ...element, repetition_type: 'OPTIONAL' };
  const { logical_type: _, ...stored } = declared;
  return { name: element.name, declared: [declared], stored: [stored] };
}

function isPlain(element: SchemaElement | undefined): boolean {
  const { type, converted_type: converted, logical_type: logical } = element ?? {};
  return converted === 'UTF8' || (converted === undefined && logical === undefined && type !== 'BYTE_ARRAY');
}

function notWritable({ name }: ParquetColumn): UsageError {
  return new UsageError(
    'COLUMN_NOT_WRITABLE',
    `Expected columns whose types can be written to Parquet, found \`${name}\`, a map by other keys than text or a variant`,
    { hint: 'Leave it out with `--columns`, or write JSONL: `--to jsonl`.' },
  );
}
