import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './paths.ts';

export const voxpopScript = join(repositoryRoot, 'bin', 'voxpop.js');

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs the real command in `cwd` and waits for its end; stdin is `input`, or empty. */
export async function runVoxpop(
  args: string[],
  options: { cwd?: string; input?: string | Buffer } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [voxpopScript, ...args], { cwd: options.cwd, stdio: 'pipe' });
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
      resolve({ code, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
  });
}
