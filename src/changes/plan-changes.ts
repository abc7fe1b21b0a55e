import { InputError, UsageError } from '../errors.ts';
import { identifyInputs, type InputIdentity } from '../pipeline/input-log.ts';
import { type RunSummary, runSummaryBeside } from '../pipeline/read-manifest.ts';
import type { TaskLabelCounts } from '../pipeline/tally.ts';
import { columnPlace } from '../records/column-place.ts';
import { fittingOptions } from '../records/fitting-options.ts';
import { openRecords } from '../records/open-records.ts';
import { changeName } from '../records/output-names.ts';
import type { RecordsOptions } from '../records/records-options.ts';
import { isTable, type RecordsHead } from '../records/row.ts';
import { formatOfPath } from '../records/sniff.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { nameList } from '../text/name-list.ts';

/** What rows are compared with, and how. */
export interface ChangesPlan {
  /** Path of the earlier file. */
  since: string;
  identity: InputIdentity;
  /** Columns that tell rows from each other. */
  key: string[];
  textColumns: string[];
  /** Whether rows that are unchanged are left out. */
  onlyNew: boolean;
  rejectRows: boolean;
  /** How the earlier file is read. */
  reading: RecordsOptions;
  /** Whether the earlier file has a quote before cells that would be formulas. */
  isEscaped: boolean;
  /** Labels of the earlier file, as its manifest tells them. */
  labelsBefore: TaskLabelCounts | undefined;
  /** Sentences for people about the earlier file. */
  notices: string[];
}

/** What decides on the comparison. */
export interface ChangesRequest {
  since: string;
  key: string[];
  onlyNew: boolean;
  rejectRows: boolean;
  prefix: string;
  /** Path of the output, if it has one. */
  output: string | undefined;
  /** How the input is read. */
  reading: RecordsOptions;
  head: RecordsHead;
  textColumns: string[];
  bundle: { name: string; version: string };
}

/**
 * Looks into the earlier file before anything is scored: whether it is one, and has the columns that are needed.
 * @throws UsageError, InputError
 */
export async function planChanges(request: ChangesRequest): Promise<ChangesPlan> {
  const { since, key, onlyNew, rejectRows, head, textColumns, output } = request;
  requireColumns(head, { key, textColumns: [] }, request.reading.inputs[0] ?? '');
  const [identity] = (await identifyInputs([since])) as [InputIdentity];
  if (identity.bytes === undefined) {
    throw new UsageError('SINCE_NOT_FOUND', `Expected a file for --since, found none in ${since}`, {
      hint: 'It is the output, or the input, of the run before; the first run has none, and needs no --since.',
    });
  }
  if (onlyNew && output === since) {
    throw new UsageError(
      'OUTPUT_IS_INPUT',
      `Expected an output other than the file of --since, got ${since}`,
      {
        hint: 'With --only-new the output lacks the rows that are unchanged, which the next run needs to know.',
      },
    );
  }
  const summary = await runSummaryBeside(since);
  if (summary?.onlyNew === true) throw partial(since);
  const reading = readingOf(request, summary);
  const records = await openRecords(reading);
  try {
    requireColumns(records.head, { key, textColumns }, since);
    const notices = summary === undefined ? [] : bundleNotice(since, summary, request.bundle);
    if (summary === undefined && records.head.columns.includes(request.prefix + changeName)) {
      notices.push(
        `${since} has a column \`${request.prefix + changeName}\` and no manifest beside it: if it is an output of --only-new, rows that it lacks are taken for new`,
      );
    }
    const labels = summary?.labels;
    return {
      since,
      identity,
      key,
      textColumns,
      onlyNew,
      rejectRows,
      reading,
      isEscaped: summary?.escapeFormulas ?? false,
      labelsBefore: labels === undefined || Object.keys(labels).length === 0 ? undefined : labels,
      notices,
    };
  } finally {
    await records.close();
  }
}

function partial(since: string): UsageError {
  return new UsageError(
    'SINCE_PARTIAL',
    `Expected all rows of the run before in ${since}, found only those that had changed (it was written with --only-new)`,
    {
      hint: "Name the input of that run: `--since <yesterday's dump>` needs the key and the text, no labels.",
    },
  );
}

/** An output of ours is read as its manifest says; another file as the input is, as far as that says something. */
function readingOf({ since, reading }: ChangesRequest, summary: RunSummary | undefined): RecordsOptions {
  const { inputs, encoding, invalidUtf8, header, maxRowBytes, delimiter } = reading;
  const shared = { inputs: [since], header, maxRowBytes };
  if (summary !== undefined) return { ...shared, ...fittingOptions(since, summary.reading) };
  const isAlike = formatOfPath(since) === formatOfPath(inputs[0] ?? '');
  const own = fittingOptions(since, { ...reading, delimiter: isAlike ? delimiter : undefined });
  return { ...shared, encoding, invalidUtf8, ...own };
}

/** @throws InputError when a table lacks one of these columns, or has it twice; a record of JSONL may lack any key */
function requireColumns(
  head: RecordsHead,
  { key, textColumns }: { key: string[]; textColumns: string[] },
  path: string,
): void {
  if (!isTable(head.format)) return;
  for (const name of [...key, ...textColumns]) {
    const option = key.includes(name) ? '--key' : '--text';
    const isThere = columnPlace(head.columns, name) !== -1;
    const isOne = head.columns.indexOf(name) === head.columns.lastIndexOf(name);
    if (isThere && isOne) continue;
    const found = isThere ? 'several' : nameList(head.columns) || 'no columns';
    const hint = isThere
      ? `Say which by its number, or its place among those: \`${option} ${name}#2\`.`
      : (didYouMean(name, head.columns, (near) => `${option} ${near}`) ??
        'Rows are compared by the columns of --key and --text, which both files need.');
    const message = `expected one column named \`${name}\`, found ${found}`;
    throw new InputError(
      isThere ? 'COLUMN_DUPLICATED' : 'COLUMN_NOT_FOUND',
      message,
      { file: path },
      { hint },
    );
  }
}

/** Rows that did not change keep the labels that they have, whatever would label them today. */
function bundleNotice(since: string, { bundle }: RunSummary, now: ChangesRequest['bundle']): string[] {
  if (bundle === undefined || (bundle.name === now.name && bundle.version === now.version)) return [];
  return [
    `${since} was labelled by ${bundle.name} ${bundle.version}, this run labels by ${now.name} ${now.version}: the labels of both are not alike`,
  ];
}
