import { ReaderGoneError } from '../records/write-failure.ts';
import type { Terminal } from './terminal.ts';
import { writeResult } from './write-result.ts';

/**
 * Writes a result to stdout. A reader that has gone, as `head` does, is no error here: the exit code still has to
 * tell whether a gate failed.
 */
export async function printResult(content: string, terminal: Terminal): Promise<void> {
  try {
    await writeResult(content, undefined, terminal);
  } catch (error) {
    if (!(error instanceof ReaderGoneError)) throw error;
  }
}
