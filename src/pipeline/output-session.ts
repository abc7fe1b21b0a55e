import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { RejectsError, UsageError, VoxpopError } from '../errors.ts';
import { renameDurably, writeDurably } from '../records/durable.ts';
import { isPlainFile, outputTarget, partPath } from '../records/output-paths.ts';
import type { WrittenBytes } from '../records/sink-end.ts';
import { openSink, type Sink } from '../records/sink.ts';
import { writing } from '../records/write-failure.ts';
import { removeCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint-fields.ts';
import type { RunIdentity } from './run-identity.ts';
import { findExisting, type OutputRequest, unlessForced } from './existing-output.ts';
import type { InputRead } from './input-log.ts';
import { manifestText, type RunManifest } from './manifest.ts';
import { OutputLock } from './output-lock.ts';
import { Tally } from './tally.ts';

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
  readonly #lock: OutputLock;
  /** Where checkpoints lie; undefined when the run could not be resumed. */
  readonly #resumable: string | undefined;
  /** Rows that the last checkpoint holds. */
  #savedRows = 0;
  /** Whether it says that only names are missing. */
  #isComplete = false;
  #headerBytes: number;

  private constructor(
    request: OutputRequest,
    lock: OutputLock,
    resumable: string | undefined,
    { sink, rejectsSink, resumed }: OpenFiles,
  ) {
    this.#request = request;
    this.#lock = lock;
    this.#resumable = resumable;
    this.sink = sink;
    this.rejectsSink = rejectsSink;
    this.resumed = resumed;
    this.#savedRows = resumed?.tally.counts.rows ?? 0;
    this.#headerBytes = resumed?.headerBytes ?? 0;
  }

  /**
   * Makes sure that nobody else writes the same files, decides what to do about what is there already, and opens
   * them.
   * @returns undefined when a resumed run turns out to be complete, with nothing changed since
   * @throws UsageError, OutputError; VoxpopError when another run is at work
   */
  static async open(request: OutputRequest): Promise<OutputSession | undefined> {
    const { target, identity, keepCheckpoints = true } = request;
    const output = typeof target === 'string' && (await isPlainFile(target)) ? target : undefined;
    const rereadable = identity.inputs.every(({ bytes }) => bytes !== undefined);
    if (request.resume && (output === undefined || !rereadable)) throw notResumable();
    const place = output === undefined ? undefined : await outputTarget(output);
    const resumable = rereadable && keepCheckpoints ? place : undefined;
    const lock = await OutputLock.acquire(await filesToLock(place, request));
    try {
      const existing =
        output === undefined || place === undefined
          ? undefined
          : await unlessForced(request, () => findExisting(output, place, request));
      if (existing === 'complete') {
        await lock.release();
        return undefined;
      }
      const resumed =
        existing === undefined ? undefined : await unlessForced(request, () => openFiles(request, existing));
      if (resumed === undefined && place !== undefined) {
        // Before the part file is replaced: what an older checkpoint says of it is no longer so.
        if (resumable === undefined) await writing(place, () => removeCheckpoint(place));
        else await writing(resumable, () => writeCheckpoint(resumable, claimOf(identity), request.mode));
      }
      return new OutputSession(request, lock, resumable, resumed ?? (await openFiles(request, undefined)));
    } catch (error) {
      await lock.release();
      throw error;
    }
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
  async checkpoint(tally: Tally, read: InputRead[]): Promise<void> {
    await this.sink.checkpoint();
    await this.rejectsSink?.checkpoint();
    await this.#note(tally, read, { complete: false, manifest: null });
  }

  async #note(
    tally: Tally,
    read: InputRead[],
    state: Pick<Checkpoint, 'complete' | 'manifest'>,
  ): Promise<void> {
    const place = this.#resumable;
    if (place === undefined) return;
    const checkpoint: Checkpoint = {
      checkpoint_version: 2,
      identity: this.#request.identity,
      read,
      output: writtenBy(this.sink),
      headerBytes: this.#headerBytes,
      rejects: this.rejectsSink === undefined ? null : writtenBy(this.rejectsSink),
      ...state,
      tally: tally.state,
    };
    await writing(place, () => writeCheckpoint(place, checkpoint, this.#request.mode));
    this.#savedRows = tally.counts.rows;
    this.#isComplete = state.complete;
  }

  /** A checkpoint wherever the run stands; compressed output keeps its last one, as its members end where rows say. */
  async checkpointAnywhere(tally: Tally, read: InputRead[]): Promise<void> {
    if (this.sink.compression === undefined) await this.checkpoint(tally, read);
  }

  /**
   * Gives all files their names. A crash in between is made good by the next resumed run.
   * @param manifest of what was brought to the disk by a checkpoint before
   */
  async commit(tally: Tally, read: InputRead[], manifest: RunManifest): Promise<void> {
    const { manifestPath, mode } = this.#request;
    const text = manifestText(manifest);
    const isNamed = manifestPath !== undefined && (await isPlainFile(manifestPath));
    const named = isNamed ? await outputTarget(manifestPath) : undefined;
    await this.#lock.requireHeld();
    if (named !== undefined) {
      await writing(named, () => writeDurably(partPath(named), text, mode, named));
    }
    await this.#note(tally, read, {
      complete: true,
      manifest: named === undefined ? null : { path: named, ...writtenText(text) },
    });
    await this.sink.commit();
    await this.rejectsSink?.commit();
    if (named !== undefined) await writing(named, () => renameDurably(partPath(named), named));
    else if (manifestPath !== undefined) {
      await writing(manifestPath, () => appendFile(manifestPath, text));
    }
    const place = this.#resumable;
    if (place !== undefined) await writing(place, () => removeCheckpoint(place));
    await this.#lock.release();
  }

  /**
   * Ends without an output. What the last checkpoint holds is kept, to be resumed; rejects that were too many
   * are kept in any case, to be looked at.
   * @returns how many rows are kept
   */
  async stop(error: unknown): Promise<number> {
    // What was read of an input that changed since is of no use.
    const isStale = error instanceof VoxpopError && error.code === 'INPUT_CHANGED';
    const isWorthIt = this.#savedRows > 0 || this.#isComplete;
    const keep = !isStale && this.#resumable !== undefined && isWorthIt;
    await (keep ? this.sink.suspend() : this.sink.abort());
    await (keep || error instanceof RejectsError ? this.rejectsSink?.suspend() : this.rejectsSink?.abort());
    if (!keep && this.#resumable !== undefined) await forgetCheckpoint(this.#resumable);
    await this.#lock.release();
    return keep ? this.#savedRows : 0;
  }
}

/** Where a run ends with an error: that is what is told, and not this one. */
async function forgetCheckpoint(place: string): Promise<void> {
  try {
    await removeCheckpoint(place);
  } catch {
    // It says nothing that a later run could not do without.
  }
}

function notResumable(): UsageError {
  return new UsageError('RESUME_IMPOSSIBLE', 'Expected files as input and output to resume, found a stream', {
    hint: 'Name them: `voxpop score <input> -o <output> --resume`.',
  });
}

/** The files themselves, where they are named by links; devices and pipes may be written by many. */
async function filesToLock(
  place: string | undefined,
  { rejectsPath, manifestPath }: OutputRequest,
): Promise<string[]> {
  const files = place === undefined ? [] : [place];
  for (const path of [rejectsPath, manifestPath]) {
    if (path !== undefined && (await isPlainFile(path))) files.push(await outputTarget(path));
  }
  return files;
}

/** The files of a run that has begun. */
interface OpenFiles {
  sink: Sink;
  rejectsSink: Sink | undefined;
  resumed: Checkpoint | undefined;
}

/** Opens the files of a run; none is left behind when one cannot be opened. */
async function openFiles(
  { target, gzip, rejectsPath, mode }: OutputRequest,
  resumed: Checkpoint | undefined,
): Promise<OpenFiles> {
  const sink = await openSink(target, {
    mode,
    ...(resumed === undefined ? {} : { resume: resumed.output }),
    ...(gzip === undefined ? {} : { gzip }),
  });
  if (rejectsPath === undefined) return { sink, rejectsSink: undefined, resumed };
  try {
    const resume = resumed?.rejects ?? undefined;
    const options = { mode, gzip: false, ...(resume === undefined ? {} : { resume }) };
    return { sink, rejectsSink: await openSink(rejectsPath, options), resumed };
  } catch (error) {
    await (resumed === undefined ? sink.abort() : sink.suspend());
    throw error;
  }
}

/** Says that a run has begun here, before there is anything to go on from. */
function claimOf(identity: RunIdentity): Checkpoint {
  const nothing = writtenText('');
  return {
    checkpoint_version: 2,
    identity,
    read: identity.inputs.map(() => nothing),
    output: nothing,
    headerBytes: 0,
    rejects: null,
    complete: false,
    manifest: null,
    tally: new Tally([]).state,
  };
}

function writtenBy(sink: Sink): WrittenBytes {
  return { bytes: sink.bytesWritten, sha256: sink.sha256() };
}

function writtenText(text: string): WrittenBytes {
  return { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}
