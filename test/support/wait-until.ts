import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

/** Keeps a test from waiting for ever; far more than it takes on a machine that is busy with other work. */
const limitMs = 120_000;

/**
 * Waits for something that a running process brings about, such as a file. Fails when the process ends without it
 * or takes too long, and leaves no process behind then.
 * @param child undefined: one that is not ours
 * @param what is waited for, to say so in the failure
 */
export async function waitUntil(
  child: ChildProcess | undefined,
  what: string,
  isSo: () => boolean,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!isSo()) {
    assert.equal(child?.exitCode ?? child?.signalCode ?? null, null, `the process ended without ${what}`);
    if (performance.now() > endMs) {
      child?.kill('SIGKILL');
      assert.fail(`the process ran for ${limitMs / 1000} s without ${what}`);
    }
    await setTimeout(5);
  }
}
