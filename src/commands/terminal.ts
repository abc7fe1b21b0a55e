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
  /**
   * Aborted by the first signal that ends processes; the reason is an `Interrupted`. Whoever asks for it has to heed
   * it: a process whose command never does ends at once.
   */
  readonly signal: AbortSignal;
  /** Done before a second signal ends the process at once; they may not wait. */
  readonly lastActs: Set<() => void>;
}

/** Signals that end a process, each with how a command ends that heeds it. */
const endings = {
  SIGINT: { word: 'interrupted', exitCode: exitCodes.interrupted },
  SIGTERM: { word: 'terminated', exitCode: exitCodes.terminated },
  SIGHUP: { word: 'hung up', exitCode: exitCodes.hungUp },
} as const;

export type StoppingSignal = keyof typeof endings;
export const stoppingSignals = Object.keys(endings) as StoppingSignal[];

/** The signal that a process with this exit code was ended by, if it was. */
export function signalOfExitCode(exitCode: number): StoppingSignal | undefined {
  return stoppingSignals.find((name) => endings[name].exitCode === exitCode);
}

/** The reason of an abort: a signal told the run to stop. */
export class Interrupted extends Error {
  readonly exitCode: number;
  readonly signal: StoppingSignal;

  constructor(signal: StoppingSignal) {
    super(endings[signal].word);
    this.signal = signal;
    this.exitCode = endings[signal].exitCode;
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
