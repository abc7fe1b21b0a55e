import { count } from '../text/numbers.ts';
import { html, type SafeHtml } from '../text/html.ts';
import type { Asked, FixItem, ReportDocument } from './report-document.ts';
import { folded, plainTable, quotes, type Section, shareBar, shareWords, trendBadge } from './parts.ts';
import { comments, percent, range } from './words.ts';

/** Problems shown with comments; the others fold into a table. */
const shownItems = 6;
/** Problems shown even where few comments tell them. */
const leastItems = 4;
/** Groups of suggestions or questions that are shown with comments. */
const shownAsked = 8;

/** How comments were chosen, for every place that shows some. */
function chosen({ quotes: { by }, fix, suggestions }: ReportDocument): string {
  const shown = [...fix, ...suggestions.groups].flatMap(({ quotes: own }) => own);
  const marked = shown.some(({ marks }) => marks !== undefined)
    ? ' Words are marked without which the model would not have said so.'
    : '';
  const typical =
    by === 'vectors'
      ? 'Comments shown are the most typical ones, by the sentence vectors of the bundle.'
      : 'Comments shown are the most typical ones, by the words that they share.';
  return typical + marked;
}

export function fixSection(document: ReportDocument): Section | undefined {
  const { fix, roles, min_group: minGroup } = document;
  const shown = fix.filter(
    ({ texts }, place) => place < shownItems && (texts >= minGroup || place < leastItems),
  );
  if (shown.length === 0) return undefined;
  const rest = fix.slice(shown.length);
  const what = roles.problem === undefined ? 'negative comments' : 'problems';
  const most = Math.max(...shown.map(({ high }) => high));
  return {
    id: 'fix',
    title: 'What to fix',
    body: html`<p class="note">
        Topics by their ${what}${roles.problem === undefined ? '' : ' and by the negative comments on them'}.
        Shares are of all comments that say something, with 95 % intervals. ${chosen(document)}
      </p>
      <ol class="ranked">
        ${shown.map((item) => fixItem(item, what, most, minGroup))}
      </ol>
      ${rest.length > 0 && folded(`${count(rest.length)} more topics with ${what}`, fixTable(rest, what, minGroup))}`,
  };
}

function fixItem(item: FixItem, what: string, most: number, minGroup: number): SafeHtml {
  const { name, texts, of, negative, trend, above } = item;
  return html`<li${texts < minGroup && html` class="small"`}>
    <h3>${name}</h3>
    <p class="figures">
      ${shareBar(item, 'problem', most)} <strong>${count(texts)} ${what}</strong> ${shareWords(item)}, in
      ${percent(texts / of)} of the ${comments(of)} on it, ${percent(negative.share)} of which are negative
      ${trendBadge(trend)}
    </p>
    ${
      above.length > 0 &&
      html`<p class="figures">
        Far above average:
        ${above.map(
          ({ by, name: group, here, elsewhere }, at) =>
            html`${at > 0 && '; '}<b dir="auto">${group}</b> (${by}): ${percent(here.share)} against
              ${percent(elsewhere.share)} elsewhere`,
        )}
      </p>`
    }
    ${quotes(item.quotes)}
  </li>`;
}

function fixTable(items: readonly FixItem[], what: string, minGroup: number): SafeHtml {
  return plainTable(
    `More topics with ${what}`,
    ['topic', what, 'share', 'comments on it', 'negative'],
    items.map((item) => ({
      small: item.texts < minGroup,
      cells: [item.name, item.texts, shareWords(item), item.of, percent(item.negative.share)],
    })),
  );
}

export function askedSections(document: ReportDocument): Section[] {
  const { suggestions, questions } = document;
  return [
    ...askedSection('suggestions', 'What people ask for', suggestions, 'a suggestion', document),
    ...askedSection('questions', 'Questions that want an answer', questions, 'a question', document),
  ];
}

function askedSection(
  id: string,
  title: string,
  asked: Asked,
  what: string,
  document: ReportDocument,
): Section[] {
  if (asked.groups.length === 0) return [];
  const several = asked.groups.filter(({ texts }) => texts > 1);
  const single = asked.groups.filter(({ texts }) => texts === 1);
  const shown = [...several, ...single].slice(0, Math.max(shownAsked, Math.min(several.length, shownAsked)));
  const rest = [...several, ...single].slice(shown.length);
  const sampled =
    asked.grouped < asked.texts
      ? ` ${comments(asked.grouped)} of these, different ones drawn at random, were grouped.`
      : '';
  return [
    {
      id,
      title,
      body: html`<p class="note">
          ${comments(asked.texts)} ${asked.texts === 1 ? 'makes' : 'make'} ${what}: ${percent(asked.share)}
          (${range(asked)}) of those that say something. Those that are alike stand together, the largest
          group first.${sampled} ${chosen(document)}
        </p>
        <ul class="asked">
          ${shown.map(
            ({ texts, quotes: own }) =>
              html`<li>
                <span class="count" title="${comments(texts)}">${count(texts)}</span>
                ${quotes(own)}
              </li>`,
          )}
        </ul>
        ${
          rest.length > 0 &&
          folded(
            `${count(rest.length)} more`,
            html`<div class="quotes">
              ${rest.slice(0, 60).map(({ quotes: own }) => quotes(own.slice(0, 1)))}
            </div>`,
          )
        }`,
    },
  ];
}

export function lovesSection(document: ReportDocument): Section | undefined {
  const { loves, min_group: minGroup } = document;
  const shown = loves.filter(({ quotes: own }) => own.length > 0 || loves.length < 4).slice(0, 6);
  if (shown.length === 0) return undefined;
  const most = Math.max(...shown.map(({ high }) => high));
  return {
    id: 'loves',
    title: 'What people love',
    body: html`<p class="note">Topics by their positive comments. ${chosen(document)}</p>
      <ol class="ranked">
        ${shown.map(
          (item) =>
            html`<li${item.texts < minGroup && html` class="small"`}>
              <h3>${item.name}</h3>
              <p class="figures">
                ${shareBar(item, 'positive', most)} <strong>${count(item.texts)} positive</strong>
                ${shareWords(item)}, ${percent(item.texts / item.of)} of the ${comments(item.of)} on it
              </p>
              ${quotes(item.quotes)}
            </li>`,
        )}
      </ol>`,
  };
}
