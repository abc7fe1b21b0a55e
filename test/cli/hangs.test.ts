import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { modelSlowOn } from '../support/broken-models.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { type Finished, runVoxpop, voxpopScript } from '../support/run-voxpop.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const args = ['score', 'in.csv', '-o', 'out.csv', '-m', 'slow', '-w', '1'];

/** A folder with a bundle that computes for minutes on `piece`, and an input with it behind some good rows. */
function prepare(directory: string, piece = 'terrible'): void {
  writeFileSync(join(directory, 'in.csv'), 'id,comment\n1,good\n2,terrible\n');
  writeBundle(join(directory, 'slow'), { model: modelSlowOn(piece) });
}

/** Node before 22.15 cannot end with an exit code while a thread computes: it is killed then. */
function assertFailed({ code, signal, stderr }: Pick<Finished, 'code' | 'signal' | 'stderr'>): void {
  if (signal === null) assert.equal(code, exitCodes.failed, stderr);
  else assert.match(stderr, /the process ends by SIGKILL, in place of exit code 1/);
}

/** Loading what does load has to be done in time, too, on a busy machine. */
for (const [name, piece, timeout, message] of [
  ['runs', 'terrible', '10', /Expected a worker thread to run a batch through the model within 10 s/],
  ['loads', '<pad>', '2', /Expected worker threads to load the bundle within 2 s/],
] as const) {
  test(`a model that ${name} without end is given up, and nothing is left of the run`, async (t) => {
    const directory = scratchDirectory(t);
    prepare(directory, piece);
    const finished = await runVoxpop([...args, '--timeout', timeout], { cwd: directory });
    assert.match(finished.stderr, message);
    assertFailed(finished);
    assert.deepEqual(readdirSync(directory).toSorted(), ['in.csv', 'slow']);
  });
}

test('under --supervise it ends with the exit code all the same', async (t) => {
  const directory = scratchDirectory(t);
  prepare(directory);
  const finished = await runVoxpop([...args, '--timeout', '2', '--supervise', '1'], { cwd: directory });
  assert.match(finished.stderr, /the run ended with exit code 1; resuming it in 1 s, 1 of 1/);
  assert.match(finished.stderr, /the run ended with exit code 1; restarts used up: 1\. What is kept/);
  assert.deepEqual([finished.code, finished.signal], [exitCodes.failed, null]);
});

test('a run that hangs heeds a signal', async (t) => {
  const directory = scratchDirectory(t);
  prepare(directory, '<pad>');
  const { child, done } = await startHanging(directory, []);
  child.kill('SIGTERM');
  const { code, signal, stderr } = await done;
  assert.ok(code === exitCodes.terminated || signal === 'SIGTERM', `${code} ${signal}`);
  assert.match(stderr, /voxpop: terminated\n/);
});

/** What may happen to the process that watches a run: none of it leaves the run behind. */
const ends: Record<string, NodeJS.Signals[]> = {
  'is told to end': ['SIGTERM'],
  'is told twice': ['SIGTERM', 'SIGTERM'],
  'loses its terminal': ['SIGHUP'],
  'is killed': ['SIGKILL'],
};

for (const [name, signals] of Object.entries(ends)) {
  test(`a supervisor that ${name} leaves no run behind`, async (t) => {
    const directory = scratchDirectory(t);
    prepare(directory, '<pad>');
    const { child, done } = await startHanging(directory, ['--supervise', '3']);
    const run = Number(readlinkSync(join(directory, 'out.csv.lock')).split(':').at(-2));
    assert.notEqual(run, child.pid);
    for (const signal of signals) child.kill(signal);
    await done;
    await waitUntil(undefined, 'the end of the run', () => !isThere(run));
    // The place is free again.
    const next = await runVoxpop([...args, '--resume', '--timeout', '1'], { cwd: directory });
    assert.match(next.stderr, /Expected worker threads to load the bundle within 1 s/);
  });
}

/** Starts a run, and waits until it has begun. */
async function startHanging(
  cwd: string,
  more: string[],
): Promise<{ child: ChildProcess; done: Promise<Pick<Finished, 'code' | 'signal' | 'stderr'>> }> {
  const child = spawn(process.execPath, [voxpopScript, ...args, ...more], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const done = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stderr,
  }));
  await waitUntil(child, 'a run', () => existsSync(join(cwd, 'out.csv.part')));
  return { child, done };
}

function isThere(pid: number): boolean {
  try {
    // Not one that has ended and was not yet asked for.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === false;
  } catch {
    return false;
  }
}
