import { exitCodes } from '../errors.ts';
import type { LogFormat } from '../score-options.ts';

/** The world outside, as far as commands touch it. */
export interface Terminal {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** The command line, without node and the script. */
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** Form in which errors are told; set by the command that runs. */
  logFormat: LogFormat;
  /** Aborted by the first SIGINT or SIGTERM; the reason is an `Interrupted`. */
  signal: AbortSignal;
}

/** The reason of an abort: a signal told the run to stop. */
export class Interrupted extends Error {
  readonly exitCode: number;
  readonly signal: 'SIGINT' | 'SIGTERM';

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(signal === 'SIGINT' ? 'interrupted' : 'terminated');
    this.signal = signal;
    this.exitCode = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated;
  }
}

/** Ends the process with the exit code of another one, which has said everything that there is to say. */
export class ExitWith extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`ended with ${exitCode}`);
    this.exitCode = exitCode;
  }
}
