import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { kill, pid as ownPid } from 'node:process';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessToken {
  host: string;
  pid: number;
  /** Clock ticks from boot to its start; undefined where the system does not tell. */
  started: string | undefined;
}

export function ownToken(): ProcessToken {
  return { host: hostname(), pid: ownPid, started: startOf(ownPid) };
}

/** On one line, for the name of a link. */
export function tokenText({ host, pid, started }: ProcessToken): string {
  return [host, pid, started ?? ''].join(':');
}

/** @returns undefined for what is no token */
export function parseToken(text: string): ProcessToken | undefined {
  const [, host = '', pid = '', started] = /^(.*):(\d{1,10}):(\d*)$/s.exec(text) ?? [];
  return pid === '' ? undefined : { host, pid: Number(pid), started: started === '' ? undefined : started };
}

/** Whether a process is at work; one on another machine cannot be seen and counts as gone. */
export function isAtWork({ host, pid, started }: ProcessToken): boolean {
  if (host !== hostname()) return false;
  return started === undefined ? isThere(pid) : startOf(pid) === started;
}

function isThere(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of Linux's /proc/<pid>/stat, counted behind the program's name, which may hold spaces. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended, and only waits for its parent to hear of it.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
