import { count } from '../text/numbers.ts';
import { chartSizes, hotspotChart, shownHotspots, timeChart, wideFrom } from './charts.ts';
import { breakdownCard, crossOf, heatCard, legend, meaningfulOrder, mixCard } from './cards.ts';
import type { ReportDocument } from './report-document.ts';
import { chart } from './figure.ts';
import { findings } from './findings.ts';
import { html, type SafeHtml, trusted } from '../text/html.ts';
import { sampleSection, uncertainSection } from './quotes.ts';
import { style } from './style.ts';
import { capital, comments, humanLabel, percent } from './words.ts';

/** Forbids scripts, and everything that would have to be loaded. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

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

/** Sections on the task in focus: where its label is most likely, and the whole picture. */
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

async function breakdownSections(document: ReportDocument): Promise<SafeHtml> {
  const cards: SafeHtml[] = [];
  for (const breakdown of document.breakdowns) {
    if (breakdown.values.length > 0) cards.push(await breakdownCard(breakdown, document));
  }
  return cards.length === 0 ? html`` : html`<div class="grid">${cards}</div>`;
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
