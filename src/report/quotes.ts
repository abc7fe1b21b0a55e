import { count } from '../text/numbers.ts';
import type { ReportDocument, SampleText } from './report-document.ts';
import { html, type SafeHtml } from '../text/html.ts';
import { capital, comments, humanLabel } from './words.ts';

const topicsWithSamples = 5;

export function sampleSection(document: ReportDocument): SafeHtml {
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

export function uncertainSection({ uncertain, focus }: ReportDocument): SafeHtml {
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
