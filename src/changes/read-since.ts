import type { PreviousRows } from '../cache/previous-rows.ts';
import { InputError } from '../errors.ts';
import { columnsReader, valueText } from '../records/column-reader.ts';
import { openRecords, type Records } from '../records/open-records.ts';
import { faultError, type RowFault } from '../records/row-fault.ts';
import type { Row } from '../records/row.ts';
import { counted } from '../text/numbers.ts';
import type { ChangesPlan } from './plan-changes.ts';
import { keyText, missingKey, repeatedKey, shownKey } from './row-key.ts';

/**
 * Reads the earlier file into a store.
 * @throws InputError for a row that cannot be read or has no key, and for a key that comes up twice, unless bad rows
 * are rejected: then they are passed over, and it is said
 */
export async function readSince(
  plan: ChangesPlan,
  previous: PreviousRows,
  signal: AbortSignal | undefined,
  onNotice: (notice: string) => void,
): Promise<void> {
  const { since, key, textColumns, rejectRows } = plan;
  for (const notice of plan.notices) onNotice(notice);
  const records = await openRecords({ ...plan.reading, rejectRows });
  for (const notice of records.head.notices) onNotice(notice);
  let bad = 0;
  const passOver = (fault: RowFault): void => {
    if (!rejectRows) throw faultError(since, fault);
    bad++;
  };
  try {
    for await (const { row, values, texts } of readKeys(records, key, textColumns)) {
      signal?.throwIfAborted();
      if (row.rejected !== undefined) bad++;
      else if (values.includes('')) passOver(missingKey(row, key, values));
      else previous.add(keyText(values), keyText(texts), row.line);
    }
    for (const notice of records.notices()) onNotice(notice);
  } finally {
    await records.close();
  }
  const repeated = previous.complete();
  if (repeated !== undefined && rejectRows) bad += previous.passOverRepeated();
  else if (repeated !== undefined) {
    const values = key.length === 1 ? [repeated.key] : (JSON.parse(repeated.key) as string[]);
    const [first, second] = repeated.lines;
    const { hint } = repeatedKey(second, key, values);
    throw new InputError(
      'KEY_REPEATED',
      `expected each key once, found ${shownKey(key, values)} again (first on line ${first})`,
      { file: since, line: second },
      { hint },
    );
  }
  if (bad > 0)
    onNotice(
      `${since}: ${counted(bad, 'row')} passed over that cannot be read, or whose key is missing or repeated`,
    );
}

interface KeyedRow {
  row: Row;
  values: string[];
  texts: string[];
}

async function* readKeys(records: Records, key: string[], textColumns: string[]): AsyncGenerator<KeyedRow> {
  const readKey = columnsReader(records.head, key, '--key');
  const readTexts = columnsReader(records.head, textColumns, '--text');
  for await (const rows of records.rows([])) {
    for (const row of rows.filter(({ isHeader }) => isHeader !== true)) {
      if (row.rejected !== undefined) yield { row, values: [], texts: [] };
      else yield { row, values: readKey(row).map(valueText), texts: readTexts(row).map(valueText) };
    }
  }
}
