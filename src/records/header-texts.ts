import type { DelimitedRecord } from './delimited-record.ts';
import { isImportIds } from './header-rows.ts';

const byteOrderMark = '\ufeff';

/** Rows in the middle of a file that repeat its header. */
export class RepeatedHeaders {
  #rows = 0;
  #first = 0;

  /** @param place - number of the row, or of its line */
  add(place: number): void {
    if (this.#rows++ === 0) this.#first = place;
  }

  /** @param unit - what the places count */
  notices(unit: 'line' | 'row'): string[] {
    if (this.#rows === 0) return [];
    const rows = this.#rows === 1 ? 'A row repeats' : `${this.#rows} rows repeat`;
    return [
      `${rows} the header (${unit} ${this.#first}), as when files are put together: passed through, not scored`,
    ];
  }
}

/** Tells the rows of a file's header apart from its answers, at the start and wherever they come again. */
export class HeaderTexts {
  readonly #texts: ReadonlySet<string>;
  readonly #sizes: ReadonlySet<number>;
  /** Behind the last row of the header. */
  readonly #end: number;
  readonly #repeats = new RepeatedHeaders();

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
    if (isRepeat) this.#repeats.add(record.line);
    return isRepeat;
  }

  notices(): string[] {
    return this.#repeats.notices('line');
  }
}
