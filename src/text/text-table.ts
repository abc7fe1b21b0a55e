import { displayWidth } from './display-width.ts';
import { shownName } from './printable.ts';

/**
 * Rows of cells in columns of equal width; the first row is the head, unless there is none. Numbers go to the
 * right, and columns without a value below the head are left out.
 */
export function textTable(given: readonly (readonly string[])[], { hasHead = true } = {}): string {
  const firstBelow = hasHead ? 1 : 0;
  const rows = given.map((row) =>
    row.filter((_, column) => given.slice(firstBelow).some((each) => each[column])).map(shownName),
  );
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  const isNumeric = widths.map((_, column) =>
    rows.slice(firstBelow).every((row) => /^(|[-+]?\d[\d.,]*x?( to .*|-\d.*)?)$/u.test(row[column] ?? '')),
  );
  return rows
    .map((row) => {
      const cells = widths.map((width, column) => {
        const cell = row[column] ?? '';
        const space = ' '.repeat(Math.max(0, width - displayWidth(cell)));
        return isNumeric[column] === true ? space + cell : cell + space;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
