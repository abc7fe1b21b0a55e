import { UsageError } from '../errors.ts';
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

/** @throws UsageError when a result is asked for in two forms */
export function refuseTwoForms({ json, md }: { json?: boolean; md?: boolean }): void {
  if (json !== true || md !== true) return;
  throw new UsageError('OPTION_INVALID', 'Expected one of --json and --md, got both', {
    hint: 'Run it twice, with --cache to score only once.',
  });
}
