import { count } from '../text/numbers.ts';
import { html, type SafeHtml, trusted } from '../text/html.ts';

export interface ChartParts {
  id: string;
  /** One line: what is shown. */
  title: string;
  /** Words for a reader who cannot see the chart. */
  description: string;
  svg: string;
  size: readonly [number, number];
  table: { head: string[]; rows: (string | number)[][] };
  narrow?: boolean;
}

/** A chart with its words and its figures. */
export function chart({ id, title, description, svg, size, table, narrow = true }: ChartParts): SafeHtml {
  // A wide chart scrolls on a phone instead of shrinking until nobody can read it.
  const wide = size[0] > 480;
  return html`<figure class="chart${narrow && ' narrow'}">
<div${wide && html` class="scroll" tabindex="0" role="region" aria-label="${title}"`}>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size[0]} ${size[1]}" role="img" aria-labelledby="${id}-title ${id}-desc"${wide && html` style="min-width:${Math.round(size[0] * 0.78)}px"`}><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>${trusted(svg)}</svg>
</div>
<details><summary>Figures as a table</summary>${dataTable(title, table)}</details>
</figure>`;
}

function dataTable(title: string, { head, rows }: ChartParts['table']): SafeHtml {
  const isNumber = head.map((_, column) =>
    rows.every((row) => typeof row[column] === 'number' || /^[\d.,]*%?$/u.test(String(row[column]))),
  );
  const align = (column: number): SafeHtml | false => isNumber[column] === true && html` class="n"`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}: table">
    <table>
      <thead>
        <tr>
          ${head.map((cell, column) => html`<th scope="col" ${align(column)}>${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, column) => html`<td${align(column)}>${typeof cell === 'number' ? count(cell) : cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
