import type { Spec } from 'vega';
import type { SentimentRole } from '../label-facts.ts';
import type { TimeSeries } from './report-document.ts';

/**
 * Charts as SVG. Colours are CSS variables of the page, so that a chart follows its light or dark theme; widths
 * are small enough to be read on a phone.
 */
const font = 'inherit';

/** Size of the drawing, for its `viewBox`. */
export const timeChartSize = [900, 230] as const;

/** Shares of sentiments by period; a period without texts is an empty frame. */
export function timeChart({ buckets }: TimeSeries, roles: readonly SentimentRole[]): Promise<string> {
  const padding = { left: 44, top: 8, right: 34, bottom: 30 };
  const [plotWidth, plotHeight] = [
    timeChartSize[0] - padding.left - padding.right,
    timeChartSize[1] - padding.top - padding.bottom,
  ];
  const parts = buckets.flatMap(({ start, texts, by_role: byRole }) => {
    if (texts === 0) return [];
    const total = roles.reduce((sum, role) => sum + (byRole[role] ?? 0), 0);
    let from = 0;
    return roles.map((role) => {
      const share = total === 0 ? 0 : (byRole[role] ?? 0) / total;
      const part = { start, from, to: from + share, fill: `var(--${role})` };
      from += share;
      return part;
    });
  });
  const empty = buckets.filter(({ texts }) => texts === 0).map(({ start }) => ({ start }));
  const starts = buckets.map(({ start }) => start);
  const steps = Math.ceil(buckets.length / 8);
  const x = { scale: 'x', field: 'start' } as const;
  const band = { scale: 'x', band: 1 } as const;
  return draw({
    width: plotWidth,
    height: plotHeight,
    padding,
    data: [
      { name: 'parts', values: parts },
      { name: 'empty', values: empty },
    ],
    scales: [
      {
        name: 'x',
        type: 'band',
        domain: starts,
        range: [0, plotWidth],
        paddingInner: 0.12,
        paddingOuter: 0.06,
      },
      { name: 'y', type: 'linear', domain: [0, 1], range: [plotHeight, 0] },
    ],
    axes: [
      {
        ...axisStyle,
        orient: 'left',
        scale: 'y',
        values: [0, 0.25, 0.5, 0.75, 1],
        domain: false,
        grid: true,
        gridColor: 'var(--line)',
        format: '.0%',
      },
      {
        ...axisStyle,
        orient: 'bottom',
        scale: 'x',
        values: starts.filter((_, index) => index % steps === 0),
        domainColor: 'var(--line)',
      },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'parts' },
        aria: false,
        encode: {
          enter: {
            x,
            width: band,
            y: { scale: 'y', field: 'to' },
            y2: { scale: 'y', field: 'from' },
            fill: { field: 'fill' },
          },
        },
      },
      {
        type: 'rect',
        from: { data: 'empty' },
        aria: false,
        encode: {
          enter: {
            x,
            width: band,
            y: { value: 0 },
            y2: { value: plotHeight },
            stroke: { value: 'var(--line)' },
            strokeDash: { value: [3, 3] },
            fill: { value: 'none' },
          },
        },
      },
    ],
  });
}

const axisStyle = {
  aria: false,
  ticks: false,
  labelColor: 'var(--ink-2)',
  labelFont: font,
  labelFontSize: 13,
  labelPadding: 8,
};

/** Runs a chart without a browser; vega is loaded only when there is one to draw. */
async function draw(spec: Spec & { width: number; height: number }): Promise<string> {
  const { parse, View } = await import('vega');
  const view = new View(parse({ autosize: 'none', ...spec }), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    return svg
      .slice(svg.indexOf('>') + 1, svg.lastIndexOf('</svg>'))
      .replaceAll(/ (role="graphics-[^"]*"|aria-[a-z]+="[^"]*")/gu, '')
      .replaceAll(/ d="[^"]*"/gu, (path) =>
        path.replaceAll(/\d+\.\d{3,}/gu, (number) => Number(number).toFixed(2)),
      );
  } finally {
    view.finalize();
  }
}
