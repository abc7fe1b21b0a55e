import { rawOf } from './raw.ts';
import { faultError, rejectReason, type RejectReason, type RowFault } from './row-fault.ts';
import type { RecordsHead, Row } from './row.ts';

/** Why rows take no part in the output, by their place in the shard; all others do. */
export type Rejected = ReadonlyMap<number, RejectReason>;

/** The rows of a shard that could not be read, with what the reader said of them. */
export function unreadRows(rows: readonly Row[]): Map<number, RejectReason> {
  const rejected = new Map<number, RejectReason>();
  for (const [index, row] of rows.entries()) {
    if (row.rejected !== undefined) rejected.set(index, row.rejected);
  }
  return rejected;
}

/** Why a row that was read well does not fit into the output. */
export type Misfit = Omit<RowFault, 'line'>;

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
