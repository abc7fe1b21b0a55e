import type { Row } from '../records/row.ts';
import type { ScorePlan } from '../score-plan.ts';
import { excerpt } from '../text/excerpt.ts';
import { shownName } from '../text/printable.ts';

const shownRows = 3;
const shownCharacters = 70;

/** Says in lines for people what a run would do; reads the first rows, and scores nothing. */
export async function describePlan(plan: ScorePlan): Promise<string[]> {
  const { records, options, textColumns, bundle, writer, slice } = plan;
  const { head } = records;
  const rows: Row[] = [];
  const wanted = Math.min(shownRows, slice?.rows ?? shownRows);
  for await (const chunk of records.rows(textColumns, slice?.start)) {
    rows.push(...chunk);
    if (rows.length >= wanted) break;
  }
  const list = (names: readonly string[]): string => names.map((name) => quote(shownName(name))).join(', ');
  const lines: [string, string][] = [
    ['input', options.inputs.join(', ')],
    ['format', [head.format, head.encoding, ...(head.gzip ? ['gzip'] : [])].join(', ')],
    ...(head.delimiter === undefined ? [] : [['delimiter', quote(head.delimiter)] as [string, string]]),
    ['columns', list(head.columns)],
    ['text', list(textColumns) + (plan.textColumnsGuessed ? ' (recognised by name; --text to choose)' : '')],
    ['bundle', `${bundle.name} ${bundle.version}`],
    ...(slice === undefined ? [] : [['shard', describeSlice(slice)] as [string, string]]),
    ['adds', list(writer.addedColumns)],
    ['workers', String(options.workers)],
    ...rows
      .slice(0, wanted)
      .map((row): [string, string] => [
        `row ${row.ordinal + 1}`,
        row.rejected === undefined
          ? row.texts.map((text) => quote(excerpt(text, shownCharacters))).join(' | ')
          : `rejected: ${row.rejected.message}`,
      ]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(10)}${value}`);
}

function describeSlice({ index, of, firstRow, rows, inputRows }: NonNullable<ScorePlan['slice']>): string {
  const which = rows === 0 ? 'no rows' : `rows ${firstRow + 1} to ${firstRow + rows}`;
  return `${index}/${of}, ${which} of ${inputRows}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
