import { isPlainFile, refuseExistingFile, refuseInputAsOutput } from '../records/output-paths.ts';
import { requireStdout } from './closed-stdout.ts';
import type { Terminal } from './terminal.ts';

/**
 * Checks where a page is to go before anything is read for it.
 * @throws UsageError when that is the input, a file that nobody said may be replaced, or nowhere
 */
export async function checkPageOutput(
  { output, input, force }: { output?: string; input: string; force?: boolean },
  terminal: Terminal,
): Promise<void> {
  if (output === undefined || output === '-') {
    requireStdout(terminal);
    return;
  }
  await refuseInputAsOutput(output, [input]);
  if (force !== true && (await isPlainFile(output))) await refuseExistingFile(output);
}
