import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { exitCodes, memoryShortage, UsageError } from '../../src/errors.ts';
import { WorkerPool } from '../../src/pipeline/pool.ts';
import { type RobustPredictions, scoreRobustly } from '../../src/pipeline/robust.ts';
import { modelTooLargeOn } from '../support/broken-models.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { repositoryRoot } from '../support/paths.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const worker = join(repositoryRoot, 'dist', 'test', 'support', 'unreliable-worker.js');

function unreliablePool(
  t: TestContext,
  bundlePath = '',
  options: { timeoutMs?: number; signal?: AbortSignal; atOnce?: boolean } = {},
): WorkerPool {
  const rest = { bundleSha256: undefined, tasks: undefined, thresholds: {}, maxBatchTokens: 1 };
  const pool = new WorkerPool(
    { bundlePath, ...rest, deterministic: false, keepNonAnswers: false, readWhole: false },
    {
      workers: 2,
      timeoutMs: Infinity,
      ...options,
      overrides: {
        filename: worker,
        resourceLimits: { maxOldGenerationSizeMb: 64 },
        loadTimeoutMs: Infinity,
      },
    },
  );
  t.after(() => pool.close());
  return pool;
}

/** A pool of one worker as it is. */
function poolOf(t: TestContext, bundlePath: string, bundleSha256?: string): WorkerPool {
  const settings = { bundlePath, bundleSha256, tasks: undefined, thresholds: {}, maxBatchTokens: 512 };
  const pool = new WorkerPool(
    { ...settings, deterministic: false, keepNonAnswers: false, readWhole: false },
    { workers: 1, timeoutMs: Infinity },
  );
  t.after(() => pool.close());
  return pool;
}

async function score(pool: WorkerPool, texts: string[]): Promise<RobustPredictions> {
  return scoreRobustly({ texts }, (shard) => pool.score(shard), 1);
}

const others = Array.from({ length: 20 }, (_, index) => 'x'.repeat(index + 1));

for (const [name, bad, code, message] of [
  ['exits', 'exit', 'WORKER_DIED', /worker exited with code: 7/],
  ['throws', 'throw', 'WORKER_DIED', /thrown in the worker/],
  ['runs out of memory', 'memory', 'WORKER_DIED', /memory limit/],
  ['cannot score a text', 'model fails', 'MODEL_FAILED', /no/],
] as const) {
  test(`a worker that ${name} costs the text that made it, and no other`, async (t) => {
    const pool = unreliablePool(t);
    const { predictions, failures } = await score(pool, [...others.slice(0, 13), bad, ...others.slice(13)]);
    assert.deepEqual(
      failures.map(({ text, code: found }) => [text, found]),
      [[13, code]],
    );
    assert.match(failures[0]?.message ?? '', message);
    assert.deepEqual(
      [...predictions.scores],
      [...others.slice(0, 13), '', ...others.slice(13)].map((text) => text.length),
    );
    assert.equal(predictions.counts.tokens, 20);
    // The pool goes on with new workers.
    assert.equal((await score(pool, others)).failures.length, 0);
  });
}

test('a worker is started when there is a shard for it, or all at once where that is asked for', async (t) => {
  const marked = (name: string): { path: string; count: () => number } => {
    const path = join(scratchDirectory(t), name);
    mkdirSync(path);
    return { path, count: () => readdirSync(path).length };
  };
  const starts = marked('one by one');
  const pool = unreliablePool(t, `marks its start in ${starts.path}`);
  await score(pool, others);
  await score(pool, others);
  assert.equal(starts.count(), 1);
  await Promise.all([score(pool, others), score(pool, others), score(pool, others)]);
  await waitUntil(undefined, 'a second worker', () => starts.count() === 2);
  await pool.close();
  assert.equal(starts.count(), 2);

  const all = marked('at once');
  unreliablePool(t, `marks its start in ${all.path}`, { atOnce: true });
  await waitUntil(undefined, 'two workers', () => all.count() === 2);
});

test('a worker that dies for a reason outside the shard costs nothing', async (t) => {
  const mark = join(scratchDirectory(t), 'died');
  const { failures, predictions } = await score(unreliablePool(t), [...others, `exit once ${mark}`]);
  assert.deepEqual(failures, []);
  assert.equal(predictions.flags.length, 21);
});

test("a bundle that cannot be loaded is no row's fault", async (t) => {
  await assert.rejects(score(unreliablePool(t), ['a', 'bundle fails', 'b']), { name: 'BundleError' });
});

test('workers that die while they start end the run, they do not hang it', async (t) => {
  const pool = unreliablePool(t, 'dies at start');
  // The first shards die with the workers that hold them, and the next finds none.
  await score(pool, ['a']).catch(() => {});
  await assert.rejects(score(pool, ['a', 'b']), { code: 'NO_WORKERS', exitCode: 1 });
});

test('a worker that falls silent is ended, and costs the text that made it, and no other', async (t) => {
  const pool = unreliablePool(t, '', { timeoutMs: 4000 });
  const { predictions, failures } = await score(pool, ['a', 'bb', 'sleep']);
  assert.deepEqual(
    failures.map(({ text, code, message }) => [text, code, message]),
    [[2, 'WORKER_TIMEOUT', 'a worker thread gave no sign of life for 4 s']],
  );
  assert.deepEqual([...predictions.scores], [1, 2, 0]);
  assert.equal((await score(pool, others)).failures.length, 0);
});

test('an interruption does not wait for ever for a worker', async (t) => {
  const controller = new AbortController();
  const pool = unreliablePool(t, '', { signal: controller.signal });
  const scored = score(pool, ['sleep']);
  const reason = new Error('interrupted');
  controller.abort(reason);
  await assert.rejects(scored, reason);
});

test("memory that is short is no row's fault", async (t) => {
  const bundlePath = writeBundle(join(scratchDirectory(t), 'large'), { model: modelTooLargeOn('terrible') });
  const pool = poolOf(t, bundlePath);
  assert.equal((await score(pool, ['good'])).failures.length, 0);
  await assert.rejects(score(pool, ['good', 'terrible']), {
    code: 'OUT_OF_MEMORY',
    exitCode: exitCodes.failed,
    message: /^Expected enough memory to go on, found too little: /,
  });
});

test('an error that quotes words about memory is not about memory', () => {
  const quoting = new UsageError('INPUT_NOT_FOUND', 'std::bad_alloc.csv: expected a file', {
    cause: Object.assign(new Error("ENOENT: open 'ENOMEM'"), { code: 'ENOENT' }),
  });
  assert.equal(memoryShortage(quoting), undefined);
  assert.equal(memoryShortage(new RangeError('Array buffer allocation failed'))?.exitCode, exitCodes.failed);
});

test('a bundle that was replaced since it was checked scores nothing', async (t) => {
  const pool = poolOf(t, fixtureBundle, 'f'.repeat(64));
  await assert.rejects(score(pool, ['good']), {
    code: 'BUNDLE_CHANGED',
    exitCode: 1,
    message:
      /expected the bundle as it was when the run began \(ffffffffffff\), found another \([0-9a-f]{12}\)$/,
  });
});
