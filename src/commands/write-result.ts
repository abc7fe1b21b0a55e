import { openSink } from '../records/sink.ts';
import type { Terminal } from './terminal.ts';

/**
 * Writes a result to a file, which appears when it is complete, or to stdout.
 * @param mode who may read a new file
 */
export async function writeResult(
  content: string,
  output: string | undefined,
  terminal: Terminal,
  mode = 0o666,
): Promise<void> {
  const sink = await openSink(output === undefined || output === '-' ? terminal.stdout : output, { mode });
  try {
    await sink.write(content);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
