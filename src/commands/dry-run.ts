import { columnPlace } from '../records/column-place.ts';
import type { ColumnProfile } from '../records/column-profile.ts';
import type { Row } from '../records/row.ts';
import type { ScorePlan } from '../score-plan.ts';
import { excerpt } from '../text/excerpt.ts';
import { shownName } from '../text/printable.ts';
import { textTable } from '../text/text-table.ts';

const shownRows = 3;
const shownCharacters = 70;
const exampleCharacters = 30;
const questionCharacters = 50;

/** Says in lines for people what a run would do; reads the first rows, and scores nothing. */
export async function describePlan(plan: ScorePlan): Promise<string[]> {
  const { records, options, textColumns, bundle, writer, slice } = plan;
  const { head } = records;
  const rows = await firstRows(plan);
  const list = (names: readonly string[]): string => names.map((name) => quote(shownName(name))).join(', ');
  const questions = textColumns.flatMap((column) => {
    const question = head.questions?.[columnPlace(head.columns, column)] ?? '';
    const whose = textColumns.length > 1 ? `${quote(shownName(column))}: ` : '';
    return question === '' ? [] : [line('question', whose + quote(question))];
  });
  const lines: [string, string][] = [
    ['input', options.inputs.join(', ')],
    [
      'format',
      [head.format, head.encoding, ...(head.compression === undefined ? [] : [head.compression])].join(', '),
    ],
    ...(head.delimiter === undefined ? [] : [line('delimiter', quote(head.delimiter))]),
    ...(head.headerRows === 0 ? [] : [line('header', `${head.headerRows + 1} rows`)]),
    ['columns', list(head.columns)],
    ['text', list(textColumns) + howChosen(plan)],
    ...questions,
    ['bundle', `${bundle.name} ${bundle.version}`],
    ...(slice === undefined ? [] : [line('shard', describeSlice(slice))]),
    ['adds', list(writer.addedColumns)],
    ['workers', String(options.workers)],
    ...head.notices.map((notice) => line('note', notice)),
    ...rows.map((row) => line(`row ${row.ordinal + 1}`, describeRow(row))),
  ];
  return lines.map(([name, value]) => `${name.padEnd(10)}${value}`);
}

function line(name: string, value: string): [string, string] {
  return [name, value];
}

/** Rows of answers; those of the header would show nothing. */
async function firstRows({ records, textColumns, slice }: ScorePlan): Promise<Row[]> {
  const rows: Row[] = [];
  const wanted = Math.min(shownRows, slice?.rows ?? shownRows);
  for await (const chunk of records.rows(textColumns, slice?.start)) {
    rows.push(...chunk.filter(({ isHeader }) => isHeader !== true));
    if (rows.length >= wanted) break;
  }
  return rows.slice(0, wanted);
}

function howChosen({ textColumnsGuessed, records }: ScorePlan): string {
  if (!textColumnsGuessed) return '';
  return records.head.hasHeader ? ' (recognised by name; --text to choose)' : ' (the only one)';
}

function describeRow({ rejected, texts }: Row): string {
  if (rejected !== undefined) return `rejected: ${rejected.message}`;
  return texts.map((text) => quote(excerpt(text, shownCharacters))).join(' | ');
}

function describeSlice({ index, of, firstRow, rows, inputRows }: NonNullable<ScorePlan['slice']>): string {
  const which = rows === 0 ? 'no rows' : `rows ${firstRow + 1} to ${firstRow + rows}`;
  return `${index}/${of}, ${which} of ${inputRows}`;
}

/** The columns of an input of which nobody said what to score, likely ones marked. */
export function describeColumns(profiles: readonly ColumnProfile[]): string[] {
  if (profiles.length === 0) return [];
  const mostLikely = Math.max(0, ...profiles.map(({ likeness }) => likeness));
  const hasQuestions = profiles.some(({ question = '' }) => question !== '');
  const rows = profiles.map(
    ({ number, reference, question = '', filled, meanLength, likeness, examples }) => [
      likeness > 0 && likeness >= mostLikely / 2 ? '>' : '',
      number === undefined ? '' : String(number),
      shownName(reference),
      ...(hasQuestions ? [quote(excerpt(question, questionCharacters))] : []),
      `${Math.round(filled * 100)}%`,
      String(Math.round(meanLength)),
      examples.map((example) => quote(excerpt(example, exampleCharacters))).join(' '),
    ],
  );
  const question = hasQuestions ? ['question'] : [];
  const head = ['likely', 'number', 'column', ...question, 'filled', 'characters', 'values'];
  const table = textTable([head, ...rows]);
  return table.trimEnd().split('\n');
}

function quote(text: string): string {
  return JSON.stringify(text);
}
