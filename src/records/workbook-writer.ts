import { strToU8, Zip, ZipDeflate } from 'fflate';
import { InputError, UsageError } from '../errors.ts';
import { addedCellsReader, addedKinds, addedNames, addedValue } from './added-columns.ts';
import type { CellValue } from './cell-value.ts';
import type { RowWriter, WriterOptions } from './format-writer.ts';
import { requireFreeNames } from './free-names.ts';
import { keptColumns } from './kept-columns.ts';
import { rejectMisfit } from './rejected.ts';
import type { Misfit } from './row-fault.ts';
import { formatScore } from './prediction-view.ts';
import type { RecordsHead } from './row.ts';
import { mostColumns } from './sheet-rows.ts';
import { mostCellCharacters, SheetXml } from './sheet-xml.ts';
import { workbookParts } from './workbook-parts.ts';

/** Rows that a sheet can have. */
const mostRows = 1_048_576;
/** The same in every file, so that equal rows give equal bytes. */
const modified = new Date(1980, 0, 1);

/**
 * Writes a workbook (.xlsx) of one sheet: numbers, dates and truth values as such, with the formats that they had, all
 * else as text. Texts stand in their cells, so that memory does not grow with rows.
 * @throws {UsageError} when names clash, or there are more columns than a sheet can have
 */
export function createWorkbookWriter(head: RecordsHead, options: WriterOptions): RowWriter {
  const addedColumns = addedNames(options);
  const kinds = addedKinds(options);
  const kept = keptColumns(head, options.columns);
  requireFreeNames(kept.names, addedColumns);
  const names = [...kept.names, ...addedColumns];
  if (names.length > mostColumns) throw tooManyColumns(names.length);
  const addedCells = addedCellsReader(options, String, formatScore);
  const xml = new SheetXml(names.length);

  let pieces: Uint8Array[] = [];
  const zip = new Zip((error, bytes) => {
    if (error !== null) throw error;
    pieces.push(bytes);
  });
  const sheet = new ZipDeflate('xl/worksheets/sheet1.xml', { level: 6 });
  sheet.mtime = modified;
  let hasBegun = false;

  function begin(): void {
    if (hasBegun) return;
    hasBegun = true;
    for (const [path, text] of workbookParts()) addPart(path, text);
    zip.add(sheet);
    sheet.push(strToU8(xml.start + (head.hasHeader ? xml.row(names) : '')));
  }

  function addPart(path: string, text: string): void {
    const part = new ZipDeflate(path, { level: 6 });
    part.mtime = modified;
    zip.add(part);
    part.push(strToU8(text), true);
  }

  function take(): Buffer {
    const taken = Buffer.concat(pieces);
    pieces = [];
    return taken;
  }

  return {
    addedColumns,
    header: () => '',
    rows(rows, predictions, before, sentences) {
      begin();
      const rejected = new Map(before);
      let text = '';
      for (const [index, row] of rows.entries()) {
        if (rejected.has(index)) continue;
        const found = kept.values(row);
        const values = Array.isArray(found) ? (tooLongCell(found, kept.names) ?? found) : found;
        if (!Array.isArray(values)) {
          rejected.set(index, rejectMisfit(row, values, head, options.rejectRows));
          continue;
        }
        for (const cells of addedCells(row, predictions, index, sentences)) {
          if (xml.rows === mostRows) throw tooManyRows(row.file, row.line);
          text += xml.row([...values, ...cells.map((cell, place) => addedValue(cell, kinds[place]))]);
        }
      }
      sheet.push(strToU8(text));
      return { lines: take(), rejected };
    },
    end() {
      begin();
      sheet.push(strToU8(xml.end), true);
      addPart('xl/styles.xml', xml.styles());
      zip.end();
      return take();
    },
  };
}

function tooLongCell(values: CellValue[], names: readonly string[]): Misfit | undefined {
  const place = values.findIndex((value) => typeof value === 'string' && value.length > mostCellCharacters);
  if (place === -1) return undefined;
  return {
    code: 'CELL_TOO_LONG',
    message: `expected texts of at most ${mostCellCharacters} characters, as many as a cell of a sheet can hold, found a longer one in \`${names[place]}\``,
    hint: 'Leave the column out with `--columns`, or write another format: `--to csv`.',
  };
}

function tooManyColumns(found: number): UsageError {
  return new UsageError(
    'TOO_MANY_COLUMNS',
    `Expected at most ${mostColumns} columns, as many as a sheet can have, got ${found}`,
    { hint: 'Choose some with `--columns`, or write another format: `--to csv`.' },
  );
}

function tooManyRows(file: string, line: number): InputError {
  return new InputError(
    'TOO_MANY_ROWS',
    `expected at most ${mostRows} rows, as many as a sheet can have, found more`,
    { file, line },
    { hint: 'Write another format: `--to csv`, or `--to parquet`.' },
  );
}
