/** A worker that does as its texts say: tests of the pool drive it. */
import { existsSync, writeFileSync } from 'node:fs';
import { parentPort, threadId } from 'node:worker_threads';
import { workerData } from 'piscina';
import type { Shard, ShardReply, WorkerLoaded, WorkerSettings } from '../../src/protocol.ts';

const { bundlePath } = workerData as WorkerSettings;

if (bundlePath === 'dies at start') process.exit(3);

parentPort?.postMessage({ loaded: threadId } satisfies WorkerLoaded);

export default ({ texts }: Shard): ShardReply => {
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
    if (text === 'memory') {
      const hoard: number[][] = [];
      for (;;) hoard.push(Array.from({ length: 1e6 }, () => Math.random()));
    }
    if (text === 'model fails') {
      return { fault: { kind: 'PredictError', code: 'MODEL_FAILED', message: 'no', hint: undefined } };
    }
    if (text === 'bundle fails') {
      return { fault: { kind: 'BundleError', code: 'ONNX_INVALID', message: 'no', hint: undefined } };
    }
  }
  return {
    predictions: {
      scores: Float32Array.from(texts, (text) => text.length),
      assigned: new Uint8Array(texts.length),
      flags: new Uint8Array(texts.length),
      counts: { duplicates: 0, tokens: texts.length, paddedTokens: 0, batches: 1 },
    },
  };
};
