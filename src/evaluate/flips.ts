import { csvLines } from '../records/plain-table.ts';
import { type ColumnsReader, columnsReader, valueText } from '../records/column-reader.ts';
import type { RecordsHead, Row } from '../records/row.ts';
import { openSink, type Sink } from '../records/sink.ts';
import { joinLabels } from '../records/output-names.ts';

const header = ['row', 'file', 'line', 'task', 'gold', 'before', 'now', 'text'];

/** Names of columns that tell rows from each other: `id`, `key`, `ResponseId`, `customer_id`, ... */
const keyName = /(?:^|[\s_.-])(?:id|key|uuid|guid)$|[a-z]I[dD]$/u;

/** The column that rows are named by: the one that is asked for, else the first that is named like an id. */
export function keyColumn(columns: readonly string[], told: string | undefined): string | undefined {
  return (
    told ?? columns.find((column) => keyName.test(column.trim()) || keyName.test(column.trim().toLowerCase()))
  );
}

/** The rows that a new model or taxonomy gets wrong, where the former one was right. */
export class FlipsFile {
  readonly #sink: Sink;
  readonly #readKey: ColumnsReader;
  readonly #hasKey: boolean;
  #waiting: string[][];

  private constructor(sink: Sink, head: RecordsHead, key: string | undefined) {
    this.#sink = sink;
    this.#hasKey = key !== undefined;
    this.#readKey = columnsReader(head, key === undefined ? [] : [key], '--key');
    // The key has its own name, unless this file has a column of that name already.
    const name = key !== undefined && header.includes(key) ? `key.${key}` : key;
    this.#waiting = [name === undefined ? header : [name, ...header]];
  }

  /**
   * @param key - column of the rows that names each of them, which stands first
   * @throws UsageError when there is no such column
   */
  static async open(
    path: string,
    mode: number,
    head: RecordsHead,
    key: string | undefined,
  ): Promise<FlipsFile> {
    // Looked for before anything is written.
    columnsReader(head, key === undefined ? [] : [key], '--key');
    return new FlipsFile(await openSink(path, { mode }), head, key);
  }

  add(row: Row, task: string, gold: string[], before: string[], now: string[]): void {
    const place = [String(row.ordinal + 1), row.file, String(row.line), task];
    const labels = [gold, before, now].map(joinLabels);
    const key = this.#hasKey ? [valueText(this.#readKey(row)[0]).toWellFormed()] : [];
    this.#waiting.push([...key, ...place, ...labels, (row.texts[0] ?? '').toWellFormed()]);
  }

  async flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.#sink.write(csvLines(this.#waiting.splice(0)));
  }

  async commit(): Promise<void> {
    await this.flush();
    await this.#sink.commit();
  }

  async abort(): Promise<void> {
    await this.#sink.abort();
  }
}
