import { Command, CommanderError } from 'commander';
import { compareCommand } from './commands/compare.ts';
import { completionsCommand } from './commands/completions.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { mergeCommand } from './commands/merge.ts';
import { modelCommand } from './commands/model.ts';
import { reportCommand } from './commands/report.ts';
import { scoreCommand } from './commands/score.ts';
import { teachCommand } from './commands/teach.ts';
import { ExitWith, Interrupted, type Terminal } from './commands/terminal.ts';
import { exitCodes, VoxpopError } from './errors.ts';
import { version } from './version.ts';

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
    .addCommand(modelCommand(terminal))
    .addCommand(completionsCommand(terminal));
  // Help that was asked for is data, all other words of commander are for people.
  const output = {
    writeOut: (text: string) => void terminal.stdout.write(text),
    writeErr: (text: string) => void terminal.stderr.write(text.replace(/^error: /, 'voxpop: ')),
  };
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput(output).showHelpAfterError('Run with --help for all options.');
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
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (error instanceof ExitWith) return error.exitCode;
    const exitCode =
      error instanceof VoxpopError || error instanceof Interrupted ? error.exitCode : exitCodes.failed;
    // The reader of stdout has seen enough, as `head` has: not an error.
    if (exitCode !== exitCodes.ok) terminal.stderr.write(`${describe(error, exitCode, terminal)}\n`);
    return exitCode;
  }
}

function describe(error: unknown, exitCode: number, terminal: Terminal): string {
  const known = error instanceof VoxpopError || error instanceof Interrupted;
  const message = known ? error.message : `unexpected error, please report it: ${stackOf(error)}`;
  const { code, hint } = error instanceof VoxpopError ? error : { code: undefined, hint: undefined };
  if (terminal.logFormat === 'text') return `voxpop: ${message}${hint ? `\n  ${hint}` : ''}`;
  const time = new Date().toISOString();
  return JSON.stringify({ time, event: 'error', code, message, hint, exit_code: exitCode });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Runs the process's own command line; the entry of `bin/voxpop.js`. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second one ends at once, as the system does it: leaving in an orderly way while ONNX Runtime works in
      // a thread would abort the process.
      if (controller.signal.aborted) {
        process.removeAllListeners(name);
        process.kill(process.pid, name);
      }
      controller.abort(new Interrupted(name));
    });
  }
  // Writes report EPIPE themselves; without a listener the stream would throw it a second time.
  process.stdout.on('error', () => {});
  // Nobody who could be told: the run goes on without words.
  process.stderr.on('error', () => {});
  process.exitCode = await main({
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    argv: process.argv.slice(2),
    env: process.env,
    logFormat: 'text',
    signal: controller.signal,
  });
  // A pipe on stdin that nobody reads any more would keep the process alive.
  process.stdin.unref?.();
}
