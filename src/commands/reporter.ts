import { count } from '../text/numbers.ts';
import { countsByKey, countsInWords, type ScoreHooks, type ScoreSummary } from '../score.ts';
import type { ScorePlan } from '../score-plan.ts';
import type { ScoreProgress } from '../scoring.ts';
import { cacheFields, cacheWords } from '../text/cache-words.ts';
import { changeFields, changeWords } from '../text/change-words.ts';
import { emit, say } from './say.ts';
import { createProgressBar } from './progress-bar.ts';
import { resumeCommand } from './resume-command.ts';
import type { ScoreFlags } from '../score-options.ts';
import type { Terminal } from './terminal.ts';

/** Tells on stderr how a run goes, in words or as JSON events. */
export interface Reporter extends Required<ScoreHooks> {
  onEnd(summary: ScoreSummary, output: string | undefined): void;
  /** Removes what moves; may be called twice. */
  close(): void;
}

/** Milliseconds between two progress events; a nightly log wants few. */
const progressEventMs = 10_000;

export async function createReporter(flags: ScoreFlags, terminal: Terminal): Promise<Reporter> {
  return flags.logFormat === 'json' ? jsonReporter(flags, terminal) : textReporter(flags, terminal);
}

async function textReporter(flags: ScoreFlags, terminal: Terminal): Promise<Reporter> {
  const bar = await createProgressBar(terminal, flags.quiet !== true && flags.progress);
  const labelBars = flags.summary === true ? (await import('./label-bars.ts')).labelBars : undefined;
  const tell = (...lines: string[]): void => {
    if (!flags.quiet) say(terminal, ...lines);
  };
  let planned: Pick<ScorePlan, 'tasks' | 'textColumns'> = { tasks: [], textColumns: [] };
  return {
    onPlan: (plan) => {
      planned = plan;
      tell(...notices(plan));
    },
    onBegin: (rowsBefore) => {
      if (rowsBefore > 0) tell(`Going on at row ${count(rowsBefore + 1)}`);
      bar.begin(rowsBefore);
    },
    onStartOver: (reason) => tell(`Starting over: ${reason}`),
    onProgress: (progress) => bar.update(progress),
    onNotice: (notice) => {
      bar.stop();
      tell(notice);
    },
    onStop: (keptRows) => {
      bar.stop();
      if (keptRows === 0) return;
      tell(`${count(keptRows)} rows are done and kept; go on with:`);
      // As it is, however long: it is quoted so that nothing in it can be taken for anything else.
      if (!flags.quiet) terminal.stderr.write(`  ${resumeCommand(terminal.argv)}\n`);
    },
    onEnd: (summary, output) => {
      bar.stop();
      tell(...summary.notices);
      tell(
        summary.nothingToDo
          ? `Nothing to do: ${output} is finished and unchanged`
          : summarise(summary, output),
      );
      if (labelBars === undefined || summary.nothingToDo) return;
      const { tasks, textColumns } = planned;
      tell(...labelBars(summary.labels, { tasks, scored: summary.scored, textsPerRow: textColumns.length }));
    },
    close: () => bar.stop(),
  };
}

function notices(plan: ScorePlan): string[] {
  const { records, chosenColumns, bundle, options, slice } = plan;
  const lines = [...records.head.notices];
  if (slice !== undefined) {
    const { index, of, firstRow, rows, inputRows } = slice;
    const which = rows === 0 ? 'no rows' : `rows ${count(firstRow + 1)} to ${count(firstRow + rows)}`;
    lines.push(`Shard ${index}/${of}: ${which} of ${count(inputRows)}`);
  }
  if (chosenColumns !== undefined) lines.push(`Scoring ${chosenColumns}`);
  if (!bundle.batchInvariant && !options.deterministic) {
    lines.push(
      `The bundle ${bundle.name} is not batch invariant: scores may differ slightly with the neighbours of a row ` +
        '(--deterministic scores row by row)',
    );
  }
  return lines;
}

function summarise(summary: ScoreSummary, output: string | undefined): string {
  const seconds = summary.elapsedMs / 1000;
  const rows = summary.rows - summary.resumedAtRow;
  return [
    `${count(summary.rows)} rows in ${seconds.toFixed(1)} s`,
    ...(summary.resumedAtRow > 0 ? [`${count(summary.resumedAtRow)} of them before`] : []),
    ...countsInWords(summary, count),
    ...changeWords(summary.changes),
    ...cacheWords(summary.cache),
    `${count(Math.round(rows / seconds))} rows/s`,
    `${count(Math.round(summary.tokensHere / seconds))} tokens/s`,
    ...(output === undefined ? [] : [`wrote ${output}`]),
  ].join(' | ');
}

function jsonReporter(flags: ScoreFlags, terminal: Terminal): Reporter {
  const tell = (event: string, fields: object): void => {
    if (!flags.quiet) emit(terminal, event, fields);
  };
  let lastProgressMs = performance.now();
  const onAbort = (): void => tell('stopping', { reason: (terminal.signal.reason as Error).message });
  terminal.signal.addEventListener('abort', onAbort, { once: true });
  return {
    onPlan: ({ options, records, textColumns, bundle, slice }) => {
      tell('start', {
        inputs: options.inputs,
        output: flags.output ?? null,
        format: records.head.format,
        total_bytes: records.head.totalBytes ?? null,
        text: textColumns,
        bundle: { name: bundle.name, version: bundle.version },
        workers: options.workers,
        ...(slice === undefined
          ? {}
          : {
              shard: { index: slice.index, of: slice.of },
              first_row: slice.firstRow,
              total_rows: slice.rows,
            }),
      });
      for (const message of records.head.notices) tell('notice', { message });
    },
    onNotice: (message) => tell('notice', { message }),
    onProgress: ({ counts, bytesRead, totalBytes, totalRows, cache, changes }: ScoreProgress) => {
      const nowMs = performance.now();
      if (nowMs - lastProgressMs < progressEventMs) return;
      lastProgressMs = nowMs;
      const { rows, rejected } = counts;
      const total = totalRows === undefined ? { total_bytes: totalBytes ?? null } : { total_rows: totalRows };
      tell('progress', {
        rows,
        rejected,
        bytes_read: bytesRead,
        ...total,
        ...changeFields(changes),
        ...cacheFields(cache),
      });
    },
    onBegin: (rowsBefore) => {
      if (rowsBefore > 0) tell('resume', { rows_before: rowsBefore });
    },
    onStartOver: (reason) => tell('start_over', { reason }),
    onStop: (keptRows) =>
      tell('stop', {
        kept_rows: keptRows,
        ...(keptRows > 0 ? { resume: resumeCommand(terminal.argv) } : {}),
      }),
    onEnd: (summary, output) => {
      for (const message of summary.notices) tell('notice', { message });
      tell('end', {
        output: output ?? null,
        nothing_to_do: summary.nothingToDo,
        ...countsByKey(summary),
        ...changeFields(summary.changes),
        ...cacheFields(summary.cache),
        resumed_at_row: summary.resumedAtRow,
        elapsed_ms: Math.round(summary.elapsedMs),
      });
    },
    close: () => terminal.signal.removeEventListener('abort', onAbort),
  };
}
