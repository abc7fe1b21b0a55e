/**
 * Preloaded with `node --import`: of all calls that change a file (write, fsync, truncate, open to write, rename,
 * unlink, link, chmod), the one with the number VOXPOP_FAIL_AT (from 1) fails, once. VOXPOP_FAIL_WITH says how: with
 * the code of a system error, or with SIGKILL, which ends the process there. Half of what a write was to write is
 * written before it fails. Without a number nothing fails. All calls are listed in VOXPOP_CALLS_TO, a line each, as
 * they come; the one that failed ends its line with `!`.
 */
import { appendFileSync, constants, promises } from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

type Call = (...args: never[]) => Promise<unknown>;

const failAt = Number(process.env['VOXPOP_FAIL_AT'] ?? Infinity);
const failWith = process.env['VOXPOP_FAIL_WITH'] ?? 'EIO';
const listTo = process.env['VOXPOP_CALLS_TO'] ?? '/dev/null';
let calls = 0;

/** Counts a call; what is left of it when it is the one that fails has to happen before `fail`. */
function isDue(name: string): boolean {
  const due = ++calls === failAt;
  appendFileSync(listTo, `${name}${due ? ' !' : ''}\n`);
  return due;
}

function fail(name: string): never {
  if (failWith === 'SIGKILL') {
    process.kill(process.pid, 'SIGKILL');
    // The signal may take a moment; nothing else may happen meanwhile.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  throw Object.assign(new Error(`${failWith}: injected, ${name}`), { code: failWith, syscall: name });
}

function replace(
  holder: object,
  name: string,
  as: string,
  makes: (original: Call) => Call = (call) => call,
): void {
  const methods = holder as Record<string, Call>;
  const original = methods[name] as Call;
  methods[name] = async function (this: unknown, ...args: never[]) {
    if (isDue(as)) {
      await makes(original).apply(this, args);
      fail(as);
    }
    return original.apply(this, args);
  };
}

if (isMainThread) {
  const probe = await open(process.execPath, 'r');
  const handles = Object.getPrototypeOf(probe) as object;
  await probe.close();
  const nothing = (): Call => async () => undefined;
  const half = (original: Call): Call =>
    async function (this: unknown, ...args: never[]) {
      const [data, at = 0, length, position = null] = args as unknown as [
        Buffer,
        number?,
        number?,
        (number | null)?,
      ];
      const wanted = length ?? data.byteLength - at;
      await original.apply(this, [data, at, wanted >> 1, position] as never[]);
    };
  const halfFile = (original: Call): Call =>
    async function (this: unknown, ...args: never[]) {
      const [data] = args as unknown as [string];
      const text = Buffer.from(data);
      await original.apply(this, [text.subarray(0, text.length >> 1)] as never[]);
    };
  replace(handles, 'write', 'write', half);
  replace(handles, 'writeFile', 'write', halfFile);
  replace(handles, 'sync', 'fsync', nothing);
  replace(handles, 'truncate', 'truncate', nothing);
  replace(handles, 'chmod', 'chmod', nothing);
  for (const name of ['rename', 'unlink', 'rm', 'symlink'] as const) replace(promises, name, name, nothing);
  const openFile = promises.open;
  promises.open = async (path, flags, mode) => {
    const bits =
      typeof flags === 'number' ? flags : flags === 'r' || flags === undefined ? 0 : constants.O_WRONLY;
    if ((bits & (constants.O_WRONLY | constants.O_RDWR)) !== 0 && isDue('open')) fail('open');
    return openFile(path, flags, mode);
  };
  syncBuiltinESMExports();
}
