import { stringify } from 'csv-stringify/sync';
import { UsageError } from '../errors.ts';
import { addedCellsReader, addedNames } from './added-columns.ts';
import {
  type DelimitedRecord,
  type Dialect,
  isSameDialect,
  type Quoting,
  usualQuoting,
} from './delimited-record.ts';
import { delimiterOf } from './delimiter.ts';
import { escapeFormula } from './escape-formula.ts';
import { requireFreeNames } from './free-names.ts';
import { keptColumns } from './kept-columns.ts';
import { rejectMisfit } from './rejected.ts';
import { CellTable, LineBytes } from './line-bytes.ts';
import { labelSeparator } from './output-names.ts';
import { formatScore, scorePlace, writtenScores } from './prediction-view.ts';
import type { RecordsHead, Row } from './row.ts';
import type { RowWriter, WriterOptions } from './format-writer.ts';

const byteOrderMark = '\ufeff';

/**
 * Writes CSV or TSV: the original cells, then a column per task and what goes with it. A record that means the
 * same in the output as in its file comes through byte by byte, quotes that nobody needs included; another one
 * is made again from its cells.
 * @throws {UsageError} when an added column is already there.
 */
export function createDelimitedWriter(head: RecordsHead, options: WriterOptions): RowWriter {
  const addedColumns = addedNames(options);
  const kept = keptColumns(head, options.columns);
  requireFreeNames(kept.names, addedColumns);
  const delimiter = outputDelimiter(head, options);
  const dialect: Dialect = { ...outputQuoting(head, delimiter), delimiter, newline: head.newline };
  const addedCells = addedCellsReader(options, String, formatScore);
  /** The same cells behind a record that is kept as it is. */
  const writtenCell = (cell: string): Buffer => Buffer.from(delimiter + quoteCell(cell, dialect));
  let scores: CellTable | undefined;
  const writtenCells = addedCellsReader<Buffer | number>(
    options,
    writtenCell,
    (score) => scorePlace(score) ?? writtenCell(formatScore(score)),
  );
  const lineEnd = [Buffer.from(dialect.newline)];
  if (dialect.quote === '') requirePlainLabels(options, delimiter);
  const escapeFormulas = options.escapeFormulas ?? false;
  const format = {
    delimiter,
    record_delimiter: dialect.newline,
    // A row of a file that quotes nothing holds nothing that would need it.
    quote: dialect.quote === '' ? false : dialect.quote,
    escape: dialect.escape === '' ? dialect.quote || '"' : dialect.escape,
    eof: true,
    // Off by default once `record_delimiter` is given: a cell with a lone `\n` would break a CRLF file.
    quote_record_delimiter: true,
  };
  /** Records from their cells. */
  const toText = (records: string[][]): string =>
    stringify(escapeFormulas ? records.map((cells) => cells.map(escapeFormula)) : records, format);
  const hasMark = options.bom === true || head.byteOrderMark || head.encoding.startsWith('utf-16');

  /** That of the batch of records that was looked at last, and whether it is that of the output. */
  let [seen, isSame]: [Dialect | undefined, boolean] = [undefined, false];

  /** The record of a row if it can be written as it is. */
  function keptRecord({ record }: Row): DelimitedRecord | undefined {
    if (escapeFormulas || kept.isChosen || record === undefined) return undefined;
    if (record.dialect !== seen) [seen, isSame] = [record.dialect, isSameDialect(record.dialect, dialect)];
    return isSame ? record : undefined;
  }

  return {
    addedColumns,
    header() {
      const names = head.hasHeader ? toText([[...kept.names, ...addedColumns]]) : '';
      return (hasMark ? byteOrderMark : '') + names;
    },
    rows(rows, predictions, before, sentences) {
      const rejected = new Map(before);
      const lines = new LineBytes((scores ??= new CellTable(writtenScores.map(writtenCell))));
      /** Records to be made from cells, collected because csv-stringify takes its time to start. */
      let made: string[][] = [];
      const endMade = (): void => {
        if (made.length > 0) lines.addText(toText(made));
        made = [];
      };
      for (const [index, row] of rows.entries()) {
        if (rejected.has(index)) continue;
        const record = keptRecord(row);
        if (record !== undefined) {
          endMade();
          for (const cells of writtenCells(row, predictions, index, sentences)) {
            lines.addRecord(record);
            lines.addCells(cells);
            lines.addCells(lineEnd);
          }
          continue;
        }
        const cells = kept.cells(row);
        if (!Array.isArray(cells)) {
          rejected.set(index, rejectMisfit(row, cells, head, options.rejectRows));
          continue;
        }
        for (const added of addedCells(row, predictions, index, sentences)) made.push([...cells, ...added]);
      }
      endMade();
      return { lines: lines.take(), rejected };
    },
  };
}

/** Puts a cell in quotes where it needs them, as csv-stringify does. */
function quoteCell(cell: string, { delimiter, quote, escape }: Dialect): string {
  if (quote === '' || (!cell.includes(delimiter) && !cell.includes(quote) && !/[\r\n]/u.test(cell)))
    return cell;
  return quote + cell.replaceAll(quote, (escape || quote) + quote) + quote;
}

/** A file goes on as it began; what is made anew is quoted as usual. */
function outputQuoting(head: RecordsHead, delimiter: string): Quoting {
  return head.delimiter === delimiter ? head.quoting : usualQuoting;
}

/** @throws {UsageError} when labels would need quotes in a file that has none */
function requirePlainLabels({ tasks, scores }: WriterOptions, delimiter: string): void {
  const isJoined = tasks.some(({ problemType }) => problemType === 'multi_label_classification');
  const labels = tasks.flatMap((task) => task.labels);
  const isSplit =
    labels.some((label) => label.includes(delimiter)) || (isJoined && delimiter === labelSeparator);
  if (!isSplit && !(scores !== 'none' && delimiter === '.')) return;
  throw new UsageError(
    'DELIMITER_IN_LABELS',
    `Expected a delimiter that labels do not hold along with --quote none, got \`${delimiter}\``,
    { hint: 'Write cells between quotes: `--output-delimiter "\\t"`, or JSONL: `--to jsonl`.' },
  );
}

/** The delimiter of the output: as told, or else the input's own unless the format changes. */
function outputDelimiter(head: RecordsHead, { to, outputDelimiter: told }: WriterOptions): string {
  if (told !== undefined) return delimiterOf(told, '--output-delimiter');
  if (head.delimiter !== undefined && to === head.format) return head.delimiter;
  return to === 'tsv' ? '\t' : ',';
}
