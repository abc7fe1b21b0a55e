/**
 * Preloaded with `node --import`: kills its process with SIGKILL when it has written VOXPOP_KILL_AT_BYTES bytes
 * to files, in the middle of a write. Names that files get count as bytes, so that the process also dies between
 * two renames. With VOXPOP_KILL_ONCE, a path, only the first process to come that far dies; without a number of
 * bytes, the total is written to VOXPOP_COUNT_TO at the end.
 */
import fs, { writeFileSync } from 'node:fs';
import fsPromises, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const killAt = Number(process.env['VOXPOP_KILL_AT_BYTES'] ?? Infinity);
const once = process.env['VOXPOP_KILL_ONCE'];
const countTo = process.env['VOXPOP_COUNT_TO'];
let written = 0;

/** How many of the bytes to come may still be written. */
function room(bytes: number): number {
  return Math.max(0, killAt - written - bytes) > 0 ? bytes : killAt - written;
}

/** Whether it is this process that dies: of several that come so far at the same time, only one. */
function isVictim(): boolean {
  if (once === undefined) return true;
  try {
    writeFileSync(once, '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment; nothing else may happen meanwhile.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

if (isMainThread) {
  const probe = await open(process.execPath, 'r');
  const handles = Object.getPrototypeOf(probe) as fsPromises.FileHandle;
  await probe.close();

  // oxlint-disable-next-line typescript/unbound-method -- called with the handle as `this` below
  const write = handles.write as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
  handles.write = async function (this: fsPromises.FileHandle, ...args: unknown[]) {
    const [buffer, at, length, position] = args as [
      Buffer,
      number | undefined,
      number | undefined,
      number | null,
    ];
    const offset = at ?? 0;
    const wanted = length ?? buffer.byteLength - offset;
    if (written + wanted < killAt || !isVictim()) {
      written += wanted;
      return write.call(this, buffer, offset, wanted, position);
    }
    await write.call(this, buffer, offset, room(wanted), position);
    return die();
  } as typeof handles.write;

  // oxlint-disable-next-line typescript/unbound-method -- likewise
  const writeFile = handles.writeFile;
  handles.writeFile = async function (this: fsPromises.FileHandle, data: unknown) {
    const text = Buffer.from(data as string);
    if (written + text.length < killAt || !isVictim()) {
      written += text.length;
      return writeFile.call(this, text);
    }
    await writeFile.call(this, text.subarray(0, room(text.length)));
    return die();
  };

  const rename = fs.promises.rename;
  fs.promises.rename = async (from, to) => {
    if (++written >= killAt && isVictim()) die();
    await rename(from, to);
    if (++written >= killAt && isVictim()) die();
  };
  syncBuiltinESMExports();
  if (countTo !== undefined) process.on('exit', () => writeFileSync(countTo, String(written)));
}
