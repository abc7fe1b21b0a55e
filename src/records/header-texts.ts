import type { DelimitedRecord } from './delimited-record.ts';
import { isImportIds } from './header-rows.ts';

const byteOrderMark = '\ufeff';

/** Tells the rows of a file's header apart from its answers, at the start and wherever they come again. */
export class HeaderTexts {
  readonly #texts: ReadonlySet<string>;
  readonly #sizes: ReadonlySet<number>;
  /** Behind the last row of the header. */
  readonly #end: number;
  #repeats = 0;
  #firstLine = 0;

  /** @param rows - those under the names that belong to the header */
  constructor(names: DelimitedRecord, rows: readonly DelimitedRecord[]) {
    const records = [names, ...rows];
    this.#texts = new Set(records.map((record) => record.text()));
    // Behind the mark that another file brought along.
    this.#sizes = new Set(records.flatMap(({ size }) => [size, size + byteOrderMark.length * 3]));
    this.#end = (rows.at(-1) ?? names).byteOffset + 1;
  }

  /** Whether a record is one of the header; files that were put together have it in the middle again. */
  matches(record: DelimitedRecord): boolean {
    if (record.rejected !== undefined) return false;
    if (record.byteOffset < this.#end) return true;
    if (!this.#sizes.has(record.size) && !record.startsWithImportId()) return false;
    const text = record.text();
    const isRepeat =
      this.#texts.has(text.startsWith(byteOrderMark) ? text.slice(1) : text) || isImportIds(record.cells());
    if (isRepeat && this.#repeats++ === 0) this.#firstLine = record.line;
    return isRepeat;
  }

  notices(): string[] {
    if (this.#repeats === 0) return [];
    const rows = this.#repeats === 1 ? 'A row repeats' : `${this.#repeats} rows repeat`;
    return [
      `${rows} the header (line ${this.#firstLine}), as when files are put together: passed through, not scored`,
    ];
  }
}
