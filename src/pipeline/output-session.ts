import { rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { OutputError, RejectsError, UsageError } from '../errors.ts';
import { openSink, outputTarget, partPath, type Sink, syncFolder } from '../records/sink.ts';
import {
  type Checkpoint,
  difference,
  isAtWork,
  ownToken,
  readCheckpoint,
  removeCheckpoint,
  type RunIdentity,
  writeCheckpoint,
  writeDurably,
} from './checkpoint.ts';
import { beginsWith, type InputRead } from './input-log.ts';
import { manifestText, readManifest, type RunManifest } from './manifest.ts';
import type { Tally } from './tally.ts';

export interface OutputRequest {
  target: string | Writable;
  gzip: boolean | undefined;
  rejectsPath: string | undefined;
  /** Undefined: none is written. */
  manifestPath: string | undefined;
  identity: RunIdentity;
  /** Go on with an unfinished run, and be content with a finished one. */
  resume: boolean;
  /** Replace what is there. */
  force: boolean;
}

/**
 * The files that a run writes, which get their names together when it is complete. A run over files that can
 * be read again keeps a checkpoint beside its output until then.
 */
export class OutputSession {
  readonly sink: Sink;
  readonly rejectsSink: Sink | undefined;
  /** Of the run that this one goes on from. */
  readonly resumed: Checkpoint | undefined;
  readonly #request: OutputRequest;
  /** Where checkpoints lie; undefined when the run could not be resumed. */
  readonly #resumable: string | undefined;
  /** Rows that the last checkpoint holds. */
  #savedRows = 0;

  private constructor(
    request: OutputRequest,
    resumable: string | undefined,
    sinks: { sink: Sink; rejectsSink: Sink | undefined },
    resumed: Checkpoint | undefined,
  ) {
    this.#request = request;
    this.#resumable = resumable;
    this.sink = sinks.sink;
    this.rejectsSink = sinks.rejectsSink;
    this.resumed = resumed;
    this.#savedRows = resumed?.tally.counts.rows ?? 0;
  }

  /**
   * Decides what to do about what is there already, and opens the files.
   * @returns undefined when a resumed run turns out to be complete, with nothing changed since
   * @throws UsageError, OutputError
   */
  static async open(request: OutputRequest): Promise<OutputSession | undefined> {
    const { target, identity, force } = request;
    const output = typeof target === 'string' && (await isPlainFile(target)) ? target : undefined;
    const rereadable = identity.inputs.every(({ bytes }) => bytes !== undefined);
    if (request.resume && (output === undefined || !rereadable)) {
      throw new UsageError(
        'RESUME_IMPOSSIBLE',
        'Expected files as input and output to resume, found a stream',
        {
          hint: 'Name them: `voxpop score <input> -o <output> --resume`.',
        },
      );
    }
    const place = output === undefined ? undefined : await outputTarget(output);
    const unfinished = place === undefined ? undefined : await claim(place, force);
    if (place !== undefined && unfinished?.complete === true && request.resume) {
      await finish(place, request);
      return undefined;
    }
    const resumed = request.resume ? unfinished : undefined;
    // An unfinished run was allowed to replace what is there.
    if (output !== undefined && resumed === undefined && !force) {
      if (request.resume && (await isComplete(output, request))) return undefined;
      await refuseExisting(output, request);
    }
    if (resumed !== undefined) await requireSame(resumed, identity);
    const open = (path: string | Writable, bytes: number | undefined, gzip?: boolean): Promise<Sink> =>
      openSink(path, {
        ...(bytes === undefined ? {} : { resumeAt: bytes }),
        ...(gzip === undefined ? {} : { gzip }),
      });
    const sink = await open(target, resumed?.outputBytes, request.gzip);
    const rejectsSink =
      request.rejectsPath === undefined
        ? undefined
        : await open(request.rejectsPath, resumed?.rejectsBytes, false);
    const resumable = rereadable ? place : undefined;
    return new OutputSession(request, resumable, { sink, rejectsSink }, resumed);
  }

  /**
   * Brings everything to the disk, first the rows, then the note that they are there.
   * To be called at places that follow from the rows alone: gzip output depends on them.
   */
  async checkpoint(tally: Tally, read: InputRead[], complete = false): Promise<void> {
    await this.sink.checkpoint();
    await this.rejectsSink?.checkpoint();
    if (this.#resumable === undefined) return;
    await writing(this.#resumable, () =>
      writeCheckpoint(this.#resumable as string, {
        checkpoint_version: 1,
        identity: this.#request.identity,
        writer: ownToken(),
        complete,
        read,
        outputBytes: this.sink.bytesWritten,
        rejectsBytes: this.rejectsSink?.bytesWritten ?? 0,
        tally: tally.state,
      }),
    );
    this.#savedRows = tally.counts.rows;
  }

  /** A checkpoint wherever the run stands; gzip output keeps its last one, as its members end where rows say. */
  async checkpointAnywhere(tally: Tally, read: InputRead[]): Promise<void> {
    if (!this.sink.isGzip) await this.checkpoint(tally, read);
  }

  /** Gives all files their names. A crash in between is made good by the next resumed run. */
  async commit(tally: Tally, read: InputRead[], manifest: RunManifest): Promise<void> {
    const { manifestPath } = this.#request;
    await this.checkpoint(tally, read);
    if (manifestPath !== undefined) {
      await writing(manifestPath, () => writeDurably(partPath(manifestPath), manifestText(manifest)));
    }
    await this.checkpoint(tally, read, true);
    await this.sink.commit();
    await this.rejectsSink?.commit();
    if (manifestPath !== undefined) await writing(manifestPath, () => giveName(manifestPath));
    if (this.#resumable !== undefined) await removeCheckpoint(this.#resumable);
  }

  /**
   * Ends without an output. What the last checkpoint holds is kept, to be resumed; rejects that were too many
   * are kept in any case, to be looked at.
   * @returns how many rows are kept
   */
  async stop(error: unknown): Promise<number> {
    const keep = this.#resumable !== undefined && this.#savedRows > 0;
    await (keep ? this.sink.suspend() : this.sink.abort());
    await (keep || error instanceof RejectsError ? this.rejectsSink?.suspend() : this.rejectsSink?.abort());
    if (keep) return this.#savedRows;
    if (this.#resumable !== undefined) await removeCheckpoint(this.#resumable);
    return 0;
  }
}

/** False for devices and pipes, which have no name to give and nothing to resume. */
async function isPlainFile(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  return info === undefined || info.isFile();
}

/** The unfinished run at this place, after making sure that nobody is at work on it. */
async function claim(place: string, force: boolean): Promise<Checkpoint | undefined> {
  const unfinished = await readCheckpoint(place).catch((error: unknown) => {
    if (force) return undefined;
    throw error;
  });
  if (unfinished !== undefined && isAtWork(unfinished.writer)) {
    throw new UsageError(
      'OUTPUT_BUSY',
      `Expected to be alone, found process ${unfinished.writer.pid} writing ${place}`,
      {
        hint: 'Wait for it to end, or write to another file.',
      },
    );
  }
  return unfinished;
}

/** Whether the output is there, as its manifest says, and this run would write the same. */
async function isComplete(output: string, { manifestPath, identity }: OutputRequest): Promise<boolean> {
  const info = await stat(output).catch(() => undefined);
  if (info === undefined) return false;
  const manifest = manifestPath === undefined ? undefined : await readManifest(manifestPath);
  if (manifest === undefined) {
    throw refusal(output, 'it has no manifest to tell what it was made from');
  }
  const change = difference(identityOf(manifest), identity);
  if (change !== undefined) throw refusal(output, change);
  const { bytes, sha256 } = manifest.output;
  if (info.size !== bytes || !(await beginsWith(output, { bytes, sha256 }))) {
    throw refusal(output, 'it was changed since it was written');
  }
  return true;
}

function refusal(output: string, change: string): UsageError {
  return new UsageError('OUTPUT_DIFFERS', `Expected nothing to do for ${output}, but ${change}`, {
    hint: 'Score again with --force, which replaces it, or write to another file.',
  });
}

function identityOf(manifest: RunManifest): RunIdentity {
  return {
    voxpop: manifest.voxpop.version,
    bundle: manifest.bundle,
    options: manifest.options,
    inputs: manifest.inputs.map(({ path, bytes, modified_at }) => ({
      path,
      bytes: bytes ?? undefined,
      modifiedMs: modified_at === null ? undefined : Date.parse(modified_at),
    })),
  };
}

async function refuseExisting(output: string, { rejectsPath, resume }: OutputRequest): Promise<void> {
  for (const path of [output, ...(resume || rejectsPath === undefined ? [] : [rejectsPath])]) {
    if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
    throw new UsageError('OUTPUT_EXISTS', `Expected a new file to write, found ${path} there already`, {
      hint: 'Replace it with --force; --resume leaves it alone if it is what this run would write.',
    });
  }
}

/** @throws UsageError naming what changed since the checkpoint */
async function requireSame({ identity: before, read }: Checkpoint, identity: RunIdentity): Promise<void> {
  let change = difference(before, identity);
  for (const [index, { path }] of identity.inputs.entries()) {
    if (change !== undefined) break;
    const begins = await beginsWith(path, read[index] as InputRead);
    if (!begins) change = `the input ${path} does not begin with what was read of it`;
  }
  if (change === undefined) return;
  throw new UsageError(
    'RESUME_CHANGED',
    `Expected the unfinished run to be the same as this one, but ${change}`,
    {
      hint: 'Start over with --force.',
    },
  );
}

/** Names what a run left unnamed that ended while giving names. */
async function finish(place: string, { rejectsPath, manifestPath }: OutputRequest): Promise<void> {
  for (const path of [place, rejectsPath, manifestPath]) if (path !== undefined) await giveName(path);
  await removeCheckpoint(place);
}

async function giveName(path: string): Promise<void> {
  await rename(partPath(path), path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await syncFolder(dirname(path));
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    throw new OutputError('OUTPUT_FAILED', `${path}: writing failed: ${(cause as Error).message}`, { cause });
  }
}
