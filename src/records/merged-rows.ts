/**
 * Whether the lines of one record that spans several would each be a row of a file without quotes: all split into
 * as many fields. Commas are frequent in text, so that between those the first fields have to look alike, too, as
 * numbers and other ids do.
 */
export function looksLikeRows(lines: readonly string[], delimiter: string, width: number): boolean {
  const rows = lines.map((line) => line.split(delimiter));
  if (rows.length < 2 || rows.some((fields) => fields.length !== width)) return false;
  if (delimiter === '\t') return true;
  const shapes = new Set(rows.map(([first = '']) => shapeOf(first)));
  return shapes.size === 1 && /\d/u.test(rows[0]?.[0] ?? '');
}

/** A field with each run of digits and each run of letters as one sign. */
function shapeOf(field: string): string {
  return field
    .trim()
    .replaceAll(/\p{L}+/gu, 'a')
    .replaceAll(/\d+/gu, '0');
}
