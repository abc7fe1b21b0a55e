import { appendFile, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { OutputError, RejectsError, UsageError, VoxpopError } from '../errors.ts';
import { renameDurably, writeDurably } from '../records/durable.ts';
import { isPlainFile, outputTarget, partPath } from '../records/output-paths.ts';
import { openSink, type Sink } from '../records/sink.ts';
import {
  type Checkpoint,
  identityChange,
  isAtWork,
  ownToken,
  readCheckpoint,
  removeCheckpoint,
  type RunIdentity,
  writeCheckpoint,
} from './checkpoint.ts';
import { beginsWith, type InputRead } from './input-log.ts';
import { identityOfManifest, manifestPathOf, manifestText, type RunManifest } from './manifest.ts';
import { readManifest } from './read-manifest.ts';
import { Tally } from './tally.ts';

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
  /** False for work that is sooner done again than resumed. */
  keepCheckpoints?: boolean;
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
  #headerBytes: number;

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
    this.#headerBytes = resumed?.headerBytes ?? 0;
  }

  /**
   * Decides what to do about what is there already, and opens the files.
   * @returns undefined when a resumed run turns out to be complete, with nothing changed since
   * @throws UsageError, OutputError
   */
  static async open(request: OutputRequest): Promise<OutputSession | undefined> {
    const { target, identity, force, keepCheckpoints = true } = request;
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
    const own = unfinished === undefined ? undefined : await takeOver(unfinished, request);
    if (place !== undefined && own?.complete === true) {
      await finish(place, request);
      return undefined;
    }
    // An unfinished run was allowed to replace what is there.
    if (output !== undefined && own === undefined) {
      if (request.resume && (await isComplete(output, request))) return undefined;
      if (!force) await refuseExisting(output, request);
    }
    // A run that ended before its first checkpoint has only claimed its place.
    const resumed = own !== undefined && own.tally.counts.rows > 0 ? own : undefined;
    const resumable = rereadable && keepCheckpoints ? place : undefined;
    // Before the part file is replaced: what an older checkpoint says of it is no longer so.
    if (resumed === undefined && place !== undefined) {
      if (resumable === undefined) await removeCheckpoint(place);
      else await writing(resumable, () => writeCheckpoint(resumable, claimOf(identity)));
    }
    return new OutputSession(request, resumable, await openSinks(request, resumed), resumed);
  }

  /** Bytes at the start that `writeHeader` set apart, compressed where the output is. */
  get headerBytes(): number {
    return this.#headerBytes;
  }

  /**
   * To be called once, before the first rows; not by a run that goes on from another one.
   * @param apart whether the header can be cut off again, a member of its own in gzip
   */
  async writeHeader(header: string, apart: boolean): Promise<void> {
    await this.sink.write(header);
    if (!apart) return;
    await this.sink.checkpoint();
    this.#headerBytes = this.sink.bytesWritten;
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
        headerBytes: this.#headerBytes,
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
    const isNamed = manifestPath !== undefined && (await isPlainFile(manifestPath));
    if (isNamed) {
      await writing(manifestPath, () => writeDurably(partPath(manifestPath), manifestText(manifest)));
    }
    await this.checkpoint(tally, read, true);
    await this.sink.commit();
    await this.rejectsSink?.commit();
    if (isNamed) await writing(manifestPath, () => renameDurably(partPath(manifestPath), manifestPath));
    else if (manifestPath !== undefined) {
      await writing(manifestPath, () => appendFile(manifestPath, manifestText(manifest)));
    }
    if (this.#resumable !== undefined) await removeCheckpoint(this.#resumable);
  }

  /**
   * Ends without an output. What the last checkpoint holds is kept, to be resumed; rejects that were too many
   * are kept in any case, to be looked at.
   * @returns how many rows are kept
   */
  async stop(error: unknown): Promise<number> {
    // What was read of an input that changed since is of no use.
    const isStale = error instanceof VoxpopError && error.code === 'INPUT_CHANGED';
    const keep = !isStale && this.#resumable !== undefined && this.#savedRows > 0;
    await (keep ? this.sink.suspend() : this.sink.abort());
    await (keep || error instanceof RejectsError ? this.rejectsSink?.suspend() : this.rejectsSink?.abort());
    if (keep) return this.#savedRows;
    if (this.#resumable !== undefined) await removeCheckpoint(this.#resumable);
    return 0;
  }
}

/** The sinks of a run; none is left behind when one cannot be opened. */
async function openSinks(
  { target, gzip, rejectsPath }: OutputRequest,
  resumed: Checkpoint | undefined,
): Promise<{ sink: Sink; rejectsSink: Sink | undefined }> {
  const at = (bytes: number | undefined): { resumeAt?: number } =>
    bytes === undefined ? {} : { resumeAt: bytes };
  const sink = await openSink(target, {
    ...at(resumed?.outputBytes),
    ...(gzip === undefined ? {} : { gzip }),
  });
  if (rejectsPath === undefined) return { sink, rejectsSink: undefined };
  try {
    return { sink, rejectsSink: await openSink(rejectsPath, { ...at(resumed?.rejectsBytes), gzip: false }) };
  } catch (error) {
    await (resumed === undefined ? sink.abort() : sink.suspend());
    throw error;
  }
}

/** Says who writes here, before there is anything to go on from. */
function claimOf(identity: RunIdentity): Checkpoint {
  const read = identity.inputs.map(() => ({ bytes: 0, sha256: '' }));
  const bytes = { outputBytes: 0, headerBytes: 0, rejectsBytes: 0 };
  const start = { identity, writer: ownToken(), complete: false, read, ...bytes };
  return { checkpoint_version: 1, ...start, tally: new Tally([]).state };
}

/**
 * The unfinished run, if this one is to go on with it.
 * @throws UsageError when it is not the same run, or nobody said what to do about it
 */
async function takeOver(
  unfinished: Checkpoint,
  { identity, resume, force }: OutputRequest,
): Promise<Checkpoint | undefined> {
  const rows = unfinished.tally.counts.rows;
  if (!resume) {
    if (force || rows === 0) return undefined;
    throw new UsageError(
      'OUTPUT_UNFINISHED',
      `Expected no unfinished run, found one with ${rows} rows done`,
      {
        hint: 'Go on with it: --resume. Start over: --force.',
      },
    );
  }
  const change = await changeSince(unfinished, identity);
  if (change === undefined) return unfinished;
  if (force) return undefined;
  throw new UsageError(
    'RESUME_CHANGED',
    `Expected the unfinished run to be the same as this one, but ${change}`,
    {
      hint: 'Start over with --force.',
    },
  );
}

/** Where the manifest of an output goes unless told otherwise; devices and pipes get none. */
export async function usualManifestPath(output: string | undefined): Promise<string | undefined> {
  return output !== undefined && (await isPlainFile(output)) ? manifestPathOf(output) : undefined;
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

/**
 * Whether the output is there, as its manifest says, and this run would write the same.
 * @throws UsageError naming what differs, unless it may be replaced
 */
async function isComplete(
  output: string,
  { manifestPath, identity, force }: OutputRequest,
): Promise<boolean> {
  const info = await stat(output).catch(() => undefined);
  if (info === undefined) return false;
  const change = await changeOf(output, info.size, manifestPath, identity);
  if (change === undefined) return true;
  if (force) return false;
  throw new UsageError(
    'OUTPUT_DIFFERS',
    `Expected ${output} to be what this run would write, but ${change}`,
    {
      hint: 'Replace it with --force (--resume --force where both may be needed), or write to another file.',
    },
  );
}

/** Why a finished output is not what a run would write, in words. */
async function changeOf(
  output: string,
  size: number,
  manifestPath: string | undefined,
  identity: RunIdentity,
): Promise<string | undefined> {
  const manifest = manifestPath === undefined ? undefined : await readManifest(manifestPath);
  if (manifest === undefined) return 'it has no manifest to tell what it was made from';
  const change = identityChange(identityOfManifest(manifest), identity);
  if (change !== undefined) return change;
  const { bytes, sha256 } = manifest.output;
  const isWhole = size === bytes && (await beginsWith(output, { bytes, sha256 }));
  return isWhole ? undefined : 'it was changed since it was written';
}

async function refuseExisting(output: string, { rejectsPath }: OutputRequest): Promise<void> {
  for (const path of [output, ...(rejectsPath === undefined ? [] : [rejectsPath])]) {
    if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
    throw new UsageError('OUTPUT_EXISTS', `Expected a new file to write, found ${path} there already`, {
      hint: 'Replace it with --force; --resume leaves it alone if it is what this run would write.',
    });
  }
}

/** What changed since the checkpoint, in words. */
async function changeSince(
  { identity: before, read }: Checkpoint,
  identity: RunIdentity,
): Promise<string | undefined> {
  const change = identityChange(before, identity);
  if (change !== undefined) return change;
  for (const [index, { path }] of identity.inputs.entries()) {
    if (await beginsWith(path, read[index] as InputRead)) continue;
    return `the input ${path} does not begin with what was read of it`;
  }
  return undefined;
}

/** Names what a run left unnamed that ended while giving names. */
async function finish(place: string, { rejectsPath, manifestPath }: OutputRequest): Promise<void> {
  for (const path of [place, rejectsPath, manifestPath]) {
    if (path !== undefined) {
      const target = await outputTarget(path);
      await renameDurably(partPath(target), target);
    }
  }
  await removeCheckpoint(place);
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    throw new OutputError('OUTPUT_FAILED', `${path}: writing failed: ${(cause as Error).message}`, { cause });
  }
}
