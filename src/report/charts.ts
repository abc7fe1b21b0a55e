import type { EncodeEntry, Spec } from 'vega';
import { count, ratio } from '../text/numbers.ts';
import type { ReportDocument, TaskCross, TaskMix, TimeSeries } from './report-document.ts';
import { percent, shortLabel, shortText } from './words.ts';

/**
 * Charts as SVG. Colours are CSS variables of the page, so that a chart follows its light or dark theme; widths
 * are small enough to be read on a phone.
 */
const width = 400;
const labelWidth = 158;
const font = 'inherit';
const fontSize = 13;
const rowHeight = 25;
/** Room for the names of a heat map's columns. */
const heatHead = 26;
/** Heat maps with more columns than this need a card of full width. */
export const wideFrom = 4;
const heatColumn = (columns: number): number => (columns > wideFrom ? 76 : 60);
export const maxBars = 15;

/** Shares of labels as bars. */
export function mixChart(mix: TaskMix): Promise<string> {
  const rows = mix.labels.slice(0, maxBars).map(({ label, texts, share }) => ({
    name: label,
    label: shortLabel(label),
    share,
    words: `${percent(share)} (${count(texts)})`,
    fill: tone(label),
  }));
  return barChart(rows, Math.max(...rows.map(({ share }) => share)));
}

/** The labels in which the focus label is most likely, as bars. */
export function hotspotChart(
  hotspots: NonNullable<ReportDocument['hotspots']>,
  focus: string,
): Promise<string> {
  const rows = shownHotspots(hotspots).map(({ label, focused, texts, share }) => ({
    name: label,
    label: shortLabel(label),
    share,
    words: `${percent(share)} (${count(focused)} of ${count(texts)})`,
    fill: tone(focus),
  }));
  return barChart(rows, 1);
}

export function shownHotspots({ labels }: NonNullable<ReportDocument['hotspots']>): typeof labels {
  return labels.filter(({ texts }) => texts > 0).slice(0, maxBars);
}

function barChart(
  rows: { name: string; label: string; share: number; words: string; fill: string }[],
  most: number,
): Promise<string> {
  const wordsWidth = 104;
  const barWidth = width - labelWidth - wordsWidth;
  return draw({
    width,
    height: rows.length * rowHeight,
    data: [{ name: 'rows', values: rows }],
    scales: [
      bandScale(
        'y',
        rows.map(({ name }) => name),
        [0, rows.length * rowHeight],
        0.28,
      ),
      { name: 'x', type: 'linear', domain: [0, most || 1], range: [labelWidth, labelWidth + barWidth] },
    ],
    marks: [
      rowNames('rows'),
      rectMark('rows', {
        x: { value: labelWidth },
        x2: { scale: 'x', field: 'share' },
        y: { scale: 'y', field: 'name' },
        height: { scale: 'y', band: 1 },
        cornerRadiusTopRight: { value: 3 },
        cornerRadiusBottomRight: { value: 3 },
      }),
      textMark('rows', 'var(--ink-2)', {
        x: { scale: 'x', field: 'share', offset: 6 },
        y: { scale: 'y', field: 'name', band: 0.5 },
        text: { field: 'words' },
      }),
    ],
  });
}

export interface StackRow {
  name: string;
  texts: number;
  labels: Record<string, number>;
}

/** Shares of a single-label task's labels side by side, a bar per value. */
export function stackChart(rows: readonly StackRow[], labels: readonly string[]): Promise<string> {
  const names = rows.map(({ name }) => name);
  const parts = rows.flatMap((row) => {
    const total = labels.reduce((sum, label) => sum + (row.labels[label] ?? 0), 0);
    let from = 0;
    return labels.map((label, index) => {
      const share = ratio(row.labels[label] ?? 0, total);
      const part = { name: row.name, from, to: from + share, fill: toneOf(labels, index) };
      from += share;
      return part;
    });
  });
  const right = width - 64;
  return draw({
    width,
    height: rows.length * rowHeight,
    data: [
      {
        name: 'rows',
        values: rows.map(({ name, texts }) => ({
          name,
          label: shortText(name),
          words: count(texts),
        })),
      },
      { name: 'parts', values: parts },
    ],
    scales: [
      bandScale('y', names, [0, rows.length * rowHeight], 0.28),
      { name: 'x', type: 'linear', domain: [0, 1], range: [labelWidth, right] },
    ],
    marks: [
      rowNames('rows'),
      rectMark('parts', {
        x: { scale: 'x', field: 'from' },
        x2: { scale: 'x', field: 'to' },
        y: { scale: 'y', field: 'name' },
        height: { scale: 'y', band: 1 },
        stroke: { value: 'var(--card)' },
        strokeWidth: { value: 1 },
      }),
      textMark('rows', 'var(--ink-2)', {
        x: { value: right + 8 },
        y: { scale: 'y', field: 'name', band: 0.5 },
        text: { field: 'words' },
      }),
    ],
  });
}

/** How labels of one task spread over those of another: a row's shares, the darker the more. */
export function heatChart(
  cross: TaskCross,
  columns: readonly string[],
  rows: readonly string[],
): Promise<string> {
  const cells = rows.flatMap((row) =>
    columns.map((column) => {
      const place = cross.rows.indexOf(row);
      const texts = cross.texts[place] as number;
      const both = cross.counts[place]?.[cross.columns.indexOf(column)] ?? 0;
      const share = ratio(both, texts);
      return {
        row,
        column,
        opacity: 0.06 + 0.94 * share,
        words: texts === 0 ? '' : percent(share),
        // Tones of their own, on which the page's ink can be read in either theme.
        fill: tone(column).replace('--', '--heat-'),
      };
    }),
  );
  const [right, bottom] = chartSizes.heat(rows.length, columns.length);
  return draw({
    width: right,
    height: bottom,
    data: [
      { name: 'cells', values: cells },
      { name: 'rows', values: rows.map((row) => ({ name: row, label: shortLabel(row) })) },
      {
        name: 'columns',
        values: columns.map((column) => ({ name: shortLabel(column, 12), key: column })),
      },
    ],
    scales: [
      bandScale('y', [...rows], [heatHead, bottom], 0.08),
      bandScale('x', [...columns], [labelWidth, right], 0.02),
    ],
    marks: [
      rowNames('rows'),
      textMark('columns', 'var(--ink)', {
        align: { value: 'center' },
        x: { scale: 'x', field: 'key', band: 0.5 },
        y: { value: heatHead / 2 - 2 },
        text: { field: 'name' },
      }),
      rectMark('cells', {
        x: { scale: 'x', field: 'column' },
        width: { scale: 'x', band: 1 },
        y: { scale: 'y', field: 'row' },
        height: { scale: 'y', band: 1 },
        fillOpacity: { field: 'opacity' },
        cornerRadius: { value: 2 },
      }),
      textMark('cells', 'var(--ink)', {
        align: { value: 'center' },
        x: { scale: 'x', field: 'column', band: 0.5 },
        y: { scale: 'y', field: 'row', band: 0.5 },
        text: { field: 'words' },
      }),
    ],
  });
}

/** Texts over time, stacked by label. */
export function timeChart({ buckets }: TimeSeries, labels: readonly string[]): Promise<string> {
  const padding = { left: 40, top: 8, right: 34, bottom: 30 };
  const [right, bottom] = chartSizes.time();
  const [plotWidth, plotHeight] = [
    right - padding.left - padding.right,
    bottom - padding.top - padding.bottom,
  ];
  const parts = buckets.flatMap(({ start, labels: counts }) => {
    let from = 0;
    return labels.map((label, index) => {
      const texts = counts[label] ?? 0;
      const part = { start, from, to: from + texts, fill: toneOf(labels, index) };
      from += texts;
      return part;
    });
  });
  const steps = Math.ceil(buckets.length / 6);
  const most = Math.max(1, ...parts.map(({ to }) => to));
  const starts = buckets.map(({ start }) => start);
  return draw({
    width: plotWidth,
    height: plotHeight,
    padding,
    data: [{ name: 'parts', values: parts }],
    scales: [
      bandScale('x', starts, [0, plotWidth], 0.15),
      { name: 'y', type: 'linear', domain: [0, most], nice: 4, range: [plotHeight, 0] },
    ],
    axes: [
      {
        ...axisStyle,
        orient: 'left',
        scale: 'y',
        tickCount: 4,
        domain: false,
        grid: true,
        gridColor: 'var(--line)',
        format: ',d',
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
      rectMark('parts', {
        x: { scale: 'x', field: 'start' },
        width: { scale: 'x', band: 1 },
        y: { scale: 'y', field: 'to' },
        y2: { scale: 'y', field: 'from' },
      }),
    ],
  });
}

type Scale = NonNullable<Spec['scales']>[number];
type Mark = NonNullable<Spec['marks']>[number];

function bandScale(name: string, domain: string[], range: [number, number], padding: number): Scale {
  return { name, type: 'band', domain, range, paddingInner: padding, paddingOuter: padding / 2 };
}

function rowNames(data: string): Mark {
  return textMark(data, 'var(--ink)', {
    align: { value: 'right' },
    x: { value: labelWidth - 10 },
    y: { scale: 'y', field: 'name', band: 0.5 },
    text: { field: 'label' },
  });
}

function rectMark(data: string, enter: EncodeEntry): Mark {
  return mark('rect', data, { ...enter, fill: { field: 'fill' } });
}

function textMark(data: string, fill: string, enter: EncodeEntry): Mark {
  const style = {
    baseline: { value: 'middle' },
    font: { value: font },
    fontSize: { value: fontSize },
    limit: { value: 0 },
    fill: { value: fill },
  } as const;
  return mark('text', data, { ...style, ...enter });
}

/** Makes the mark that is drawn for each item of the data; the page describes the chart as a whole. */
function mark(type: 'rect' | 'text', data: string, enter: EncodeEntry): Mark {
  return { type, from: { data }, aria: false, encode: { enter } };
}

const axisStyle = {
  aria: false,
  ticks: false,
  labelColor: 'var(--ink-2)',
  labelFont: font,
  labelFontSize: 12,
  labelPadding: 8,
};

/** Colours that say what a label means, where its name tells; one colour for all others. */
export function tone(label: string): string {
  const name = label.toLowerCase();
  if (['negative', 'problem', 'anger', 'detractor', 'complaint'].includes(name)) return 'var(--negative)';
  if (['positive', 'joy', 'promoter', 'praise'].includes(name)) return 'var(--positive)';
  if (['neutral', 'none', 'passive', '(other)', '(no label)'].includes(name)) return 'var(--neutral)';
  return 'var(--accent)';
}

const series = ['var(--accent)', 'var(--positive)', 'var(--negative)', 'var(--series-4)', 'var(--series-5)'];

/** Colours that tell the labels of one chart apart: by meaning if that does, else in a row. */
export function toneOf(labels: readonly string[], index: number): string {
  const tones = labels.map(tone);
  if (new Set(tones).size === labels.length) return tones[index] as string;
  return series[index] ?? 'var(--neutral)';
}

/** Runs a chart without a browser; vega is loaded only when there is one to draw. */
async function draw(spec: Spec & { width: number; height: number }): Promise<string> {
  const { parse, View } = await import('vega');
  const view = new View(parse({ padding: 0, autosize: 'none', ...spec }), { renderer: 'none' });
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

/** Size of a chart's drawing, for its `viewBox`. */
export const chartSizes = {
  bars: (rows: number) => [width, rows * rowHeight] as const,
  heat: (rows: number, columns: number) =>
    [Math.max(width, labelWidth + columns * heatColumn(columns)), heatHead + rows * rowHeight] as const,
  time: () => [720, 210] as const,
};
