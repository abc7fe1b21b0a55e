import { excerpt } from '../text/excerpt.ts';
import { textTable } from '../text/text-table.ts';
import { addedCellsReader, addedNames } from './added-columns.ts';
import type { RowWriter, WriterOptions } from './format-writer.ts';
import { keptColumns } from './kept-columns.ts';
import { formatScore } from './prediction-view.ts';
import type { RecordsHead, Row } from './row.ts';

/** Characters of a text, and of any other cell, that are shown. */
const textCharacters = 70;
const cellCharacters = 60;

/** Writes rows for the eyes: labels beside the start of each text, in columns of equal width; no file format. */
export function createEyeTableWriter(head: RecordsHead, options: WriterOptions): RowWriter {
  const { textColumns } = options;
  const kept = options.columns === undefined ? undefined : keptColumns(head, options.columns);
  const addedColumns = addedNames(options);
  const addedCells = addedCellsReader(options, String, formatScore);
  const names = ['row', ...(kept?.names ?? []), ...addedColumns, ...textColumns];

  function keptCells(row: Row): string[] {
    const cells = kept?.cells(row) ?? [];
    return Array.isArray(cells)
      ? cells.map((cell) => excerpt(cell, cellCharacters))
      : (kept?.names.map(() => '') ?? []);
  }

  return {
    addedColumns,
    header: () => '',
    rows(rows, predictions, rejected, sentences) {
      const shown = rows.flatMap((row, index) => {
        if (rejected.has(index)) return [];
        const texts = row.texts.map((text) => excerpt(text, textCharacters));
        const own = [String(row.ordinal + 1), ...keptCells(row)];
        return addedCells(row, predictions, index, sentences).map((cells) => {
          const labels = cells.map((cell) => excerpt(cell, cellCharacters));
          return own.concat(labels, texts);
        });
      });
      return { lines: shown.length === 0 ? '' : textTable([names, ...shown]), rejected };
    },
  };
}
