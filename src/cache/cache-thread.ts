import { parentPort, workerData } from 'node:worker_threads';
import { OutputError, UsageError } from '../errors.ts';
import { CacheLevels } from './cache-levels.ts';
import {
  type CacheFault,
  type CacheReply,
  type CacheRequest,
  type CacheSettings,
  splitTexts,
} from './messages.ts';

/**
 * The thread that holds the caches of a run: it hashes texts, looks them up, and waits for the disk, while the main
 * thread reads and writes rows. Requests are answered in their order.
 */
function run(settings: CacheSettings): void {
  let levels: CacheLevels;
  try {
    levels = new CacheLevels(settings);
  } catch (error) {
    reply({ kind: 'refused', fault: toFault(error) });
    return;
  }
  reply({ kind: 'opened', notices: levels.takeNotices() });
  parentPort?.on('message', (request: CacheRequest) => {
    switch (request.kind) {
      case 'find': {
        const found = levels.find(splitTexts(request.texts), request.lookup);
        const { scores, assigned, flags } = found.predictions;
        const transferred = [scores, assigned, flags, found.isHit].map(({ buffer }) => buffer);
        reply({ kind: 'found', found, notices: levels.takeNotices() }, transferred as ArrayBuffer[]);
        return;
      }
      case 'keep':
        levels.keep(request.ticket, request.predictions);
        return;
      case 'drop':
        levels.drop(request.ticket);
        return;
      case 'close':
        reply({ kind: 'closed', end: levels.close(), notices: levels.takeNotices() });
        parentPort?.close();
    }
  });
}

function reply(message: CacheReply, transferred: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transferred);
}

function toFault(error: unknown): CacheFault {
  if (error instanceof UsageError || error instanceof OutputError) {
    const { name, code, message, hint } = error;
    return { kind: name as CacheFault['kind'], code, message, hint };
  }
  throw error;
}

run(workerData as CacheSettings);
