import { html, type SafeHtml } from '../text/html.ts';
import { count } from '../text/numbers.ts';
import { languageTask } from '../label-facts.ts';
import type { LabelNames } from './label-names.ts';
import type { ReportDocument, TaskMix } from './report-document.ts';
import {
  folded,
  knownSentiments,
  legend,
  plainTable,
  quote,
  type Section,
  shareBar,
  shareWords,
  stackBar,
  taskName,
} from './parts.ts';
import { comments, percent, pointsOf, range } from './words.ts';

/** Labels of a task before the rest folds. */
const shownLabels = 12;
const shownChecks = 6;

export function audiencesSection(document: ReportDocument): Section | undefined {
  const { audiences } = document;
  if (audiences.length === 0) return undefined;
  const roles = knownSentiments(document);
  return {
    id: 'audiences',
    title: 'Employees and customers',
    body: html`<p class="note">
        Who a comment is by is told by its topics: pay, workload, leadership and the like are an employee's.
      </p>
      ${legend(roles)}
      ${plainTable(
        'Employees and customers',
        [
          '',
          'comments',
          document.focus.name.toLowerCase(),
          roles.length > 0 ? 'sentiment' : '',
          'most to fix',
        ],
        audiences.map(({ name, texts, by_role: shares, problems }) => ({
          small: texts < document.min_group,
          cells: [
            name,
            texts,
            shares.focus === undefined ? '' : shareWords(shares.focus),
            stackBar(
              Object.fromEntries(Object.entries(shares).map(([role, share]) => [role, share.texts])),
              roles,
            ),
            problems
              .slice(0, 3)
              .map((problem) => `${problem.name} (${count(problem.texts)})`)
              .join(', '),
          ],
        })),
        3,
      )}`,
  };
}

/** Tasks other than those that topics and groups are of. */
export function furtherTasks({ tasks, roles }: ReportDocument): TaskMix[] {
  return tasks.filter(({ task }) => task !== languageTask && task !== roles.topic?.task);
}

/** The tasks that no other section shows: effort, intensity and emotion, or whatever a bundle has. */
export function tasksSection(document: ReportDocument, names: LabelNames): Section | undefined {
  const shown = document.sentiment.length > 0 ? [document.roles.negative?.task] : [];
  const rest = furtherTasks(document).filter(
    ({ task, labels }) => !shown.includes(task) && labels.length > 0,
  );
  if (rest.length === 0 || document.texts === 0) return undefined;
  return {
    id: 'tasks',
    title: 'More of what was said',
    body: html`<div class="cols">${rest.map((mix) => mixPart(mix, document, names))}</div>`,
  };
}

function mixPart(mix: TaskMix, { feedback }: ReportDocument, names: LabelNames): SafeHtml {
  const most = Math.max(...mix.labels.map(({ high }) => high));
  const table = (labels: TaskMix['labels']): SafeHtml =>
    plainTable(
      taskName(mix.task),
      ['', 'comments', 'share', ''],
      labels.map((label) => ({
        cells: [
          names.label(mix.task, label.label),
          label.texts,
          shareWords(label),
          shareBar(label, 'accent', most),
        ],
      })),
    );
  const rest = mix.labels.slice(shownLabels);
  const notes = [
    mix.multi_label ? 'A comment can have several.' : '',
    mix.no_label > 0 ? `${comments(mix.no_label)} without any.` : '',
    `Shares of ${comments(feedback)}.`,
  ];
  return html`<div class="part">
    <h3>${taskName(mix.task)}</h3>
    <p class="note">${notes.filter((note) => note !== '').join(' ')}</p>
    ${table(mix.labels.slice(0, shownLabels))}
    ${rest.length > 0 && folded(`${count(rest.length)} more`, table(rest))}
  </div>`;
}

export function comparisonSection(document: ReportDocument): Section | undefined {
  const { comparison: found, min_group: minGroup, feedback } = document;
  if (found === undefined) return undefined;
  const row = (
    name: string,
    each: (typeof found.topics)[number] | (typeof found.sentiment)[number],
  ): { cells: (string | number | SafeHtml)[]; small: boolean } => ({
    small: !each.clear,
    cells: [
      name,
      shareWords(each.before),
      shareWords(each.after),
      html`${each.clear && html`<span class="badge ${each.difference > 0 ? 'up' : 'down'}">${each.difference > 0 ? '▲' : '▼'}</span> `}${pointsOf(each.difference)}`,
    ],
  });
  const head = ['', `before: ${count(found.feedback)}`, `now: ${count(feedback)}`, 'change'];
  const large = (rows: typeof found.topics): typeof found.topics =>
    rows.filter(({ before, after }) => before.texts + after.texts >= minGroup);
  return {
    id: 'comparison',
    title: 'Against the earlier file',
    body: html`<p class="note">
        ${found.path}: ${comments(found.feedback)} that say something. Changes that chance alone could make
        are grey.
      </p>
      ${plainTable(
        'Sentiment before and now',
        head,
        found.sentiment.map((each) => row(taskName(each.role), each)),
      )}
      ${
        found.fix.length > 0 &&
        html`<h3>Problems by topic</h3>
          ${plainTable(
            'Problems before and now',
            head,
            large(found.fix).map((each) => row(each.name, each)),
          )}`
      }
      ${
        found.topics.length > 0 &&
        html`<h3>Topics</h3>
          ${plainTable(
            'Topics before and now',
            head,
            large(found.topics).map((each) => row(each.name, each)),
          )}`
      }`,
  };
}

export function qualitySection(document: ReportDocument, names: LabelNames): Section | undefined {
  const { quality, uncertain, source, focus, roles } = document;
  const { corrected } = quality;
  const [first, ...others] = uncertain.toSorted(
    (one, other) => Number(other.task === focus.task) - Number(one.task === focus.task),
  );
  if (corrected.length === 0 && first === undefined) return undefined;
  const important = new Set([roles.negative?.task, roles.problem?.task]);
  const table = (rows: typeof corrected): SafeHtml =>
    plainTable(
      'Corrected shares',
      ['', 'counted', 'likely', 'rows behind it'],
      rows.map((each) => ({
        cells: [
          `${taskName(each.task)}: ${each.name.toLowerCase()}`,
          percent(each.counted),
          html`<span class="share">${percent(each.share)} <small>${range(each)}</small></span>`,
          each.rows,
        ],
      })),
    );
  const main = corrected.filter(({ task }) => important.has(task));
  const rest = corrected.filter(({ task }) => !important.has(task));
  const checks = ({ task, samples }: (typeof uncertain)[number]): SafeHtml =>
    html`<div class="quotes">
      ${samples.slice(0, shownChecks).map((sample) => {
        const [label] = sample.labels[task] ?? [];
        const said = label === undefined ? '' : names.label(task, label.label);
        return quote(sample, label?.score === undefined ? said : `${said} ${label.score.toFixed(2)}`);
      })}
    </div>`;
  return {
    id: 'quality',
    title: 'How sure is this?',
    body: html`<p class="note">
        Labels are a model's, and some are wrong.
        ${
          corrected.length > 0
            ? `“Likely” is what a share would be if labels were wrong as often as on the rows by which ${source.bundle?.name ?? 'the bundle'} was measured, with a 95 % interval for both kinds of chance. It holds as far as those rows are like yours: read some comments before acting on a figure.`
            : 'Nothing tells how often: the bundle has no figures, or is not known. Read some comments before acting on a figure.'
        }
      </p>
      ${main.length > 0 && table(main)} ${rest.length > 0 && folded('Other tasks', table(rest))}
      ${
        first !== undefined &&
        html`<h3>Check these by hand</h3>
          <p class="note">
            Comments whose ${first.task} has the lowest scores: the model was least sure here.
          </p>
          ${checks(first)} ${others.map((each) => folded(`The least sure by ${each.task}`, checks(each)))}`
      }`,
  };
}
