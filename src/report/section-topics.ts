import { html, type SafeHtml } from '../text/html.ts';
import { count, counted } from '../text/numbers.ts';
import { timeChart, timeChartSize } from './charts.ts';
import type { GroupFigures, ReportDocument, TimeSeries } from './report-document.ts';
import {
  folded,
  heatTable,
  type HeatRow,
  knownSentiments,
  legend,
  plainTable,
  type Section,
  shareWords,
  stackBar,
  trendBadge,
} from './parts.ts';
import { chart } from './figure.ts';
import { comments, percent } from './words.ts';

/** Topics of a table before the rest folds. */
const shownTopics = 15;
/** Periods and groups that stand side by side in a table. */
const shownColumns = 12;
/** Values of a group before the rest folds. */
const shownValues = 15;

export function topicsSection(document: ReportDocument): Section | undefined {
  const { topics, min_group: minGroup } = document;
  if (topics.labels.length === 0) return undefined;
  const roles = knownSentiments(document);
  const whose =
    topics.sentiment_of === 'topic'
      ? 'The sentiment is that of the topic, from the sentences that speak of it.'
      : 'The sentiment is that of the whole comment, which may speak of several topics.';
  const table = (labels: typeof topics.labels): SafeHtml =>
    plainTable(
      'Topics by sentiment',
      ['topic', 'comments', 'share', roles.length > 0 ? 'sentiment' : ''],
      labels.map((label) => ({
        small: label.texts < minGroup,
        cells: [label.name, label.texts, shareWords(label), stackBar(label.by_role, roles)],
      })),
      3,
    );
  const rest = topics.labels.slice(shownTopics);
  return {
    id: 'topics',
    title: 'Topics by sentiment',
    body: html`<p class="note">A comment can speak of several topics. ${whose}</p>
      ${legend(roles)} ${table(topics.labels.slice(0, shownTopics))}
      ${rest.length > 0 && folded(`${count(rest.length)} more topics`, table(rest))}`,
  };
}

export async function timeSection(document: ReportDocument): Promise<Section | undefined> {
  const { time, focus } = document;
  if (time === undefined || time.buckets.length < 2) return undefined;
  const roles = knownSentiments(document);
  const undated = time.undated > 0 ? ` ${comments(time.undated)} without a date are left out.` : '';
  const chance =
    time.trend === undefined || time.trend.clear
      ? ''
      : ' From the first third of the time to the last, nothing changed beyond chance.';
  return {
    id: 'time',
    title: 'Over time',
    body: html`<p class="note">
        Shares of comments by ${time.unit} (${time.column}).${undated}${chance} ${trendBadge(time.trend)}
      </p>
      ${
        roles.length > 0 &&
        html`${legend(roles)}
        ${chart({
          id: 'time-chart',
          title: `Shares by ${time.unit}`,
          description: `From ${time.buckets[0]?.start} to ${time.buckets.at(-1)?.start}. Share ${focus.name.toLowerCase()}: ${time.buckets
            .slice(-12)
            .map(
              ({ start, texts, focus: share }) => `${start} ${texts === 0 ? 'none' : percent(share.share)}`,
            )
            .join(', ')}`,
          svg: await timeChart(time, roles),
          size: timeChartSize,
        })}`
      }
      ${folded(`By ${time.unit} as a table`, timeTable(time, document))} ${topicsOverTime(time, document)}`,
  };
}

function timeTable(time: TimeSeries, document: ReportDocument): SafeHtml {
  return plainTable(
    `Comments by ${time.unit}`,
    [time.unit, 'comments', document.focus.name.toLowerCase(), 'share'],
    time.buckets.map(({ start, texts, focus }) => ({
      small: texts < document.min_group,
      cells: [start, texts, focus.texts, texts === 0 ? '' : shareWords(focus)],
    })),
  );
}

/** Share of each topic in each period; many periods are shown by their latest. */
function topicsOverTime({ buckets, unit }: TimeSeries, { topics }: ReportDocument): SafeHtml {
  const shown = buckets.slice(-shownColumns);
  if (topics.labels.length === 0) return html``;
  const rows = topics.labels.slice(0, shownTopics).map(({ label, name, texts, trend }): HeatRow => ({
    name,
    texts,
    cells: shown.map((bucket) =>
      bucket.texts === 0 ? undefined : (bucket.topics[label] ?? 0) / bucket.texts,
    ),
    note: trendBadge(trend),
  }));
  const latest = shown.length < buckets.length ? `, the latest ${shown.length} of ${buckets.length}` : '';
  return html`<h3>Topics over time</h3>
    <p class="note">Share of the comments of each ${unit} that speak of the topic${latest}.</p>
    ${heatTable(
      'Topics over time',
      {
        first: 'topic',
        columns: shown.map(({ start }) => start),
        ...(rows.some(({ note }) => note !== undefined && note.markup !== '') ? { note: 'change' } : {}),
      },
      rows,
    )}`;
}

export function groupsSection(document: ReportDocument): Section | undefined {
  const { groups, min_group: minGroup, focus } = document;
  const told = groups.filter(({ values }) => values.length > 1);
  if (told.length === 0) return undefined;
  return {
    id: 'groups',
    title: 'Groups compared',
    body: html`<p class="note">
        Sentiment and topics by group. Groups of fewer than ${count(minGroup)} comments are grey and not
        compared. ▲ and ▼: the share ${focus.name.toLowerCase()} is above or below that of all the others,
        beyond chance.
      </p>
      ${told.map((group) => groupPart(group, document))}`,
  };
}

function groupPart(group: GroupFigures, document: ReportDocument): SafeHtml {
  const { by, predicted, order, related, values } = group;
  const { min_group: minGroup, topics, focus } = document;
  const roles = knownSentiments(document);
  const large = values.filter(({ small }) => !small);
  const small = values.filter((value) => value.small);
  // Of values with an order none is left out between two others.
  const isWhole = order === 'value' || large.length === 0;
  const shown = (isWhole ? values : large).slice(0, shownValues);
  const rest = values.filter((value) => !shown.includes(value));
  const table = (rows: typeof values): SafeHtml =>
    plainTable(
      `By ${by}`,
      [by, 'comments', focus.name.toLowerCase(), roles.length > 0 ? 'sentiment' : ''],
      rows.map((value) => ({
        small: value.small,
        cells: [
          html`${value.name}${value.differs !== undefined && html` <span class="badge ${value.differs === 'above' ? 'up' : 'down'}">${value.differs === 'above' ? '▲' : '▼'}</span>`}`,
          value.texts,
          shareWords(value.focus),
          stackBar(value.by_role, roles),
        ],
      })),
      3,
    );
  const notes = [
    predicted ? `The ${by} is what the model takes it for.` : '',
    order === 'value' ? 'In their own order.' : 'The highest share first.',
    related ? 'It says much the same as the sentiment, and so explains nothing.' : '',
  ].filter((note) => note !== '');
  return html`<h3>By ${by}</h3>
    <p class="note">${notes.join(' ')}</p>
    ${table(shown)}
    ${
      rest.length > 0 &&
      folded(
        small.length === rest.length
          ? `${counted(rest.length, 'group')} of fewer than ${count(minGroup)} comments`
          : `${counted(rest.length, 'group')} more`,
        table(rest),
      )
    }
    ${
      topics.labels.length > 0 &&
      large.length > 1 &&
      folded(
        `Topics by ${by}`,
        heatTable(
          `Topics by ${by}`,
          { first: 'topic', columns: large.slice(0, shownColumns).map(({ name }) => name) },
          topics.labels.slice(0, shownTopics).map(({ label, name, texts }) => ({
            name,
            texts,
            cells: large
              .slice(0, shownColumns)
              .map((value) => (value.texts === 0 ? undefined : (value.topics[label] ?? 0) / value.texts)),
          })),
        ),
      )
    }`;
}
