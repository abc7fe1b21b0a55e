import { readFileSync, readlinkSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/** Bits of the flags of an open file that say how it may be used, and their value for reading and writing. */
const accessMode = 0o3;
const readWrite = 0o2;

/**
 * Makes sure that there is a stdout when the output is to go there. Node opens /dev/null in the place of one that is
 * closed (`>&-`), to read and to write, so that everything would go there and nobody be told; a shell opens it to write
 * only (`>/dev/null`).
 * @throws UsageError
 */
export function requireStdout({ stdout }: Terminal): void {
  if (stdout.isTTY || !isOpenedByNode(1)) return;
  throw new UsageError('STDOUT_CLOSED', 'Expected somewhere to write the output to, found stdout closed', {
    hint: 'Name a file: `-o <file>`, or `-o /dev/null` where nobody wants it.',
  });
}

function isOpenedByNode(descriptor: number): boolean {
  try {
    if (readlinkSync(`/proc/self/fd/${descriptor}`) !== '/dev/null') return false;
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & accessMode) === readWrite;
  } catch {
    // A system that does not tell.
    return false;
  }
}
