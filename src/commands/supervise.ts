import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { exitCodes, UsageError } from '../errors.ts';
import { resumeArguments } from './resume-command.ts';
import { ExitWith, type Terminal } from './terminal.ts';

/**
 * Runs the same command in a process of its own. When that is killed, aborts in native code, or fails in a way
 * that may pass, it is started again to resume, at most `times`.
 * @throws ExitWith the code of the last process
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
    const mayPass = signal !== null || code === exitCodes.failed;
    const exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
    if (!mayPass || restart === times || terminal.signal.aborted) {
      if (exitCode === exitCodes.ok) return;
      throw new ExitWith(exitCode);
    }
    say(terminal, restart + 1, times, signal ?? `exit code ${code}`);
    args = resumeArguments(args);
  }
}

function say(terminal: Terminal, restart: number, times: number, reason: string): void {
  const fields = { time: new Date().toISOString(), event: 'restart', restart, of: times, reason };
  terminal.stderr.write(
    terminal.logFormat === 'json'
      ? `${JSON.stringify(fields)}\n`
      : `${clearLine(terminal)}voxpop: the run ended with ${reason}; resuming it, ${restart} of ${times}\n`,
  );
}

/** Undoes what the progress bar of a process that was killed has left on a terminal. */
function clearLine({ stderr }: Terminal): string {
  return stderr.isTTY ? '\r\u001b[K\u001b[?7h\u001b[?25h' : '';
}

async function runOnce(
  args: string[],
  { signal }: Terminal,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  // In a group of its own: Ctrl-C in a terminal reaches only this process, which passes it on once.
  const child = spawn(process.execPath, [process.argv[1] as string, ...args], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const pass = (): void =>
    void child.kill((signal.reason as { signal?: NodeJS.Signals }).signal ?? 'SIGTERM');
  const end = (): void => void child.kill('SIGKILL');
  if (signal.aborted) pass();
  signal.addEventListener('abort', pass);
  process.on('exit', end);
  try {
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return { code, signal: killedBy };
  } finally {
    signal.removeEventListener('abort', pass);
    process.off('exit', end);
  }
}

function withoutSupervise(argv: readonly string[]): string[] {
  const args = [...argv];
  const at = args.findIndex((word) => word === '--supervise' || word.startsWith('--supervise='));
  args.splice(at, args[at] === '--supervise' ? 2 : 1);
  return args;
}
