import { InputError } from '../errors.ts';
import { columnsReader, valueText } from '../records/column-reader.ts';
import type { LabelPair } from '../records/sentence-view.ts';
import { groupReader, languageColumn, ValueLimit } from '../scored/column-groups.ts';
import { languageTask } from '../label-facts.ts';
import type { ScoredFile } from '../scored/scored-file.ts';
import { dateColumn } from './dates.ts';
import type { GroupColumn } from './group-figures.ts';
import { LabelNames } from './label-names.ts';
import type { ReportOptions } from './options.ts';
import { ReportTally } from './report-tally.ts';
import type { FocusedRoles } from './roles.ts';

const textColumnGroup = 'text column';

/** A scored file, counted. */
export interface ReadReport {
  tally: ReportTally;
  rows: number;
  empty: number;
  /** Columns that were grouped by, in the order of the tally's groups. */
  columns: GroupColumn[];
  /** Column of the dates, and others that hold dates too. */
  date: { column: string; others: string[] } | undefined;
}

/**
 * Counts and samples a scored file in one pass.
 * @throws {InputError} when its rows are sentences, which are no comments to count
 */
export async function readReport(
  file: ScoredFile,
  roles: FocusedRoles,
  names: LabelNames,
  options: ReportOptions & { seed: number },
): Promise<ReadReport> {
  const { head, tasks } = file;
  if (file.isOfSentences) throw ofSentences(file.path);
  const predicted = tasks.findIndex(({ name }) => name === languageTask);
  const language = predicted === -1 ? languageColumn(head) : undefined;
  const by = [...new Set([...(language === undefined ? [] : [language]), ...(options.by ?? [])])].filter(
    (name) => predicted === -1 || name !== languageTask,
  );
  const readColumns = groupReader(head, by);
  const hasSeveralTexts = file.textColumns.length > 1;
  const columns: GroupColumn[] = [
    ...(predicted === -1
      ? []
      : [{ by: languageTask, predicted: true, nameOf: (value: string) => names.language(value) }]),
    ...(hasSeveralTexts ? [{ by: textColumnGroup, predicted: false, nameOf: String }] : []),
    ...by.map((name) => ({
      by: name,
      predicted: false,
      nameOf: name === language ? (value: string) => names.language(value) : String,
    })),
  ];
  const date =
    options.date === undefined ? findDates(file) : { column: options.date, others: [] as string[] };
  const readDate = columnsReader(head, date === undefined ? [] : [date.column], '--date');
  const tally = new ReportTally(tasks, {
    roles,
    hasDates: date !== undefined,
    hasSeveralTexts,
    groups: columns.map((column) => column.by),
    seed: options.seed,
  });
  // What is said about what: pairs of the topics with the task that tells what is negative.
  const pair = file.pairs.findIndex(
    ({ task, with: other }) => task === roles.topic?.task && other === roles.negative?.task,
  );
  const limit = new ValueLimit();
  let [rows, empty] = [0, 0];
  for await (const batch of file.rows()) {
    for (const { row, texts } of batch) {
      rows++;
      const labelled = texts.filter(({ isEmpty }) => !isEmpty);
      if (labelled.length === 0) {
        empty++;
        continue;
      }
      const values = readColumns(row);
      const day = valueText(readDate(row)[0]);
      for (const scored of labelled) {
        const said = scored.tasks[predicted]?.labels[0];
        tally.add({
          row: row.ordinal + 1,
          scored,
          date: day,
          values: [
            ...(predicted === -1 ? [] : [limit.admit(said ?? '')]),
            ...(hasSeveralTexts ? [scored.column ?? ''] : []),
            ...values,
          ],
          language: said ?? (language === undefined ? undefined : values[by.indexOf(language)]),
          topicSentiment: pair === -1 ? undefined : sentimentByTopic(scored.pairs[pair] ?? []),
        });
      }
    }
  }
  readColumns.requireFound();
  readDate.requireFound();
  return { tally, rows, empty, columns, date };
}

function sentimentByTopic(pairs: readonly LabelPair[]): ReadonlyMap<string, string> {
  return new Map(pairs.map(({ of, is }) => [of, is]));
}

/** Looks for dates in the first rows, but not where texts and labels are. */
function findDates({ head, firstRows, textColumns, tasks }: ScoredFile): ReadReport['date'] {
  const own = new Set([...textColumns, ...tasks.map(({ name }) => name)]);
  const columns = head.columns.filter((column) => !own.has(column));
  const read = columnsReader(head, columns, '--date');
  const values = firstRows.filter(({ isHeader }) => isHeader !== true).map((row) => read(row).map(valueText));
  return dateColumn(columns, (column) => values.map((each) => each[columns.indexOf(column)] ?? ''));
}

function ofSentences(file: string): InputError {
  return new InputError(
    'ROWS_ARE_SENTENCES',
    'expected a row per comment, found a row per sentence, as `--sentence-rows` writes them',
    { file },
    {
      hint: 'Score with `--sentences` instead: rows stay comments, and the report takes from it what is said about what.',
    },
  );
}
