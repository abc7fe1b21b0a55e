/** A worker that does as its texts say: tests of the pool drive it. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, threadId } from 'node:worker_threads';
import { workerData } from 'piscina';
import {
  blankPredictions,
  type ShardReply,
  type ShardRequest,
  type WorkerAlive,
  type WorkerLoaded,
  type WorkerSettings,
} from '../../src/protocol.ts';

const { bundlePath } = workerData as WorkerSettings;

if (bundlePath === 'dies at start') process.exit(3);
const marksIn = /^marks its start in (.*)$/.exec(bundlePath)?.[1];
if (marksIn !== undefined) writeFileSync(join(marksIn, String(threadId)), '');

parentPort?.postMessage({ loaded: threadId } satisfies WorkerLoaded);

export default ({ id, texts }: ShardRequest): ShardReply => {
  parentPort?.postMessage({ alive: id, phase: 'texts', thread: threadId } satisfies WorkerAlive);
  for (const text of texts) {
    if (text === 'exit') process.exit(7);
    if (text === 'throw') throw new Error('thrown in the worker');
    if (text.startsWith('exit once ')) {
      const mark = text.slice('exit once '.length);
      if (!existsSync(mark)) {
        writeFileSync(mark, '');
        process.exit(7);
      }
    }
    if (text === 'sleep') sleepForEver();
    if (text === 'memory') {
      const hoard: number[][] = [];
      for (;;) hoard.push(Array.from({ length: 1e6 }, () => Math.random()));
    }
    if (text === 'model fails') {
      return {
        fault: { kind: 'PredictError', code: 'MODEL_FAILED', exitCode: 1, message: 'no', hint: undefined },
      };
    }
    if (text === 'bundle fails') {
      return {
        fault: { kind: 'BundleError', code: 'ONNX_INVALID', exitCode: 2, message: 'no', hint: undefined },
      };
    }
  }
  return {
    predictions: {
      scores: Float32Array.from(texts, (text) => text.length),
      assigned: new Uint8Array(texts.length),
      flags: new Uint8Array(texts.length),
      counts: { ...blankPredictions(0, 0).counts, tokens: texts.length, batches: 1 },
    },
  };
};

/** Until the thread is ended. */
function sleepForEver(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
