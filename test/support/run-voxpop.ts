import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from './paths.ts';

export const voxpopScript = join(repositoryRoot, 'bin', 'voxpop.js');

/** For `node --import`, see `kill-at-bytes.ts`. */
export const killAtBytes = preload('kill-at-bytes.js');

/** For `node --import`, see `fail-at-call.ts`. */
export const failAtCall = preload('fail-at-call.js');

/** For `node --import`, see `clock-back.ts`. */
export const clockBack = preload('clock-back.js');

function preload(file: string): string {
  return pathToFileURL(join(repositoryRoot, 'dist', 'test', 'support', file)).href;
}

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  input?: string | Buffer;
  /** Options of node itself. */
  node?: string[];
  env?: Record<string, string>;
}

/** Runs the real command in `cwd` and waits for its end; stdin is `input`, or empty. */
export async function runVoxpop(args: string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(process.execPath, [...(options.node ?? []), voxpopScript, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // The command may end before it has read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    );
  });
}
