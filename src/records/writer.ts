import { UsageError } from '../errors.ts';
import { createDelimitedWriter } from './delimited-writer.ts';
import { createJsonLinesWriter } from './json-lines-writer.ts';
import type { RowWriter, WriterOptions } from './format-writer.ts';
import { zstd } from './compression.ts';
import { isDelimited, isTable, type RecordFormat, type RecordsHead } from './row.ts';
import { requireHonestName } from './honest-name.ts';
import { formatOfPath } from './sniff.ts';

/**
 * Makes the writer of a format. Those that bring libraries along are loaded when they are asked for.
 * @throws {UsageError} when an added name is already taken, or errors have no place in the format.
 */
export async function createRowWriter(head: RecordsHead, options: WriterOptions): Promise<RowWriter> {
  if (options.table === true) {
    const { createEyeTableWriter } = await import('./eye-table-writer.ts');
    return createEyeTableWriter(head, options);
  }
  if (options.inlineErrors === true && isTable(options.to)) {
    throw new UsageError(
      'OPTION_INVALID',
      `Expected JSONL output along with --errors inline, got ${options.to}`,
      {
        hint: 'A table has no column for them: write JSONL with `--to jsonl`, or set such rows aside with `--rejects`.',
      },
    );
  }
  if (options.explain === true && (isTable(options.to) || options.sentences?.asRows === true)) {
    const found = isTable(options.to) ? options.to : '--sentence-rows';
    throw new UsageError(
      'OPTION_INVALID',
      `Expected JSONL output with a line per row along with --explain, got ${found}`,
      { hint: 'Words with their places and weights have no column: write JSONL with `--to jsonl`.' },
    );
  }
  if (options.wide === true && !isTable(options.to)) {
    throw new UsageError(
      'OPTION_INVALID',
      `Expected a table as output along with --wide, got ${options.to}`,
      {
        hint: 'JSONL holds the labels of a task as a list; for columns write a table: `--to csv`.',
      },
    );
  }
  if (options.to === 'parquet') {
    const { createParquetWriter } = await import('./parquet-writer.ts');
    return createParquetWriter(head, options);
  }
  if (options.to === 'xlsx') {
    const { createWorkbookWriter } = await import('./workbook-writer.ts');
    return createWorkbookWriter(head, options);
  }
  return isDelimited(options.to)
    ? createDelimitedWriter(head, options)
    : createJsonLinesWriter(head, options);
}

/** Names of outputs that can be written. */
export const outputNames = [
  ...['csv', 'tsv', 'tab', 'txt', 'jsonl', 'ndjson'].flatMap((name) =>
    [name, `${name}.gz`].concat(zstd !== undefined ? `${name}.zst` : []),
  ),
  'parquet',
  'xlsx',
];

/**
 * The format to write: as told, else by the output's extension, else that of the input.
 * @throws {UsageError} when the output's name promises a format that cannot be written
 */
export function outputFormat(
  path: string | undefined,
  head: Pick<RecordsHead, 'format'>,
  to?: RecordFormat,
): RecordFormat {
  if (path !== undefined) requireHonestName(path, outputNames, otherName);
  const byName = path === undefined ? undefined : formatOfPath(path);
  const named = byName === 'text' || byName === 'json' ? undefined : byName;
  return to ?? named ?? (head.format === 'json' ? 'jsonl' : head.format);
}

function otherName(extension: string): string | undefined {
  if (extension === 'json')
    return 'JSON is written one record per line: name it `.jsonl`; `jq -s .` makes an array of that.';
  if (/^xls|^ods$/u.test(extension)) return 'Write `.xlsx`, which spreadsheet programs open.';
  if (extension === 'zst' && zstd === undefined)
    return 'Node 22.15 and later write it. Write `.gz`, or compress stdout: `voxpop score ... | zstd > file`.';
  if (/^(?:zst|bz2|xz|lz4|zip|7z)$/u.test(extension))
    return 'Write `.gz`, or compress stdout: `voxpop score ... | zstd > file`.';
  return undefined;
}
