import { csvLines } from '../records/plain-table.ts';
import type { Row } from '../records/row.ts';
import { openSink, type Sink } from '../records/sink.ts';
import { joinLabels } from '../records/output-names.ts';

const header = ['row', 'file', 'line', 'task', 'gold', 'before', 'now', 'text'];

/** The rows that a new model or taxonomy gets wrong, where the former one was right. */
export class FlipsFile {
  readonly #sink: Sink;
  #waiting: string[][] = [header];

  private constructor(sink: Sink) {
    this.#sink = sink;
  }

  static async open(path: string, mode: number): Promise<FlipsFile> {
    return new FlipsFile(await openSink(path, { mode }));
  }

  add(row: Row, task: string, gold: string[], before: string[], now: string[]): void {
    const place = [String(row.ordinal + 1), row.file, String(row.line), task];
    const labels = [gold, before, now].map(joinLabels);
    this.#waiting.push([...place, ...labels, (row.texts[0] ?? '').toWellFormed()]);
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
