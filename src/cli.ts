import { Command, CommanderError } from 'commander';
import { cacheCommand } from './commands/cache.ts';
import { compareCommand } from './commands/compare-command.ts';
import { completionsCommand } from './commands/completions.ts';
import { explainCommand } from './commands/explain-command.ts';
import { evaluateCommand } from './commands/evaluate-command.ts';
import { mergeCommand } from './commands/merge-command.ts';
import { modelCommand } from './commands/model-command.ts';
import { reportCommand } from './commands/report-command.ts';
import { reviewCommand } from './commands/review-command.ts';
import { scoreCommand } from './commands/score-command.ts';
import { emit, say } from './commands/say.ts';
import { teachCommand } from './commands/teach-command.ts';
import { endBySignal, listenForSignals } from './commands/signals.ts';
import { ExitWith, Interrupted, signalOfExitCode, type Terminal } from './commands/terminal.ts';
import { exitCodes, memoryShortage, VoxpopError } from './errors.ts';
import { hasStuckThreads } from './threads.ts';
import { version } from './version.ts';

const helpHint = 'Run with --help for all options.';

export function createProgram(terminal: Terminal): Command {
  const program = new Command('voxpop')
    .description(
      'Label customer and employee feedback in bulk: offline, multilingual, one model for all tasks.',
    )
    .version(version)
    .addCommand(scoreCommand(terminal))
    .addCommand(mergeCommand(terminal))
    .addCommand(evaluateCommand(terminal))
    .addCommand(compareCommand(terminal))
    .addCommand(reportCommand(terminal))
    .addCommand(teachCommand(terminal))
    .addCommand(reviewCommand(terminal))
    .addCommand(explainCommand(terminal))
    .addCommand(modelCommand(terminal))
    .addCommand(cacheCommand(terminal))
    .addCommand(completionsCommand(terminal));
  const inWords = terminal.logFormat === 'text';
  // Help that was asked for is data, all other words of commander are for people.
  const output = {
    writeOut: (text: string) => void terminal.stdout.write(text),
    writeErr: (text: string) => void (inWords && terminal.stderr.write(text)),
    outputError: (text: string) => {
      if (inWords) say(terminal, text.trim().replace(/^error: /, 'voxpop: '));
    },
  };
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput(output).showHelpAfterError(helpHint);
  }
  return program;
}

/**
 * Runs the command line and says how the process should end. Prints every error once, with its next step.
 * @param terminal its `argv` is what runs
 */
export async function main(terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync([...terminal.argv], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof ExitWith) return error.exitCode;
    const told = toldOf(error);
    // The reader of stdout has seen enough, as `head` has: not an error.
    if (told.exitCode !== exitCodes.ok) tell(told, terminal);
    return told.exitCode;
  }
}

/** As the command line says, wherever else it is wrong: whoever reads events gets no words. */
function logFormatOf(argv: readonly string[]): Terminal['logFormat'] {
  if (argv[0] !== 'score') return 'text';
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const last = words.findLastIndex((word) => /^--log-format(=|$)/.test(word));
  const value = words[last] === '--log-format' ? words[last + 1] : words[last]?.split('=')[1];
  return value === 'json' ? 'json' : 'text';
}

/** What there is to tell about an error. */
interface ToldError {
  exitCode: number;
  code?: string;
  message: string;
  details?: readonly string[];
  hint?: string | undefined;
  /** Commander has said it in words. */
  isSaid?: boolean;
}

function toldOf(error: unknown): ToldError {
  if (error instanceof CommanderError) {
    const exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const message = error.message.replace(/^error: /, '');
    return { exitCode, code: 'OPTION_INVALID', message, hint: helpHint, isSaid: true };
  }
  const shortage = memoryShortage(error);
  if (shortage !== undefined) return shortage;
  if (error instanceof VoxpopError || error instanceof Interrupted) return error;
  const [message = '', ...details] = stackOf(error).split('\n');
  return { exitCode: exitCodes.failed, message: `unexpected error, please report it: ${message}`, details };
}

function tell({ exitCode, code, message, details = [], hint, isSaid }: ToldError, terminal: Terminal): void {
  if (terminal.logFormat === 'json') {
    const more = details.length > 0 ? { details } : {};
    emit(terminal, 'error', { code, message, ...more, hint, exit_code: exitCode });
  } else if (isSaid !== true) {
    const lines = [...details, ...(hint === undefined ? [] : [hint])];
    say(terminal, `voxpop: ${message}`, ...lines.map((line) => `  ${line}`));
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Runs the process's own command line; the entry of `bin/voxpop.js`. */
export async function runProcess(): Promise<void> {
  // Writes report EPIPE themselves; without a listener the stream would throw it a second time.
  process.stdout.on('error', () => {});
  // Nobody who could be told: the run goes on without words.
  process.stderr.on('error', () => {});
  const lastActs = new Set<() => void>();
  let signal: AbortSignal | undefined;
  const terminal: Terminal = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    argv: process.argv.slice(2),
    env: process.env,
    logFormat: logFormatOf(process.argv.slice(2)),
    get signal() {
      return (signal ??= listenForSignals(lastActs));
    },
    lastActs,
  };
  if (terminal.logFormat === 'json') tellWarningsAsEvents(terminal);
  process.exitCode = await main(terminal);
  if (hasStuckThreads()) endAtOnce(process.exitCode, terminal);
  // A pipe on stdin that nobody reads any more would keep the process alive.
  process.stdin.unref?.();
}

/** Ends a process that would wait for ever for one of its threads. */
function endAtOnce(exitCode: number, terminal: Terminal): void {
  const signal = signalOfExitCode(exitCode);
  if (signal !== undefined) endBySignal(signal);
  // Newer versions of Node let another program take the process over, threads and all.
  const { execve } = process as { execve?: (file: string, args: string[]) => never };
  execve?.('/bin/sh', ['sh', '-c', `exit ${exitCode}`]);
  const message = `A thread cannot be ended: the process ends by SIGKILL, in place of exit code ${exitCode}`;
  if (terminal.logFormat === 'json') emit(terminal, 'killed', { message, exit_code: exitCode });
  else say(terminal, message);
  // Whoever watches this process hears of the code before it is gone.
  if (process.send === undefined) endBySignal('SIGKILL');
  else process.send({ exitCode }, undefined, undefined, () => endBySignal('SIGKILL'));
}

/** Node's own warnings, which it prints in words unless somebody else listens. */
function tellWarningsAsEvents(terminal: Terminal): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => emit(terminal, 'warning', { name, message }));
}
