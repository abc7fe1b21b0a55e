import { openScoredFile, type ScoredFile } from '../scored/scored-file.ts';
import { languageTask } from '../label-facts.ts';
import { VoxpopError } from '../errors.ts';
import type { RoleLabels } from '../label-facts.ts';
import { printableJson } from '../text/printable.ts';
import { CommentModel } from './comment-model.ts';
import { markQuotes } from './mark-quotes.ts';
import type { QuoteVectors } from './asked.ts';
import { compareReports } from './comparison.ts';
import { LabelNames } from './label-names.ts';
import { wordVectors, withoutLanguage } from './likeness.ts';
import { markdownReport } from './markdown.ts';
import { type ReportFormat, type ReportLook, type ReportOptions, resolveReportOptions } from './options.ts';
import { htmlReport } from './page.ts';
import { type ReadReport, readReport } from './read-report.ts';
import { candidates, reportDocument } from './make-document.ts';
import type { ReportDocument, SampleText } from './report-document.ts';
import { missingRolesNotice, requireFocusLabels, resolveFocus, resolveRoles, type Roles } from './roles.ts';

/**
 * Counts and samples a scored file in one pass: what `voxpop report` shows. Memory does not grow with rows.
 * @throws UsageError, InputError; the signal's reason when aborted
 */
export async function report(given: ReportOptions): Promise<ReportDocument> {
  const options = resolveReportOptions(given);
  const file = await openScoredFile(options.input, options);
  const notices: string[] = [];
  const names = new LabelNames(file.labelFacts);
  let read: ReadReport;
  let roles: Roles;
  let focus: RoleLabels;
  try {
    const { roles: found, missing } = resolveRoles(file.tasks, file.labelFacts, options.role ?? []);
    roles = found;
    if (missing.length > 0) notices.push(missingRolesNotice(missing));
    const wanted = resolveFocus(file.tasks, roles, options.focus);
    // Without any, the labels tell, and those are only known at the end.
    const first = file.tasks.find(({ name }) => name !== languageTask);
    focus = wanted ?? { task: first?.name ?? '', labels: [] };
    if (wanted === undefined) {
      focus.labels = (first?.labels ?? []).slice(0, 1);
      notices.push(
        `Nothing tells what is negative: groups are compared by ${focusWords(focus)} (others with --focus)`,
      );
    }
    read = await readReport(file, { ...roles, focus }, names, options);
    notices.unshift(...file.notices());
  } finally {
    await file.close();
  }
  const isTold = file.tasks.find(({ name }) => name === focus.task)?.labels !== undefined;
  if (options.focus !== undefined && !isTold)
    requireFocusLabels(focus.task, focus.labels, saidLabels(read, focus.task));
  const model = await modelOf(file, read, roles, options.signal, notices);
  try {
    const vectors = await quoteVectors(file, read, model, notices);
    const before =
      options.compare === undefined
        ? undefined
        : await compareReports({ ...options, input: options.compare }, { roles, focus }, names, read, file);
    const document = reportDocument({ file, read, roles, focus, names, options, vectors, before, notices });
    if (model !== undefined) {
      await markQuotes(document, model).catch((error: unknown) => noteFault(error, document.notices));
    }
    return document;
  } finally {
    await model?.close();
  }
}

/** A report in one of its formats. */
export async function formatReport(
  document: ReportDocument,
  format: ReportFormat,
  look: ReportLook = {},
): Promise<string> {
  if (format === 'json') return `${printableJson(document, 2)}\n`;
  return format === 'md' ? markdownReport(document) : htmlReport(document, look);
}

function focusWords({ task, labels }: RoleLabels): string {
  return `${task}=${labels.join(',')}`;
}

/** Labels of a task that occur; undefined when none does, so that nothing can be said about them. */
function saidLabels({ tally }: ReadReport, task: string): string[] | undefined {
  const labels =
    tally
      .mixes()
      .find((mix) => mix.task === task)
      ?.labels.map(({ label }) => label) ?? [];
  return labels.length === 0 ? undefined : labels;
}

/** The bundle that the file was scored with, if there are comments to ask it about and it can be had. */
async function modelOf(
  file: ScoredFile,
  { tally }: ReadReport,
  roles: Roles,
  signal: AbortSignal | undefined,
  notices: string[],
): Promise<CommentModel | undefined> {
  if (file.bundle === undefined || candidates(tally).length === 0) return undefined;
  const tasks = [roles.topic, roles.suggestion, roles.question].flatMap((role) => role?.task ?? []);
  return CommentModel.open(file.bundle, tasks, signal).catch((error: unknown) => noteFault(error, notices));
}

/** Without the bundle there are other comments and no marks, and a report all the same. */
function noteFault(error: unknown, notices: string[]): undefined {
  if (!(error instanceof VoxpopError)) throw error;
  notices.push(`The bundle cannot be asked about comments: ${error.message}`);
}

/** Vectors of the comments that may be shown: the bundle's where it can be had, else of their words. */
async function quoteVectors(
  file: ScoredFile,
  read: ReadReport,
  model: CommentModel | undefined,
  notices: string[],
): Promise<QuoteVectors> {
  const texts = candidates(read.tally);
  const words = [...new Set(texts.map(({ text }) => text))];
  const places = new Map(words.map((text, place) => [text, place]));
  const found = await model?.vectors(words).catch((error: unknown) => noteFault(error, notices));
  if (found === undefined) {
    const name = file.manifest?.bundle?.name;
    if (words.length > 0) {
      notices.push(
        `Comments that say the same were told by their words, as ${name === undefined ? 'no bundle' : `the bundle ${name}`} could be asked (name it with --model)`,
      );
    }
    return { by: 'words', of: (own) => wordVectors(own.map(({ text }) => text)) };
  }
  const { vectors, size } = found;
  const of = (own: readonly SampleText[]): { vectors: Float32Array; size: number } => {
    const part = new Float32Array(own.length * size);
    own.forEach(({ text }, at) => {
      const place = places.get(text) as number;
      part.set(vectors.subarray(place * size, (place + 1) * size), at * size);
    });
    return withoutLanguage({ vectors: part, size }, own);
  };
  return { by: 'vectors', of };
}
