import type { DelimitedRecord } from './delimited-record.ts';
import { plainForm } from '../text/did-you-mean.ts';
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

/** The names of columns, as rows may repeat them. */
export class ColumnNames {
  readonly #names: readonly string[];
  readonly #plain: readonly string[];
  readonly #filled: number;
  /** Place of the first name that is not blank, and how it begins. */
  readonly #first: number;
  readonly #start: string;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#plain = names.map(plainName);
    this.#filled = this.#plain.filter((name) => name !== '').length;
    this.#first = this.#plain.findIndex((name) => name !== '');
    this.#start = this.#plain[this.#first]?.[0] ?? '';
  }

  /**
   * Whether cells are these names, however they are written; a single one may be an answer. This is asked of every
   * row, so that a cheap look comes first.
   * @param cellAt - of the row that is looked at, by its place
   */
  areIn(cellAt: (place: number) => string): boolean {
    if (this.#filled === 0 || !cellAt(this.#first).toLowerCase().includes(this.#start)) return false;
    if (this.#filled === 1) return this.#names.every((name, place) => cellAt(place) === name);
    return this.#plain.every((name, place) => plainName(cellAt(place)) === name);
  }
}

function plainName(cell: string): string {
  // Behind the mark of another file a quote does not stand at the start of its cell.
  const bare = cell.startsWith(byteOrderMark) ? cell.slice(1).replace(/^"(.*)"$/u, '$1') : cell;
  return plainForm(bare);
}

/** Tells the rows of a file's header apart from its answers, at the start and wherever they come again. */
export class HeaderTexts {
  readonly #texts: ReadonlySet<string>;
  readonly #sizes: ReadonlySet<number>;
  readonly #names: ColumnNames;
  /** Bytes that a row with the names has: without any quotes, and with quotes and blanks around each. */
  readonly #nameBytes: readonly [least: number, most: number];
  /** Behind the last row of the header. */
  readonly #end: number;
  readonly #repeats = new RepeatedHeaders();

  /** @param rows - those under the names that belong to the header */
  constructor(names: DelimitedRecord, rows: readonly DelimitedRecord[]) {
    const records = [names, ...rows];
    this.#texts = new Set(records.map((record) => record.text()));
    // Behind the mark that another file brought along.
    this.#sizes = new Set(records.flatMap(({ size }) => [size, size + byteOrderMark.length * 3]));
    const cells = names.cells();
    this.#names = new ColumnNames(cells);
    const bare = Buffer.byteLength(cells.map((name) => name.trim()).join(' '));
    this.#nameBytes = [bare, names.size + 4 * cells.length + byteOrderMark.length * 3];
    this.#end = (rows.at(-1) ?? names).byteOffset + 1;
  }

  /** Whether a record is one of the header; files that were put together have it in the middle again. */
  matches(record: DelimitedRecord): boolean {
    if (record.rejected !== undefined) return false;
    if (record.byteOffset < this.#end) return true;
    const isRepeat =
      this.#isOneOfThem(record) ||
      this.#isNames(record) ||
      (record.startsWithImportId() && isImportIds(record.cells()));
    if (isRepeat) this.#repeats.add(record.line);
    return isRepeat;
  }

  #isOneOfThem(record: DelimitedRecord): boolean {
    if (!this.#sizes.has(record.size)) return false;
    const text = record.text();
    return this.#texts.has(text.startsWith(byteOrderMark) ? text.slice(1) : text);
  }

  #isNames(record: DelimitedRecord): boolean {
    const [least, most] = this.#nameBytes;
    if (record.size < least || record.size > most) return false;
    return this.#names.areIn((place) => record.cell(place));
  }

  notices(): string[] {
    return this.#repeats.notices('line');
  }
}
