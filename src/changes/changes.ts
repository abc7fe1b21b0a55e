import { PreviousRows } from '../cache/previous-rows.ts';
import { columnsReader, type ColumnsReader, valueText } from '../records/column-reader.ts';
import { escapeFormula } from '../records/escape-formula.ts';
import { rawOf } from '../records/raw.ts';
import { faultError, rejectReason, type RowFault } from '../records/row-fault.ts';
import type { RecordsHead, Row, RowChange } from '../records/row.ts';
import type { ManifestChanges } from '../pipeline/manifest.ts';
import type { ChangesPlan } from './plan-changes.ts';
import { readSince } from './read-since.ts';
import { keyText, missingKey, repeatedKey } from './row-key.ts';

/** Most keys that a manifest lists: it is held in memory. */
const maxListedKeys = 10_000;

export type ChangeCounts = Record<RowChange, number>;

/** Tells the rows of a run that are new or changed from those that an earlier file has already. */
export class Changes {
  readonly counts: ChangeCounts = { new: 0, changed: 0, unchanged: 0 };
  readonly #plan: ChangesPlan;
  readonly #previous: PreviousRows;
  readonly #head: RecordsHead;
  readonly #readKey: ColumnsReader;
  readonly #readTexts: ColumnsReader;
  /** Whether there may be rows that were not looked at, of which the keys are not gone. */
  #isCut = false;

  private constructor(plan: ChangesPlan, previous: PreviousRows, head: RecordsHead) {
    this.#plan = plan;
    this.#previous = previous;
    this.#head = head;
    this.#readKey = columnsReader(head, plan.key, '--key');
    this.#readTexts = columnsReader(head, plan.textColumns, '--text');
  }

  /**
   * Reads the earlier file.
   * @param head of the later one
   * @throws UsageError, InputError
   */
  static async open(
    plan: ChangesPlan,
    head: RecordsHead,
    signal: AbortSignal | undefined,
    onNotice: (notice: string) => void,
  ): Promise<Changes> {
    const previous = new PreviousRows();
    try {
      await readSince(plan, previous, signal, onNotice);
      return new Changes(plan, previous, head);
    } catch (error) {
      previous.close();
      throw error;
    }
  }

  /**
   * Marks rows with what became of them, and passes them on; with `onlyNew` not those that are unchanged.
   * @param limit rows to read at most
   * @throws InputError for a row without a key, or with one that came up before, unless such rows are rejected
   */
  async *mark(batches: AsyncIterable<Row[]>, limit: number): AsyncGenerator<Row[]> {
    let read = 0;
    for await (const rows of batches) {
      const marked = rows.slice(0, limit - read).map((row) => this.#mark(row));
      read += marked.length;
      this.#isCut = read >= limit;
      yield this.#plan.onlyNew ? marked.filter(({ change }) => change !== 'unchanged') : marked;
      if (this.#isCut) return;
    }
  }

  #mark(row: Row): Row {
    if (row.rejected !== undefined || row.isHeader === true) return row;
    const values = this.#textsOf(this.#readKey(row));
    if (values.includes('')) return this.#reject(row, missingKey(row, this.#plan.key, values));
    const texts = this.#textsOf(this.#readTexts(row));
    const key = keyText(values);
    const found = this.#previous.compare(key, keyText(texts));
    if (found === 'twice') return this.#reject(row, repeatedKey(row.line, this.#plan.key, values));
    row.change = found;
    this.counts[found]++;
    return row;
  }

  /** Values as the earlier file would have them. */
  #textsOf(values: readonly unknown[]): string[] {
    const texts = values.map(valueText);
    return this.#plan.isEscaped ? texts.map(escapeFormula) : texts;
  }

  #reject(row: Row, fault: RowFault): Row {
    if (!this.#plan.rejectRows) throw faultError(row.file, fault);
    const { ordinal, file, line, byteOffset, texts } = row;
    const rejected = rejectReason(fault, rawOf(row, this.#head));
    return { ordinal, file, line, byteOffset, texts: texts.map(() => ''), rejected };
  }

  /** What there is to say about all rows, once they were all marked. */
  summary(): Omit<ManifestChanges, 'new_labels'> {
    const { since, key, onlyNew, labelsBefore } = this.#plan;
    const deleted = this.#isCut ? undefined : this.#previous.goneCount;
    const listed = deleted === undefined ? [] : this.#previous.gone(maxListedKeys);
    return {
      since,
      key,
      only_new: onlyNew,
      rows_before: this.#previous.count,
      ...this.counts,
      deleted: deleted ?? null,
      deleted_keys: key.length === 1 ? listed : listed.map((text) => JSON.parse(text) as string[]),
      deleted_keys_left_out: (deleted ?? 0) - listed.length,
      labels_before: labelsBefore ?? null,
    };
  }

  close(): void {
    this.#previous.close();
  }
}
