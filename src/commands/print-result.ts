import { ReaderGoneError } from '../records/write-failure.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

/** Writes to stdout what a verdict is still to follow: a reader that has gone must not hide it. */
export async function printResult(content: string, terminal: Terminal): Promise<void> {
  try {
    await writeResult(content, undefined, terminal);
  } catch (error) {
    if (!(error instanceof ReaderGoneError)) throw error;
  }
}
