import type { RoleLabels } from '../label-facts.ts';
import { nightFigures } from './night.ts';
import { columnPlace } from '../records/column-place.ts';
import { excerpt } from '../text/excerpt.ts';
import { languageTask } from '../label-facts.ts';
import type { ScoredFile } from '../scored/scored-file.ts';
import { asked, type QuoteVectors, typicalQuotes } from './asked.ts';
import { audienceFigures } from './audiences.ts';
import { type Counts, countedRoles } from './counts.ts';
import { sentimentRoles } from '../label-facts.ts';
import { fixItems } from './fix-items.ts';
import { byRole, groupFigures } from './group-figures.ts';
import type { LabelNames } from './label-names.ts';
import type { ReportOptions } from './options.ts';
import { periodsOf, type Periods, trendOf } from './periods.ts';
import { correctedShares } from './quality.ts';
import type { ReadReport } from './read-report.ts';
import type {
  LovedTopic,
  ReportComparison,
  ReportDocument,
  ReportSource,
  SampleText,
  TimeSeries,
} from './report-document.ts';
import type { ReportTally } from './report-tally.ts';
import type { Roles } from './roles.ts';
import { shareOf } from './statistics.ts';
import { summarySentences } from './summary.ts';
import { reportDefaults } from './options.ts';

/** Topics whose problems are shown with comments, and whose praise is. */
const shownFixes = 10;
const shownLoves = 6;

export interface DocumentParts {
  file: ScoredFile;
  read: ReadReport;
  roles: Roles;
  focus: RoleLabels;
  names: LabelNames;
  options: ReportOptions & { seed: number; minGroup: number };
  vectors: QuoteVectors;
  before: ReportComparison | undefined;
  notices: string[];
}

/** The texts among which those to show are chosen. */
export function candidates(tally: ReportTally): SampleText[] {
  const specific = tally.topics().filter(({ isSpecific }) => isSpecific);
  const most = (role: 'positive' | typeof tally.fixRole, count: number): string[] =>
    specific
      .toSorted((one, other) => tally.all.topic(other.id, role) - tally.all.topic(one.id, role))
      .slice(0, count)
      .map(({ label }) => label);
  return [
    // Ranks weigh what is negative double, so that a topic a little further down may come up.
    ...most(tally.fixRole, 2 * shownFixes).flatMap((topic) => tally.quotes.of('problem', topic).texts),
    ...most('positive', shownLoves).flatMap((topic) => tally.quotes.of('love', topic).texts),
    ...tally.quotes.of('suggestion').texts,
    ...tally.quotes.of('question').texts,
  ];
}

export function reportDocument(parts: DocumentParts): ReportDocument {
  const { file, read, roles, focus, names, options, vectors, notices } = parts;
  const { tally } = read;
  const { minGroup, seed } = options;
  const feedback = tally.all.texts;
  const topicTask = roles.topic?.task ?? '';
  const focusOf = (counts: Counts): number => counts.role('focus');
  const found = tally.dates?.result(options.dateOrder);
  const periods = found && periodsOf(found, minGroup);
  const groups = read.columns.map((column, place) =>
    groupFigures(column, tally.groups[place] ?? new Map(), tally, { focusOf, minGroup }),
  );
  const mixes = tally.mixes();
  const quotes = new ShownQuotes(tally, vectors);
  const fix = fixItems(tally, { names, topicTask, minGroup, periods, groups }).map((item, place) =>
    Object.assign(item, { quotes: place < shownFixes ? quotes.typical('problem', item.topic) : [] }),
  );
  const facts = {
    rows: read.rows,
    texts: tally.texts,
    empty: read.empty,
    no_feedback: tally.withoutFeedback,
    feedback,
    focus: {
      ...focus,
      name: focus.labels.map((label) => names.label(focus.task, label)).join(', '),
    },
    sentiment: sentimentRoles
      .filter((role) => roles[role] !== undefined)
      .map((role) => Object.assign({ role }, shareOf(tally.all.role(role), feedback))),
    fix,
    time: timeSeries(read, periods, found, minGroup),
    groups,
  };
  return {
    report_version: 2,
    title: options.title ?? questionOf(file) ?? reportDefaults.title,
    source: sourceOf(file),
    ...facts,
    min_group: minGroup,
    roles,
    names: file.labelFacts.names,
    summary: summarySentences(facts),
    suggestions: asked(tally.quotes.of('suggestion'), feedback, vectors),
    questions: asked(tally.quotes.of('question'), feedback, vectors),
    loves: loves(tally, names, topicTask, quotes),
    topics: {
      task: roles.topic?.task,
      sentiment_of: tally.withTopicSentiment > 0 ? 'topic' : 'text',
      labels: tally.topics().map(({ id, label }) =>
        Object.assign(
          { label, name: names.label(topicTask, label) },
          shareOf(tally.all.label(id), feedback),
          {
            by_role: Object.fromEntries(countedRoles.map((role) => [role, tally.all.topic(id, role)])),
            trend: trendOf(periods, (counts) => counts.label(id), { minGroup, ofMany: true }),
          },
        ),
      ),
    },
    audiences: audienceFigures(tally, names, topicTask, minGroup),
    tasks: mixes,
    crosses: tally.crosses(),
    quality: {
      corrected: correctedShares(
        mixes.filter(({ task }) => task !== languageTask),
        file.labelFacts,
        names,
        { feedback, seed, apart: roles.no_feedback },
      ),
    },
    uncertain: tally.uncertain(),
    comparison: parts.before,
    night: nightFigures(file.manifest),
    quotes: { by: vectors.by, seed },
    notices: [...notices, ...ownNotices(parts, found)],
  };
}

/** Chooses comments to show, none of them twice. */
class ShownQuotes {
  readonly #tally: ReportTally;
  readonly #vectors: QuoteVectors;
  readonly #shown = new Set<string>();

  constructor(tally: ReportTally, vectors: QuoteVectors) {
    this.#tally = tally;
    this.#vectors = vectors;
  }

  typical(kind: 'problem' | 'love', topic: string): SampleText[] {
    const left = this.#tally.quotes.of(kind, topic).texts.filter(({ text }) => !this.#shown.has(text));
    const quotes = typicalQuotes(left, this.#vectors);
    for (const { text } of quotes) this.#shown.add(text);
    return quotes;
  }
}

function loves(tally: ReportTally, names: LabelNames, topicTask: string, quotes: ShownQuotes): LovedTopic[] {
  return tally
    .topics()
    .flatMap(({ id, label, isSpecific }) => {
      const texts = tally.all.topic(id, 'positive');
      const name = names.label(topicTask, label);
      const share = shareOf(texts, tally.all.texts);
      return isSpecific && texts > 0 ? [{ topic: label, name, ...share, of: tally.all.label(id) }] : [];
    })
    .toSorted((one, other) => other.texts - one.texts || (one.topic < other.topic ? -1 : 1))
    .map((item, place) =>
      Object.assign(item, { quotes: place < shownLoves ? quotes.typical('love', item.topic) : [] }),
    );
}

type Days = ReturnType<NonNullable<ReportTally['dates']>['result']>;

function timeSeries(
  { tally, date }: ReadReport,
  periods: Periods | undefined,
  found: Days | undefined,
  minGroup: number,
): TimeSeries | undefined {
  if (date === undefined || periods === undefined || found === undefined) return undefined;
  return {
    column: date.column,
    unit: periods.unit,
    order: found.order,
    undated: found.undated,
    trend: trendOf(periods, (counts) => counts.role('focus'), { minGroup, ofMany: false }),
    buckets: periods.buckets.map(({ start, counts }) => ({
      start,
      texts: counts.texts,
      focus: shareOf(counts.role('focus'), counts.texts),
      by_role: byRole(counts),
      topics: Object.fromEntries(tally.topics().map(({ id, label }) => [label, counts.label(id)])),
    })),
  };
}

/** Notes on how the file was read that change what its figures mean. */
function ownNotices({ file, read, options }: DocumentParts, found: Days | undefined): string[] {
  const notices: string[] = [];
  if (file.textColumns.length === 0) {
    notices.push('The column that was scored is not known, so no comments are shown (name it with --text)');
  }
  const { date, tally } = read;
  if (date === undefined) {
    notices.push('No column holds dates, so nothing is told over time (name one with --date)');
  } else if (tally.texts > 0 && (found?.days.length ?? 0) === 0) {
    notices.push(`No value of \`${date.column}\` could be read as a date`);
  }
  if (options.date === undefined && date !== undefined && date.others.length > 0) {
    const others = date.others.map((column) => `\`${column}\``).join(', ');
    notices.push(`Dates are those of \`${date.column}\`; ${others} would do too (choose with --date)`);
  }
  if (found?.order !== undefined && found.isAmbiguous) {
    const [order, other] = found.order === 'mdy' ? ['month/day/year', 'dmy'] : ['day/month/year', 'mdy'];
    notices.push(
      `Dates in \`${date?.column}\` like 03/04/2026 were read as ${order}, and nothing in the file tells (--date-order ${other} reads them the other way)`,
    );
  }
  return notices;
}

/** Longer questions are cut in the heading. */
const questionCharacters = 200;

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
