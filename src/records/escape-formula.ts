/**
 * A cell that a spreadsheet may run: it begins with `=`, `+`, `-` or `@`, in any of their forms, or with a tab or a
 * line end, after which spreadsheets begin anew. Blanks and what is not seen before it are passed over, as imports
 * trim them.
 */
const formula =
  /^(?:[\t\n\r]|[\s\p{Cc}\p{Cf}\p{Z}\u115f\u1160\u2800\u3164\uffa0]*[=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20])/u;

/** The cell as text to every spreadsheet: `'` before what it would take for a formula. */
export function escapeFormula(cell: string): string {
  return formula.test(cell) ? `'${cell}` : cell;
}
