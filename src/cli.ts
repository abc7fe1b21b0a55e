import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { modelCommand } from './commands/model.ts';
import { scoreCommand } from './commands/score.ts';
import { Interrupted, type Terminal } from './commands/terminal.ts';
import { exitCodes, VoxpopError } from './errors.ts';

/** Version of this package. */
export const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

export function createProgram(terminal: Terminal): Command {
  const program = new Command('voxpop')
    .description(
      'Label customer and employee feedback in bulk: offline, multilingual, one model for all tasks.',
    )
    .version(version)
    .addCommand(scoreCommand(terminal))
    .addCommand(modelCommand(terminal));
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
 * @param argv arguments without node and the script
 */
export async function main(argv: string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    // The reader of stdout has seen enough, as `head` has: not an error.
    if (error instanceof VoxpopError && error.exitCode === exitCodes.ok) return exitCodes.ok;
    terminal.stderr.write(`voxpop: ${describe(error)}\n`);
    if (error instanceof VoxpopError || error instanceof Interrupted) return error.exitCode;
    return exitCodes.failed;
  }
}

function describe(error: unknown): string {
  if (error instanceof VoxpopError) return error.message + (error.hint ? `\n  ${error.hint}` : '');
  if (error instanceof Interrupted) return `${error.message}; no output was written`;
  return `unexpected error, please report it: ${error instanceof Error ? error.stack : String(error)}`;
}

/** Runs the process's own command line; the entry of `bin/voxpop.js`. */
export async function runProcess(): Promise<void> {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second one ends at once.
      if (controller.signal.aborted) process.exit((controller.signal.reason as Interrupted).exitCode);
      controller.abort(new Interrupted(name));
    });
  }
  // Writes report EPIPE themselves; without a listener the stream would throw it a second time.
  process.stdout.on('error', () => {});
  process.exitCode = await main(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: controller.signal,
  });
}
