import { rawOf } from './raw.ts';
import { faultError, type Misfit, rejectReason, type RejectReason } from './row-fault.ts';
import type { RecordsHead, Row } from './row.ts';

/** Rows of a shard that take no part in the output, by their place in it, with the reason of each. */
export type Rejected = ReadonlyMap<number, RejectReason>;

/** Finds the rows of a shard that could not be read, with the reason that the reader gave. */
export function unreadRows(rows: readonly Row[]): Map<number, RejectReason> {
  const rejected = new Map<number, RejectReason>();
  for (const [index, row] of rows.entries()) {
    if (row.rejected !== undefined) rejected.set(index, row.rejected);
  }
  return rejected;
}

/**
 * Says why such a row is rejected.
 * @throws InputError when no row may be
 */
export function rejectMisfit(
  row: Row,
  misfit: Misfit,
  head: RecordsHead,
  rejectRows: boolean | undefined,
): RejectReason {
  if (rejectRows !== true) throw faultError(row.file, { ...misfit, line: row.line });
  return rejectReason(misfit, rawOf(row, head));
}
