import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** An input as it was found at the start of a run. */
export interface InputIdentity {
  path: string;
  /** Size in bytes; undefined for stdin, pipes and devices, which cannot be read again. */
  bytes: number | undefined;
  modifiedMs: number | undefined;
}

/** How much of an input was read, and what it was. */
export interface InputRead {
  bytes: number;
  /** SHA-256 of these bytes as they lie on disk, hex. */
  sha256: string;
}

/** Says of each input what identifies it. */
export async function identifyInputs(paths: readonly string[]): Promise<InputIdentity[]> {
  return Promise.all(
    paths.map(async (path) => {
      const info = path === '-' ? undefined : await stat(path).catch(() => undefined);
      if (info?.isFile() !== true) return { path, bytes: undefined, modifiedMs: undefined };
      return { path, bytes: info.size, modifiedMs: Math.trunc(info.mtimeMs) };
    }),
  );
}

/** Keeps a hash of each input over what is read of it. */
export class InputLog {
  bytesRead = 0;
  readonly #inputs: { bytes: number; hash: Hash }[];

  constructor(inputs: number) {
    this.#inputs = Array.from({ length: inputs }, () => ({ bytes: 0, hash: createHash('sha256') }));
  }

  add(bytes: Uint8Array, input: number): void {
    const log = this.#inputs[input] as { bytes: number; hash: Hash };
    log.hash.update(bytes);
    log.bytes += bytes.length;
    this.bytesRead += bytes.length;
  }

  /** Reads what nobody read of the inputs so far, so that the log is about all of their bytes. */
  async readToEnd(paths: readonly string[]): Promise<void> {
    for (const [input, path] of paths.entries()) {
      const start = (this.#inputs[input] as { bytes: number }).bytes;
      for await (const chunk of createReadStream(path, { start })) this.add(chunk as Buffer, input);
    }
  }

  read(): InputRead[] {
    return this.#inputs.map(({ bytes, hash }) => ({ bytes, sha256: hash.copy().digest('hex') }));
  }
}

/** Whether a file still begins with what was read of it. */
export async function beginsWith(path: string, { bytes, sha256 }: InputRead): Promise<boolean> {
  if (bytes === 0) return true;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { end: bytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex') === sha256;
}
