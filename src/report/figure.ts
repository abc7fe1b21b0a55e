import { html, type SafeHtml, trusted } from '../text/html.ts';

export interface ChartParts {
  id: string;
  /** One line: what is shown. */
  title: string;
  /** Words for a reader who cannot see the chart. */
  description: string;
  svg: string;
  size: readonly [number, number];
}

/** A chart with its words. Its figures stand in a table beside it. */
export function chart({ id, title, description, svg, size }: ChartParts): SafeHtml {
  // A wide chart scrolls on a phone instead of shrinking until nobody can read it.
  return html`<figure class="chart">
    <div class="scroll" tabindex="0" role="region" aria-label="${title}">
      <svg
        xmlns="http://www.w3.org/2000/svg"
        viewBox="0 0 ${size[0]} ${size[1]}"
        role="img"
        aria-labelledby="${id}-title ${id}-desc"
        style="min-width:${Math.round(size[0] * 0.6)}px"
      >
        <title id="${id}-title">${title}</title>
        <desc id="${id}-desc">${description}</desc>
        ${trusted(svg)}
      </svg>
    </div>
  </figure>`;
}
