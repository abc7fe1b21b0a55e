import { appendFile } from 'node:fs/promises';
import { OutputError, RejectsError, UsageError, VoxpopError } from '../errors.ts';
import { renameDurably, writeDurably } from '../records/durable.ts';
import { isPlainFile, outputTarget, partPath } from '../records/output-paths.ts';
import { openSink, type Sink } from '../records/sink.ts';
import {
  type Checkpoint,
  ownToken,
  removeCheckpoint,
  type RunIdentity,
  writeCheckpoint,
} from './checkpoint.ts';
import {
  findUnfinished,
  isComplete,
  type OutputRequest,
  refuseExisting,
  takeOver,
} from './existing-output.ts';
import type { InputRead } from './input-log.ts';
import { manifestText, type RunManifest } from './manifest.ts';
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
    const unfinished = place === undefined ? undefined : await findUnfinished(place, force);
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
