import type { Writable } from 'node:stream';
import { type SinkEnd, unnamedEnd } from './sink-end.ts';
import { ReaderGoneError, streamFailure } from './write-failure.ts';

/** Opens a stream for a sink to write to; it is never ended or destroyed. */
export function openStreamEnd(stream: Writable): SinkEnd {
  let failure: unknown;
  let interrupt: (() => void) | undefined;
  // Without a listener a closed pipe would end the process before its error reaches `write`. It stays,
  // because the error may come after the last write.
  stream.on('error', (error) => {
    failure ??= error;
  });
  // A write in flight when a stream is destroyed may never be called back.
  stream.on('close', () => interrupt?.());
  return {
    ...unnamedEnd(),
    async write(bytes) {
      const error = await new Promise<unknown>((resolve) => {
        interrupt = () => resolve(failure ?? new ReaderGoneError(undefined));
        stream.write(bytes, (problem) => resolve(problem ?? undefined));
      });
      if (error !== undefined) throw streamFailure(stream.errored ?? failure ?? error);
    },
  };
}
