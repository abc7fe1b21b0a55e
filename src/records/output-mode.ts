import { fstat, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

/** Everybody may read and write what nobody has restricted; the umask takes away from that. */
const unrestricted = 0o666;
const ownerOnly = 0o600;

/**
 * Who may read what is made from these inputs: nobody who may not read all of them. What people said in confidence
 * lies in files that others cannot read, and must not come out in one that they can.
 * @param stdin what is read for `-`; a file when a shell redirects one
 * @returns a mode, to be used where a new file is made
 */
export async function outputMode(inputs: readonly string[], stdin?: Readable): Promise<number> {
  let mode = unrestricted;
  for (const input of inputs) {
    const info = await (input === '-' ? statStream(stdin) : stat(input)).catch(() => undefined);
    if (info?.isFile() === true) mode &= info.mode;
  }
  return mode | ownerOnly;
}

async function statStream(stdin: Readable | undefined): Promise<Stats | undefined> {
  const { fd } = (stdin ?? {}) as { fd?: unknown };
  return typeof fd === 'number' ? promisify(fstat)(fd) : undefined;
}
