import { count } from '../text/numbers.ts';
import { chartSizes, heatChart, maxBars, mixChart, stackChart, toneOf, wideFrom } from './charts.ts';
import type { Breakdown, ReportDocument, TaskCross, TaskMix } from './report-document.ts';
import { chart } from './figure.ts';
import { html, type SafeHtml } from '../text/html.ts';
import { capital, comments, humanLabel, percent } from './words.ts';

const shownValues = 25;

export async function mixCard(mix: TaskMix, texts: number, title: string): Promise<SafeHtml> {
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

export async function heatCard(cross: TaskCross, document: ReportDocument): Promise<SafeHtml> {
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

/** A cross with the rows and columns asked for, turned over if it was counted the other way round. */
export function crossOf(
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

function cellShare(cross: TaskCross, row: string, column: string): string {
  const place = cross.rows.indexOf(row);
  const texts = cross.texts[place] ?? 0;
  return texts === 0 ? '' : percent((cross.counts[place]?.[cross.columns.indexOf(column)] ?? 0) / texts);
}

export async function breakdownCard(
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

/** Sorts labels from bad to good where their names tell, and leaves them as they are otherwise. */
export function meaningfulOrder(labels: readonly string[]): string[] {
  const order = ['negative', 'neutral', 'positive'];
  const isScale = labels.length > 1 && labels.every((label) => order.includes(label));
  return isScale ? order.filter((label) => labels.includes(label)) : [...labels];
}

export function legend(labels: readonly string[]): SafeHtml {
  return html`<ul class="legend">
    ${labels.map(
      (label, index) =>
        html`<li><i style="background:${toneOf(labels, index)}"></i>${humanLabel(label)}</li>`,
    )}
  </ul>`;
}

/** A name that can stand in an id. */
function slug(text: string): string {
  return text.replaceAll(/[^a-z0-9]/giu, (character) => `-${character.codePointAt(0)?.toString(16)}`);
}
