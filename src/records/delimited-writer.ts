import { stringify } from 'csv-stringify/sync';
import { UsageError } from '../errors.ts';
import { topLevelFields } from './json-fields.ts';
import { type LabelScore, predictionAt, type ScoresShown, type TextPrediction } from './prediction-view.ts';
import { delimiterOf } from './delimiter.ts';
import { rejectOrThrow, type RowFault } from './row-fault.ts';
import type { RecordsHead } from './row.ts';
import type { RowWriter, WriterOptions } from './writer.ts';

const byteOrderMark = '\ufeff';
/** Joins the labels of a multi-label task, and their scores. */
const labelSeparator = ';';

/**
 * Writes CSV or TSV: the original cells, then a column per task and what goes with it.
 * @throws {UsageError} when an added column is already there.
 */
export function createDelimitedWriter(head: RecordsHead, options: WriterOptions): RowWriter {
  const { tasks, textColumns, scores, flagTruncated } = options;
  const addedColumns = addedNames(options);
  requireFreeNames(head.columns, addedColumns);
  const addedPerText = textColumns.length === 0 ? 0 : addedColumns.length / textColumns.length;
  const format = {
    delimiter: outputDelimiter(head, options),
    record_delimiter: head.newline,
    eof: true,
    // Off by default once `record_delimiter` is given: a cell with a lone `\n` would break a CRLF file.
    quote_record_delimiter: true,
    escape_formulas: options.escapeFormulas ?? false,
  };
  const hasMark = options.bom === true || head.byteOrderMark || head.encoding.startsWith('utf-16');
  return {
    addedColumns,
    header() {
      const names = head.hasHeader ? stringify([[...head.columns, ...addedColumns]], format) : '';
      return (hasMark ? byteOrderMark : '') + names;
    },
    rows(rows, predictions) {
      const records: string[][] = [];
      for (const [rowIndex, row] of rows.entries()) {
        if (row.rejected !== undefined) continue;
        const cells = row.cells ?? jsonCells(row.json ?? '{}', head.columns);
        if (!Array.isArray(cells)) {
          rejectOrThrow(row, cells, head, options.rejectRows);
          continue;
        }
        const record = [...cells];
        for (let text = 0; text < textColumns.length; text++) {
          const prediction = predictionAt(tasks, predictions, rowIndex * textColumns.length + text);
          if (prediction.isEmpty) record.push(...Array.from({ length: addedPerText }, () => ''));
          else record.push(...addedCells(prediction, scores, flagTruncated));
        }
        records.push(record);
      }
      return records.length === 0 ? '' : stringify(records, format);
    },
  };
}

function addedNames({ tasks, textColumns, scores, prefix, flagTruncated }: WriterOptions): string[] {
  return textColumns.flatMap((column) => {
    const start = prefix + (textColumns.length > 1 ? `${column}.` : '');
    const names = tasks.flatMap(({ name, labels }) => {
      if (scores === 'none') return [name];
      const perLabel = scores === 'all' ? labels.map((label) => `${name}_score_${label}`) : [];
      return [name, `${name}_score`, ...perLabel];
    });
    if (flagTruncated) names.push('truncated');
    return names.map((name) => start + name);
  });
}

/** The cells in the order of {@link addedNames}. */
function addedCells(prediction: TextPrediction, scores: ScoresShown, flagTruncated: boolean): string[] {
  const cells: string[] = [];
  for (const { assigned, all } of prediction.tasks) {
    cells.push(joinLabels(assigned));
    if (scores !== 'none') cells.push(assigned.map(({ score }) => score).join(labelSeparator));
    if (scores === 'all') cells.push(...all.map(({ score }) => score));
  }
  if (flagTruncated) cells.push(String(prediction.isTruncated));
  return cells;
}

function joinLabels(assigned: LabelScore[]): string {
  return assigned.map(({ label }) => label).join(labelSeparator);
}

function requireFreeNames(existing: string[], added: string[]): void {
  const taken = added.filter((name, index) => existing.includes(name) || added.indexOf(name) !== index);
  if (taken.length === 0) return;
  const names = [...new Set(taken)].map((name) => `\`${name}\``).join(', ');
  throw new UsageError(
    'COLUMN_CLASH',
    `Expected new names for the added columns, found ${names} taken already`,
    {
      hint: 'Put something in front of the added names, for example `--prefix voxpop_`.',
    },
  );
}

/** As told; else the input's own, unless the format changes. */
function outputDelimiter(head: RecordsHead, { to, outputDelimiter: told }: WriterOptions): string {
  if (told !== undefined) return delimiterOf(told, '--output-delimiter');
  if (head.delimiter !== undefined && to === head.format) return head.delimiter;
  return to === 'tsv' ? '\t' : ',';
}

type Misfit = Omit<RowFault, 'line'>;

/**
 * A JSON record as cells: strings as they are, null and missing empty, everything else as its JSON text,
 * which keeps all digits of a number. Or why it does not fit.
 */
function jsonCells(json: string, columns: string[]): string[] | Misfit {
  const cells = columns.map(() => '');
  const seen = new Set<string>();
  const misfit = (code: string, message: string): Misfit => {
    const hint = 'Write JSONL, which keeps each record as it is: `--to jsonl`.';
    return { code, message, hint };
  };
  for (const { key, raw } of topLevelFields(json)) {
    const place = columns.indexOf(key);
    if (place === -1) {
      const message = `expected the keys of the first record, found \`${key}\`, which has no column`;
      return misfit('UNEXPECTED_KEY', message);
    }
    if (seen.has(key)) return misfit('DUPLICATE_KEY', `expected each key once, found \`${key}\` twice`);
    seen.add(key);
    const value = raw.startsWith('"') ? (JSON.parse(raw) as string) : raw === 'null' ? '' : raw;
    if (!value.isWellFormed()) {
      const message = `expected text that UTF-8 can hold, found half a character in \`${key}\``;
      return misfit('LONE_SURROGATE', message);
    }
    cells[place] = value;
  }
  return cells;
}
