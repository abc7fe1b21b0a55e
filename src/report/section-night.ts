import { html } from '../text/html.ts';
import { count, figure } from '../text/numbers.ts';
import type { LabelNames } from './label-names.ts';
import type { NightFigures } from './night.ts';
import { plainTable, type Section, taskName } from './parts.ts';
import type { ReportDocument } from './report-document.ts';
import { percent } from './words.ts';

export const nightHead = ['task', 'PSI', 'moved most', 'of new', 'of all'];

/** What became of rows, in a sentence. */
export function nightWords(night: NightFigures): string {
  const { since, changed, unchanged, deleted } = night;
  const gone = deleted === undefined ? '' : `, ${count(deleted)} deleted`;
  return `Since ${since}: ${count(night.new)} rows new, ${count(changed)} changed, ${count(unchanged)} unchanged${gone}.`;
}

export function nightRows({ drift }: NightFigures, names: LabelNames): string[][] {
  return drift.map(({ task, psi, moved }) => [
    taskName(task),
    figure(psi),
    names.label(task, moved.label),
    percent(moved.new),
    percent(moved.all),
  ]);
}

/** Whom new rows are held against, and what the index says. */
export function nightNote({ against }: NightFigures): string {
  const others = against === 'file' ? 'all rows' : 'the rows of before';
  return `How the labels of new rows differ from those of ${others}, by the population stability index: below 0.1 little, from 0.25 on a lot.`;
}

export function nightSection({ night }: ReportDocument, names: LabelNames): Section | undefined {
  if (night === undefined) return undefined;
  const rows = nightRows(night, names);
  return {
    id: 'night',
    title: 'What is new',
    body: html`<p>${nightWords(night)}</p>
      ${
        rows.length > 0 &&
        html`<p class="note">${nightNote(night)}</p>
          ${plainTable(
            'Labels of new rows',
            nightHead,
            rows.map((cells) => ({ cells })),
          )}`
      }`,
  };
}
