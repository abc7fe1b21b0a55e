import { count } from '../text/numbers.ts';
import { html, type SafeHtml } from '../text/html.ts';
import type { CountedRole } from './counts.ts';
import type { SentimentRole } from '../label-facts.ts';
import { sentimentRoles } from '../label-facts.ts';
import type { ReportDocument, SampleText, Trend } from './report-document.ts';
import type { ShareOf } from './statistics.ts';
import { trendWords } from './summary.ts';
import { capital, humanLabel, percent, range } from './words.ts';

/** A part of the page with a heading that the table of contents leads to. */
export interface Section {
  id: string;
  title: string;
  body: SafeHtml;
}

export function sectionMarkup({ id, title, body }: Section): SafeHtml {
  return html`<section class="card" id="${id}">
    <h2>${title}</h2>
    ${body}
  </section>`;
}

/** The sentiment roles that a report has, worst first. */
export function knownSentiments({ roles }: Pick<ReportDocument, 'roles'>): SentimentRole[] {
  return sentimentRoles.filter((role) => roles[role] !== undefined);
}

/** Shares of roles side by side as one bar, with words for those who cannot see it. */
export function stackBar(
  byRole: Partial<Record<CountedRole, number>>,
  roles: readonly SentimentRole[],
): SafeHtml {
  const total = roles.reduce((sum, role) => sum + (byRole[role] ?? 0), 0);
  if (total === 0) return html`<span class="stack none"></span>`;
  const words = roles.map((role) => `${role} ${percent((byRole[role] ?? 0) / total)}`).join(', ');
  return html`<span class="stack" role="img" aria-label="${words}" title="${words}"
    >${roles.map((role) => {
      const share = (byRole[role] ?? 0) / total;
      if (share === 0) return html``;
      return html`<i
        class="${role}${share < 0.34 && ' few'}"
        style="flex-grow:${String(Math.round(share * 1000))}"
        >${share >= 0.12 && percent(share)}</i
      >`;
    })}</span
  >`;
}

export function legend(roles: readonly SentimentRole[]): SafeHtml {
  return html`<ul class="legend">
    ${roles.map((role) => html`<li><i class="${role}"></i>${role}</li>`)}
  </ul>`;
}

/** A share as a bar with its interval as a whisker. */
export function shareBar({ share, low, high }: ShareOf, kind: string, most = 1): SafeHtml {
  const at = (value: number): string => `${Math.min(100, Math.round((value / most) * 1000) / 10)}%`;
  return html`<span class="bar" aria-hidden="true"
    ><i class="${kind}" style="width:${at(share)}"></i
    ><b style="left:${at(low)};width:calc(${at(high)} - ${at(low)})"></b
  ></span>`;
}

/** A share with its interval, in words. */
export function shareWords(share: ShareOf): SafeHtml {
  return html`<span class="share">${percent(share.share)} <small>${range(share)}</small></span>`;
}

/** Says a change only where it is beyond chance. */
export function trendBadge(trend: Trend | undefined): SafeHtml {
  if (trend === undefined || !trend.clear) return html``;
  const isUp = trend.difference > 0;
  return html`<span class="badge ${isUp ? 'up' : 'down'}">${isUp ? '▲' : '▼'} ${trendWords(trend)}</span>`;
}

export interface HeatRow {
  name: string;
  texts: number;
  /** Share of each column, undefined where there are no texts. */
  cells: (number | undefined)[];
  small?: boolean;
  note?: SafeHtml;
}

/** A table of shares, the darker the more; its figures are its text. */
export function heatTable(
  caption: string,
  head: { first: string; columns: string[]; note?: string },
  rows: readonly HeatRow[],
): SafeHtml {
  const most = Math.max(0.01, ...rows.flatMap(({ cells }) => cells.map((share) => share ?? 0)));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table class="heat">
      <thead>
        <tr>
          <th scope="col">${head.first}</th>
          <th scope="col" class="n">comments</th>
          ${head.columns.map((column) => html`<th scope="col" class="n">${column}</th>`)}
          ${head.note !== undefined && html`<th scope="col">${head.note}</th>`}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, texts, cells, small, note }) =>
            html`<tr${small === true && html` class="small"`}>
              <th scope="row" dir="auto">${name}</th>
              <td class="n">${count(texts)}</td>
              ${cells.map((share) =>
                share === undefined
                  ? html`<td class="n"></td>`
                  : html`<td class="n c" style="--s:${String(Math.round((share / most) * 100))}%">
                      ${percent(share)}
                    </td>`,
              )}
              ${head.note !== undefined && html`<td>${note ?? html``}</td>`}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/**
 * A plain table; the columns after the first are numbers unless told otherwise.
 * @param wordsFrom index of the first column behind the numbers
 */
export function plainTable(
  caption: string,
  head: string[],
  rows: readonly { cells: (string | number | SafeHtml)[]; small?: boolean }[],
  wordsFrom = Infinity,
): SafeHtml {
  const kind = (at: number): SafeHtml | false => at > 0 && at < wordsFrom && html` class="n"`;
  // On a narrow screen the last column stands below the others, under its own name.
  const isBroad = head.length > wordsFrom + 1;
  const below = (at: number): SafeHtml | false =>
    isBroad && at === head.length - 1 && html` data-head="${head[at] ?? ''}"`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table${isBroad && html` class="broad"`}>
      <thead>
        <tr>
          ${head.map((cell, at) => html`<th scope="col" ${kind(at)}>${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ cells, small }) =>
            html`<tr${small === true && html` class="small"`}>
              ${cells.map((cell, at) =>
                at === 0
                  ? html`<th scope="row" dir="auto">${cell}</th>`
                  : html`<td${kind(at)}${below(at)}>${typeof cell === 'number' ? count(cell) : cell}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function quotes(samples: readonly SampleText[]): SafeHtml {
  if (samples.length === 0) return html``;
  return html`<div class="quotes">${samples.map((sample) => quote(sample))}</div>`;
}

/** A comment, in its own direction and language, with what it was labelled for marked. */
export function quote(sample: SampleText, labels?: string): SafeHtml {
  const language =
    sample.language !== undefined &&
    /^[a-z]{2,3}$/u.test(sample.language) &&
    html` lang="${sample.language}"`;
  const from = sample.column === undefined ? '' : `, ${sample.column}`;
  return html`<figure class="quote">
    <blockquote dir="auto" ${language}>${markedText(sample)}${sample.cut && ' …'}</blockquote>
    <figcaption>row ${count(sample.row)}${from}${labels !== undefined && ` · ${labels}`}</figcaption>
  </figure>`;
}

function markedText({ text, marks = [] }: SampleText): SafeHtml {
  const parts: SafeHtml[] = [];
  let at = 0;
  for (const [from, to] of marks.toSorted(([one], [other]) => one - other)) {
    if (from < at || to > text.length) continue;
    parts.push(html`${text.slice(at, from)}<mark>${text.slice(from, to)}</mark>`);
    at = to;
  }
  return html`${parts}${text.slice(at)}`;
}

/** Names of tasks as people write them. */
export function taskName(task: string): string {
  return capital(humanLabel(task));
}

export function folded(title: string, body: SafeHtml): SafeHtml {
  return html`<details>
    <summary>${title}</summary>
    ${body}
  </details>`;
}
