import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { exitCodes, UsageError } from '../errors.ts';
import { resumeArguments } from './resume-command.ts';
import { emit, say } from './say.ts';
import { supervisedVariable } from './signals.ts';
import { ExitWith, type Interrupted, type Terminal } from './terminal.ts';

/** Between two processes, twice as long each time: what they fail of may need some time to pass. */
const firstWaitMs = 1000;
const longestWaitMs = 300_000;

/**
 * Runs the same command in a process of its own. When that is killed, aborts in native code, or fails in a way
 * that may pass, it is started again to resume, after a while and at most `times`.
 * @throws ExitWith the code of the last process; Interrupted between two of them
 */
export async function supervise(
  times: number,
  { isStream }: { isStream: boolean },
  terminal: Terminal,
): Promise<void> {
  if (!Number.isInteger(times) || times < 0) {
    throw new UsageError('OPTION_INVALID', `Expected --supervise to be a count of restarts, got ${times}`);
  }
  if (isStream) {
    throw new UsageError(
      'OPTION_INVALID',
      'Expected files as input and output along with --supervise, got a stream',
      {
        hint: 'A stream cannot be read or written twice: name files.',
      },
    );
  }
  let args = withoutSupervise(terminal.argv);
  for (let restart = 0; ; restart++) {
    const { code, signal } = await runOnce(args, terminal);
    const mayPass = code === null || code === exitCodes.failed;
    const exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
    const reason = code === null ? String(signal) : `exit code ${code}`;
    if (!mayPass || restart === times || terminal.signal.aborted) {
      if (exitCode === exitCodes.ok) return;
      if (mayPass && !terminal.signal.aborted) tellEnd(terminal, { times, reason });
      throw new ExitWith(exitCode);
    }
    const waitMs = Math.min(firstWaitMs * 2 ** restart, longestWaitMs);
    tell(terminal, { restart: restart + 1, times, waitMs, reason });
    await pause(waitMs, undefined, { signal: terminal.signal }).catch(() => {
      throw terminal.signal.reason;
    });
    args = resumeArguments(args);
  }
}

function tell(
  terminal: Terminal,
  { restart, times, waitMs, reason }: { restart: number; times: number; waitMs: number; reason: string },
): void {
  if (terminal.logFormat === 'json') {
    emit(terminal, 'restart', { restart, of: times, wait_ms: waitMs, reason });
    return;
  }
  terminal.stderr.write(clearLine(terminal));
  const when = `resuming it in ${waitMs / 1000} s, ${restart} of ${times}`;
  say(terminal, `voxpop: the run ended with ${reason}; ${when}`);
}

/** A process that was killed has said nothing itself. */
function tellEnd(terminal: Terminal, { times, reason }: { times: number; reason: string }): void {
  if (terminal.logFormat === 'json') {
    emit(terminal, 'give_up', { restarts: times, reason });
    return;
  }
  terminal.stderr.write(clearLine(terminal));
  say(
    terminal,
    `voxpop: the run ended with ${reason}; restarts used up: ${times}. What is kept is gone on from with --resume`,
  );
}

/** Undoes what the progress bar of a process that was killed has left on a terminal. */
function clearLine({ stderr }: Terminal): string {
  return stderr.isTTY ? '\r\u001b[K\u001b[?7h\u001b[?25h' : '';
}

async function runOnce(
  args: string[],
  terminal: Terminal,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const { signal, lastActs, env } = terminal;
  // In a group of its own: Ctrl-C in a terminal reaches only this process, which passes it on once. The channel tells
  // the child when this process is gone, however it went.
  const child = spawn(process.execPath, [process.argv[1] as string, ...args], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...env, [supervisedVariable]: '1' },
  });
  const passOn = (): void => void child.kill((signal.reason as Interrupted).signal);
  const end = (): void => void child.kill('SIGKILL');
  const endNow = (): void => {
    end();
    terminal.stderr.write(clearLine(terminal));
  };
  const halt = (): void => {
    child.kill('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  };
  const goOn = (): void => void child.kill('SIGCONT');
  if (signal.aborted) passOn();
  signal.addEventListener('abort', passOn);
  lastActs.add(endNow);
  process.on('exit', end).on('SIGTSTP', halt).on('SIGCONT', goOn);
  let told: number | null = null;
  child.on('message', (message: { exitCode: number }) => (told = message.exitCode));
  try {
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return { code: told ?? code, signal: killedBy };
  } finally {
    signal.removeEventListener('abort', passOn);
    lastActs.delete(endNow);
    process.off('exit', end).off('SIGTSTP', halt).off('SIGCONT', goOn);
  }
}

function withoutSupervise(argv: readonly string[]): string[] {
  const args = [...argv];
  const at = args.findIndex((word) => word === '--supervise' || word.startsWith('--supervise='));
  args.splice(at, args[at] === '--supervise' ? 2 : 1);
  return args;
}
