import {
  chartSizes,
  heatChart,
  hotspotChart,
  maxBars,
  mixChart,
  shownHotspots,
  stackChart,
  timeChart,
  toneOf,
  wideFrom,
} from './charts.ts';
import type { Breakdown, ReportDocument, SampleText, TaskCross, TaskMix } from './document.ts';
import { findings } from './findings.ts';
import { html, type SafeHtml, trusted } from './html.ts';
import { style } from './style.ts';
import { comments, count, humanLabel, percent } from './words.ts';

/** Forbids scripts, and everything that would have to be loaded. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const topicsWithSamples = 5;
const shownValues = 25;

/** The report as one page that needs nothing else: no scripts, no network. */
export async function htmlReport(document: ReportDocument): Promise<string> {
  const { headline, points } = findings(document);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${document.title}</title>
        <style>
          ${trusted(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>${document.title}</h1>
          <p>${sourceLine(document)}</p>
        </header>
        <main>
          <section class="card lead" aria-label="Main finding">
            <p class="headline">${headline}</p>
            ${
              points.length > 0 &&
              html`<ul>
                ${points.map((point) => html`<li>${point}</li>`)}
              </ul>`
            }
          </section>
          ${await focusSections(document)} ${sampleSection(document)} ${await timeSection(document)}
          ${await breakdownSections(document)} ${await mixSections(document)} ${uncertainSection(document)}
        </main>
        ${footer(document)}
      </body>
    </html> `;
  return page.markup;
}

function sourceLine({ rows, texts, empty, source }: ReportDocument): string {
  const bundle =
    source.bundle === undefined ? '' : ` · labelled by ${source.bundle.name} ${source.bundle.version}`;
  return `${source.path} · ${count(rows)} rows, ${comments(texts)} with labels, ${count(empty)} empty${bundle}`;
}

interface ChartParts {
  id: string;
  /** One line: what is shown. */
  title: string;
  /** What there is to see, for those who cannot. */
  description: string;
  svg: string;
  size: readonly [number, number];
  table: { head: string[]; rows: (string | number)[][] };
  narrow?: boolean;
}

/** A chart with its words and its figures. */
function chart({ id, title, description, svg, size, table, narrow = true }: ChartParts): SafeHtml {
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

/** What the report is about: the task in focus, where its label is most likely, and the whole picture. */
async function focusSections(document: ReportDocument): Promise<SafeHtml> {
  const { focus, hotspots } = document;
  const mix = document.tasks.find(({ task }) => task === focus.task);
  if (mix === undefined || document.texts === 0) return html``;
  const name = humanLabel(focus.label);
  const ranked = hotspots !== undefined && shownHotspots(hotspots).length > 0;
  const cross = hotspots && crossOf(document, hotspots.of, focus.task);
  return html`<div class="grid">
    ${
      ranked &&
      html`<section class="card">
        <h2>Where comments are ${name}</h2>
        <p class="note">
          Share of ${name} comments by ${hotspots.of}. What few comments speak of is ranked with caution: by
          the lower end of the 95 % interval.
        </p>
        ${chart({
          id: 'hotspots',
          title: `Share of ${name} comments by ${hotspots.of}`,
          description: shownHotspots(hotspots)
            .slice(0, 5)
            .map(({ label, share, texts }) => `${humanLabel(label)} ${percent(share)} of ${count(texts)}`)
            .join(', '),
          svg: await hotspotChart(hotspots, focus.label),
          size: chartSizes.bars(shownHotspots(hotspots).length),
          table: {
            head: [hotspots.of, 'comments', name, 'share', 'at least (95 %)'],
            rows: hotspots.labels.map((label) => [
              humanLabel(label.label),
              label.texts,
              label.focused,
              percent(label.share),
              percent(label.share_low),
            ]),
          },
        })}
      </section>`
    }
    ${await mixCard(mix, document.texts, `Overall ${focus.task}`)}
    ${cross && (await heatCard(cross, document))}
  </div>`;
}

/** A cross with the rows and columns asked for, turned over if it was counted the other way round. */
function crossOf(
  { crosses, tasks }: ReportDocument,
  rowsTask: string,
  columnsTask: string,
): TaskCross | undefined {
  const found = crosses.find((cross) => cross.rows_task === rowsTask && cross.columns_task === columnsTask);
  if (found !== undefined) return found;
  const turned = crosses.find((cross) => cross.rows_task === columnsTask && cross.columns_task === rowsTask);
  if (turned === undefined) return undefined;
  const labels = tasks.find(({ task }) => task === rowsTask)?.labels ?? [];
  return {
    rows_task: rowsTask,
    columns_task: columnsTask,
    rows: turned.columns,
    columns: turned.rows,
    texts: turned.columns.map((name) => labels.find(({ label }) => label === name)?.texts ?? 0),
    counts: turned.columns.map((_, row) =>
      turned.rows.map((__, column) => turned.counts[column]?.[row] ?? 0),
    ),
  };
}

async function heatCard(cross: TaskCross, document: ReportDocument): Promise<SafeHtml> {
  const rows = cross.rows.slice(0, maxBars);
  const columns = meaningfulOrder(cross.columns).slice(0, 10);
  if (rows.length === 0 || columns.length === 0) return html``;
  const title = `${cross.rows_task} by ${cross.columns_task}`;
  const isMulti = document.tasks.find(({ task }) => task === cross.columns_task)?.multi_label ?? false;
  return html`<section class="card${columns.length > wideFrom && ' wide'}">
    <h2>${capital(title)}</h2>
    <p class="note">
      Of the comments with the label on the left, the share that also has the label
      above${isMulti && ' (a comment can have several)'}.
    </p>
    ${chart({
      id: `heat-${slug(title)}`,
      title: capital(title),
      description: rows
        .slice(0, 5)
        .map(
          (row) =>
            `${humanLabel(row)}: ${columns.map((column) => `${humanLabel(column)} ${cellShare(cross, row, column)}`).join(', ')}`,
        )
        .join('; '),
      svg: await heatChart(cross, columns, rows),
      size: chartSizes.heat(rows.length, columns.length),
      table: {
        head: [cross.rows_task, 'comments', ...columns.map(humanLabel)],
        rows: cross.rows.map((row, place) => [
          humanLabel(row),
          cross.texts[place] as number,
          ...columns.map((column) => cross.counts[place]?.[cross.columns.indexOf(column)] ?? 0),
        ]),
      },
    })}
  </section>`;
}

function cellShare(cross: TaskCross, row: string, column: string): string {
  const place = cross.rows.indexOf(row);
  const texts = cross.texts[place] ?? 0;
  return texts === 0 ? '' : percent((cross.counts[place]?.[cross.columns.indexOf(column)] ?? 0) / texts);
}

/** From bad to good where names tell, else as given. */
function meaningfulOrder(labels: readonly string[]): string[] {
  const order = ['negative', 'neutral', 'positive'];
  const isScale = labels.length > 1 && labels.every((label) => order.includes(label));
  return isScale ? order.filter((label) => labels.includes(label)) : [...labels];
}

function sampleSection(document: ReportDocument): SafeHtml {
  const { samples, focus, hotspots } = document;
  if (samples.length === 0) return html``;
  const known = hotspots?.labels.filter(({ focused }) => focused > 0) ?? [];
  const ranked =
    known.length > 0 ? known.map(({ label }) => label) : [...new Set(samples.map(({ label }) => label))];
  const shown = ranked.slice(0, topicsWithSamples);
  const cells = (focusLabel: string, label: string): ReportDocument['samples'] =>
    samples.filter((cell) => cell.focus_label === focusLabel && cell.label === label);
  // Emotions and the like would drown the comment; they are in the file and in the JSON.
  const shownTasks = document.tasks
    .filter(({ task, multi_label: isMulti }) => task === hotspots?.of || (!isMulti && task !== 'language'))
    .map(({ task }) => task);
  const others = samples.filter((cell) => cell.focus_label !== focus.label || !shown.includes(cell.label));
  return html`<section class="card long">
    <h2>In their own words</h2>
    <p class="note">
      Comments drawn at random (seed ${document.seed}), not chosen: up to three for each
      ${hotspots?.of ?? 'label'} and ${focus.task}.
    </p>
    ${shown.flatMap((label) =>
      cells(focus.label, label).map(
        (cell) =>
          html`<div class="topic">
            <h3>${capital(humanLabel(label))}, ${humanLabel(focus.label)}: ${comments(cell.texts)}</h3>
            <div class="quotes">${cell.samples.map((sample) => quote(sample, shownTasks))}</div>
          </div>`,
      ),
    )}
    <details>
      <summary>Samples of everything else (${count(others.length)} groups)</summary>
      ${others.map(
        (cell) =>
          html`<div class="topic">
            <h3>
              ${capital(humanLabel(cell.label))}, ${humanLabel(cell.focus_label)}: ${comments(cell.texts)}
            </h3>
            <div class="quotes">${cell.samples.map((sample) => quote(sample, shownTasks))}</div>
          </div>`,
      )}
    </details>
  </section>`;
}

/** A comment, in its own direction and language. */
function quote(sample: SampleText, tasks: readonly string[]): SafeHtml {
  const language =
    sample.language !== undefined &&
    /^[a-z]{2,3}$/u.test(sample.language) &&
    html` lang="${sample.language}"`;
  const words = tasks.flatMap((task) =>
    (sample.labels[task] ?? []).map(
      ({ label, score }) => html`<b>${humanLabel(label)}</b>${score !== undefined && ` ${score.toFixed(2)}`}`,
    ),
  );
  return html`<figure class="quote">
    <blockquote dir="auto" ${language}>${sample.text}${sample.cut && ' …'}</blockquote>
    <figcaption>row ${count(sample.row)}${words.map((word) => html` · ${word}`)}</figcaption>
  </figure>`;
}

async function timeSection({ time, focus, tasks }: ReportDocument): Promise<SafeHtml> {
  if (time === undefined || time.buckets.length < 2) return html``;
  const labels = meaningfulOrder(
    (tasks.find(({ task }) => task === focus.task)?.labels ?? []).slice(0, 6).map(({ label }) => label),
  );
  const name = humanLabel(focus.label);
  return html`<section class="card">
    <h2>Over time</h2>
    <p class="note">
      Comments by ${time.unit} (${time.column}) and
      ${focus.task}${time.undated > 0 && `; ${comments(time.undated)} without a date left out`}.
    </p>
    ${legend(labels)}
    ${chart({
      id: 'time',
      title: `Comments by ${time.unit} and ${focus.task}`,
      description: `From ${time.buckets[0]?.start} to ${time.buckets.at(-1)?.start}. Share of ${name}: ${time.buckets
        .slice(-12)
        .map(
          ({ start, texts, labels: counts }) =>
            `${start} ${texts === 0 ? 'none' : percent((counts[focus.label] ?? 0) / texts)}`,
        )
        .join(', ')}`,
      svg: await timeChart(time, labels),
      size: chartSizes.time(),
      narrow: false,
      table: {
        head: [time.unit, 'comments', ...labels.map(humanLabel), `share ${name}`],
        rows: time.buckets.map(({ start, texts, labels: counts }) => [
          start,
          texts,
          ...labels.map((label) => counts[label] ?? 0),
          texts === 0 ? '' : percent((counts[focus.label] ?? 0) / texts),
        ]),
      },
    })}
  </section>`;
}

function legend(labels: readonly string[]): SafeHtml {
  return html`<ul class="legend">
    ${labels.map(
      (label, index) =>
        html`<li><i style="background:${toneOf(labels, index)}"></i>${humanLabel(label)}</li>`,
    )}
  </ul>`;
}

async function breakdownSections(document: ReportDocument): Promise<SafeHtml> {
  const cards: SafeHtml[] = [];
  for (const breakdown of document.breakdowns) {
    if (breakdown.values.length > 0) cards.push(await breakdownCard(breakdown, document));
  }
  return cards.length === 0 ? html`` : html`<div class="grid">${cards}</div>`;
}

async function breakdownCard(
  { by, predicted, values }: Breakdown,
  document: ReportDocument,
): Promise<SafeHtml> {
  const { focus, tasks } = document;
  const labels = meaningfulOrder(
    (tasks.find(({ task }) => task === focus.task)?.labels ?? []).slice(0, 6).map(({ label }) => label),
  );
  const shown = values.slice(0, shownValues).map(({ value, texts, tasks: counts }) => ({
    name: value,
    texts,
    labels: counts[focus.task] ?? {},
  }));
  const title = `${capital(focus.task)} by ${by}`;
  return html`<section class="card">
    <h2>${title}</h2>
    <p class="note">
      ${predicted ? `The ${by} is what the model takes it for. ` : ''}Comments on the
      right.${values.length > shownValues && ` The ${shownValues} most frequent of ${values.length} values.`}
    </p>
    ${legend(labels)}
    ${chart({
      id: `by-${slug(by)}`,
      title,
      description: shown
        .slice(0, 6)
        .map(
          ({ name, texts, labels: counts }) =>
            `${name}: ${percent((counts[focus.label] ?? 0) / texts)} ${humanLabel(focus.label)} of ${count(texts)}`,
        )
        .join(', '),
      svg: await stackChart(shown, labels),
      size: chartSizes.bars(shown.length),
      table: {
        head: [by, 'comments', ...labels.map(humanLabel)],
        rows: values.map((value) => [
          value.value,
          value.texts,
          ...labels.map((label) => value.tasks[focus.task]?.[label] ?? 0),
        ]),
      },
    })}
  </section>`;
}

/** The tasks that are not in focus, and how they meet. */
async function mixSections(document: ReportDocument): Promise<SafeHtml> {
  const { focus, tasks, hotspots, texts } = document;
  const cards: SafeHtml[] = [];
  const wideCards: SafeHtml[] = [];
  for (const mix of tasks) {
    const isByLanguage = document.breakdowns.some(({ by, predicted }) => predicted && by === mix.task);
    if (mix.task === focus.task || isByLanguage || mix.labels.length === 0) continue;
    cards.push(await mixCard(mix, texts, capital(mix.task)));
    if (hotspots === undefined || mix.task === hotspots.of) continue;
    const cross = crossOf(document, hotspots.of, mix.task);
    if (cross === undefined) continue;
    (cross.columns.length > wideFrom ? wideCards : cards).push(await heatCard(cross, document));
  }
  return cards.length === 0 ? html`` : html`<div class="grid">${cards}${wideCards}</div>`;
}

async function mixCard(mix: TaskMix, texts: number, title: string): Promise<SafeHtml> {
  if (mix.labels.length === 0) return html``;
  const note = mix.multi_label ? 'A comment can have several labels. ' : '';
  const none = mix.no_label > 0 ? `${comments(mix.no_label)} without any. ` : '';
  return html`<section class="card">
    <h2>${title}</h2>
    <p class="note">${note}${none}Share of ${comments(texts)}.</p>
    ${chart({
      id: `mix-${slug(mix.task)}`,
      title: `Share of comments by ${mix.task}`,
      description: mix.labels
        .slice(0, maxBars)
        .map(({ label, share }) => `${humanLabel(label)} ${percent(share)}`)
        .join(', '),
      svg: await mixChart(mix),
      size: chartSizes.bars(Math.min(mix.labels.length, maxBars)),
      table: {
        head: [mix.task, 'comments', 'share', 'mean score'],
        rows: mix.labels.map(({ label, texts: own, share, mean_score: score }) => [
          humanLabel(label),
          own,
          percent(share),
          score?.toFixed(2) ?? '',
        ]),
      },
    })}
  </section>`;
}

function uncertainSection({ uncertain, focus }: ReportDocument): SafeHtml {
  const ordered = uncertain.toSorted(
    (one, other) => Number(other.task === focus.task) - Number(one.task === focus.task),
  );
  const [first, ...others] = ordered;
  if (first === undefined) return html``;
  const quotes = ({ task, samples }: (typeof uncertain)[number]): SafeHtml =>
    html`<div class="quotes">
      ${samples.map((sample) => quote({ ...sample, labels: { [task]: sample.labels[task] ?? [] } }, [task]))}
    </div>`;
  return html`<section class="card long">
    <h2>Check these by hand</h2>
    <p class="note">Comments whose ${first.task} has the lowest scores: the model was least sure here.</p>
    ${quotes(first)}
    ${others.map(
      (each) =>
        html`<details>
          <summary>The least sure by ${each.task}</summary>
          ${quotes(each)}
        </details>`,
    )}
  </section>`;
}

function footer({ source, notices, seed, focus }: ReportDocument): SafeHtml {
  const facts: [string, string | undefined][] = [
    ['File', source.path],
    ['Made from', source.inputs?.join(', ')],
    ['Text', source.text_columns.join(', ') || undefined],
    ['Bundle', source.bundle && `${source.bundle.name} ${source.bundle.version}`],
    ['Scored', source.started_at],
    ['voxpop', source.voxpop],
    ['In focus', `${focus.task} = ${focus.label}`],
    ['Seed', String(seed)],
  ];
  return html`<footer>
    <h2>About this report</h2>
    <p>
      Labels and scores are a model's, and some are wrong: read a few comments behind a figure before acting
      on it. All figures are counts of the whole file; only the comments shown are samples.
    </p>
    <dl>
      ${facts.map(
        ([name, value]) =>
          value !== undefined &&
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${notices.map((notice) => html`<p>${notice}.</p>`)}
  </footer>`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A name that can stand in an id. */
function slug(text: string): string {
  return text.replaceAll(/[^a-z0-9]/giu, (character) => `-${character.codePointAt(0)?.toString(16)}`);
}
