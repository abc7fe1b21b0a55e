import { Interrupted, type StoppingSignal, stoppingSignals } from './terminal.ts';

/** Set for a process that another one of ours watches, with a channel between them. */
export const supervisedVariable = 'VOXPOP_SUPERVISED';

/** How long a process may take to end in an orderly way when the one that watches it is gone. */
const orphanMs = 30_000;

/**
 * Listens for the signals that end a process. The first one aborts, so that the command can end in an orderly way;
 * the second one ends the process at once, as the system does it: leaving in an orderly way while ONNX Runtime works
 * in a thread would abort the process.
 * @param lastActs done before the process ends at once; they may not wait
 */
export function listenForSignals(lastActs: ReadonlySet<() => void>): AbortSignal {
  const controller = new AbortController();
  const stop = (name: StoppingSignal): void => {
    if (controller.signal.aborted) {
      for (const act of lastActs) act();
      endBySignal(name);
    }
    controller.abort(new Interrupted(name));
  };
  for (const name of stoppingSignals) process.on(name, () => stop(name));
  if (process.env[supervisedVariable] !== undefined && process.channel !== undefined) {
    process.once('disconnect', () => {
      controller.abort(new Interrupted('SIGHUP'));
      setTimeout(() => endBySignal('SIGKILL'), orphanMs).unref();
    });
    process.channel.unref();
  }
  return controller.signal;
}

/**
 * Does something before Ctrl-Z stops the process, and after it goes on.
 * @returns what takes that back
 */
export function aroundStops(before: () => void, after: () => void): () => void {
  const stop = (): void => {
    before();
    // With nobody listening the system stops the process, as the shell expects it.
    process.off('SIGTSTP', stop);
    process.kill(process.pid, 'SIGTSTP');
  };
  const goOn = (): void => {
    process.off('SIGTSTP', stop);
    process.on('SIGTSTP', stop);
    after();
  };
  process.on('SIGTSTP', stop);
  process.on('SIGCONT', goOn);
  return () => {
    process.off('SIGTSTP', stop);
    process.off('SIGCONT', goOn);
  };
}

/** Ends the process as if nobody listened for the signal. */
export function endBySignal(name: StoppingSignal | 'SIGKILL'): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
