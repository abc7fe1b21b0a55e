import { UsageError } from '../errors.ts';
import { openScoredFile, type ScoredFile, type ScoredTask } from '../scored/scored-file.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { languageColumn, languageTask, groupReader, ValueLimit } from '../scored/column-groups.ts';
import { columnPlace } from '../records/column-place.ts';
import { columnsReader, valueText } from '../records/column-reader.ts';
import { printableJson } from '../text/printable.ts';
import { excerpt } from '../text/excerpt.ts';
import { sharedOptions } from '../options.ts';
import { dateColumn } from './dates.ts';
import type { ReportDocument, ReportSource } from './report-document.ts';
import { markdownReport } from './markdown.ts';
import { type ReportFormat, type ReportOptions, reportDefaults, resolveFocus } from './options.ts';
import { htmlReport } from './page.ts';
import { ReportTally } from './report-tally.ts';

const textColumnBreakdown = 'text column';

/**
 * Counts and samples a scored file in one pass: what `voxpop report` shows. Memory does not grow with rows.
 * @throws UsageError, InputError; the signal's reason when aborted
 */
export async function report(options: ReportOptions): Promise<ReportDocument> {
  const focus = resolveFocus(options);
  const file = await openScoredFile(options.input, options);
  try {
    return await readReport(file, options, focus);
  } finally {
    await file.close();
  }
}

/** A report in one of its formats. */
export async function formatReport(document: ReportDocument, format: ReportFormat): Promise<string> {
  if (format === 'json') return `${printableJson(document, 2)}\n`;
  return format === 'md' ? markdownReport(document) : htmlReport(document);
}

async function readReport(
  file: ScoredFile,
  options: ReportOptions,
  focus: ReportDocument['focus'],
): Promise<ReportDocument> {
  const { head, tasks } = file;
  const names = tasks.map(({ name }) => name);
  const isChosen = (options.focus ?? reportDefaults.focus) !== reportDefaults.focus;
  if (isChosen && !names.includes(focus.task)) {
    throw new UsageError(
      'FOCUS_UNKNOWN',
      `Expected --focus to name a task (${names.join(', ')}), got ${focus.task}`,
      { hint: didYouMean(focus.task, names, (near) => `--focus ${near}=${focus.label}`) },
    );
  }
  const focusTask = Math.max(0, names.indexOf(focus.task));
  const seed = options.seed ?? sharedOptions.seed.default;

  const language = languageColumn(head);
  const predicted = names.indexOf(languageTask);
  const columns = [
    ...new Set([...(language !== undefined && predicted === -1 ? [language] : []), ...(options.by ?? [])]),
  ];
  const readColumns = groupReader(
    head,
    columns.filter((name) => predicted === -1 || name !== languageTask),
  );
  const shownColumns = columns.filter((name) => predicted === -1 || name !== languageTask);
  const hasSeveralTexts = file.textColumns.length > 1;
  const breakdowns = [
    ...(predicted === -1 ? [] : [{ by: languageTask, predicted: true }]),
    ...(hasSeveralTexts ? [{ by: textColumnBreakdown, predicted: false }] : []),
    ...shownColumns.map((by) => ({ by, predicted: false })),
  ];
  const date = options.date ?? dateColumn(head.columns);
  const readDate = columnsReader(head, date === undefined ? [] : [date], '--date');

  const tally = new ReportTally(tasks, {
    focusTask,
    hotTask: hotTaskOf(tasks, focusTask),
    dateColumn: date,
    breakdowns,
    seed,
  });
  const limit = new ValueLimit();
  let rows = 0;
  let empty = 0;
  for await (const batch of file.rows()) {
    for (const { row, texts } of batch) {
      rows++;
      const labelled = texts.filter(({ isEmpty }) => !isEmpty);
      if (labelled.length === 0) empty++;
      if (labelled.length === 0) continue;
      const values = readColumns(row);
      const day = valueText(readDate(row)[0]);
      for (const scored of labelled) {
        const said = scored.tasks[predicted]?.labels[0];
        const own = [
          ...(predicted === -1 ? [] : [limit.admit(said ?? '')]),
          ...(hasSeveralTexts ? [scored.column ?? ''] : []),
          ...values,
        ];
        const known = said ?? (language === undefined ? undefined : values[columns.indexOf(language)]);
        tally.add({ row: row.ordinal + 1, scored, date: day, values: own, language: known });
      }
    }
  }
  readColumns.requireFound();
  readDate.requireFound();
  const said = tally.mixes()[focusTask]?.labels.map(({ label }) => label) ?? [];
  if (isChosen && said.length > 0 && !said.includes(focus.label)) {
    throw new UsageError(
      'FOCUS_UNKNOWN',
      `Expected --focus to name a label of ${focus.task} that occurs (${said.join(', ')}), got ${focus.label}`,
      { hint: didYouMean(focus.label, said, (near) => `--focus ${focus.task}=${near}`) },
    );
  }
  const found = focusIn(focus, tasks[focusTask], said);
  return finish(file, options, { rows, empty, focus: found.focus, tally, seed, date, notice: found.notice });
}

/** Longer questions are cut in the heading. */
const questionCharacters = 200;

/** The label to look for first: the one that is asked for, or the most frequent one of a file that cannot have it. */
function focusIn(
  wanted: ReportDocument['focus'],
  task: ScoredTask | undefined,
  said: readonly string[],
): { focus: ReportDocument['focus']; notice: string | undefined } {
  const name = task?.name ?? '';
  const [most] = said;
  const isPossible = name === wanted.task && [...said, ...(task?.labels ?? [])].includes(wanted.label);
  if (isPossible || most === undefined) return { focus: { ...wanted, task: name }, notice: undefined };
  const notice =
    `No text can have the label ${wanted.task}=${wanted.label}, which a report looks for first: ` +
    `it looks for ${name}=${most}, the most frequent one (another one with --focus)`;
  return { focus: { task: name, label: most }, notice };
}

/** The task whose labels are ranked: of those with several labels per text the one with most, as that of topics is. */
function hotTaskOf(tasks: readonly ScoredTask[], focusTask: number): number {
  const others = tasks.filter(({ name }, index) => index !== focusTask && name !== languageTask);
  const [most] = others
    .filter(({ isMulti }) => isMulti)
    .toSorted((one, other) => (other.labels?.length ?? 0) - (one.labels?.length ?? 0));
  const hot = most ?? others[0];
  return hot === undefined ? -1 : tasks.indexOf(hot);
}

function finish(
  file: ScoredFile,
  options: ReportOptions,
  facts: {
    rows: number;
    empty: number;
    focus: ReportDocument['focus'];
    tally: ReportTally;
    seed: number;
    date: string | undefined;
    notice: string | undefined;
  },
): ReportDocument {
  const { tally, focus } = facts;
  const { series, isAmbiguous } = tally.time();
  const notices = [...file.notices(), ...(facts.notice === undefined ? [] : [facts.notice])];
  if (file.textColumns.length === 0) {
    notices.push('The column that was scored is not known, so no comments are shown (name it with --text)');
  }
  if (options.date !== undefined && series === undefined) {
    notices.push(`No value of \`${options.date}\` could be read as a date`);
  }
  if (isAmbiguous) {
    notices.push(
      `Dates in \`${facts.date}\` like 03/04/2026 were read as month/day/year; nothing in the file tells`,
    );
  }
  return {
    report_version: 1,
    title: options.title ?? questionOf(file) ?? reportDefaults.title,
    source: sourceOf(file),
    rows: facts.rows,
    texts: tally.texts,
    empty: facts.empty,
    focus,
    tasks: tally.mixes(),
    crosses: tally.crosses(),
    hotspots: tally.hotspots(focus.label),
    time: series,
    breakdowns: tally.breakdowns(),
    samples: tally.samples(),
    uncertain: tally.uncertain(),
    seed: facts.seed,
    notices,
  };
}

/** What was asked, where a survey tool wrote it under the name of the column that was scored. */
function questionOf({ head, textColumns }: ScoredFile): string | undefined {
  const [column, other] = textColumns;
  if (column === undefined || other !== undefined) return undefined;
  const question = head.questions?.[columnPlace(head.columns, column)]?.replaceAll(/\s+/gu, ' ').trim();
  return question === undefined || question === '' ? undefined : excerpt(question, questionCharacters);
}

function sourceOf({ path, textColumns, manifest }: ScoredFile): ReportSource {
  const source: ReportSource = { path, text_columns: textColumns };
  if (manifest === undefined) return source;
  if (manifest.bundle !== undefined) source.bundle = manifest.bundle;
  if (manifest.voxpopVersion !== undefined) source.voxpop = manifest.voxpopVersion;
  if (manifest.inputs.length > 0) source.inputs = manifest.inputs;
  if (manifest.startedAt !== undefined) source.started_at = manifest.startedAt;
  if (manifest.elapsedMs !== undefined) source.elapsed_ms = manifest.elapsedMs;
  return source;
}
