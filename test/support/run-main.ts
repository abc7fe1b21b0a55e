import { Readable, Writable } from 'node:stream';
import { main } from '../../src/cli.ts';
import type { Terminal } from '../../src/commands/terminal.ts';

/** How a command line ended, and what it wrote. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line in this process, which is faster than to start one, with no terminal on any stream. */
export async function runMain(args: string[], input: string | Buffer = ''): Promise<Ended> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const terminal = {
    stdin: Readable.from(input.length === 0 ? [] : [Buffer.from(input as string)]),
    stdout: sinkTo(out),
    stderr: sinkTo(err),
    argv: args,
    env: {},
    logFormat: 'text',
    lastActs: new Set(),
    signal: new AbortController().signal,
  } as unknown as Terminal;
  const code = await main(terminal);
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** As `runMain`, in a directory, for names that are relative to it; one at a time, as a process has one directory. */
export async function runMainIn(directory: string, args: string[], input?: string | Buffer): Promise<Ended> {
  const before = process.cwd();
  process.chdir(directory);
  try {
    return await runMain(args, input);
  } finally {
    process.chdir(before);
  }
}

function sinkTo(chunks: Buffer[]): Writable {
  return new Writable({
    write(chunk: Buffer | string, _encoding, done) {
      chunks.push(Buffer.from(chunk as string));
      done();
    },
  });
}
