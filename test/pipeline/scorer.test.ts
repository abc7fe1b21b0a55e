import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { mapLabels } from '../../src/pipeline/label-map.ts';
import type { PoolOptions } from '../../src/pipeline/pool.ts';
import { Scorer } from '../../src/pipeline/scorer.ts';
import type { TaskLayout } from '../../src/protocol.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { repositoryRoot } from '../support/paths.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { waitUntil } from '../support/wait-until.ts';

const sentiment: TaskLayout = {
  name: 'sentiment',
  problemType: 'single_label_classification',
  labels: ['negative', 'neutral', 'positive'],
};

function scorer(
  t: TestContext,
  { isPure = true, ...more }: { isPure?: boolean; bundlePath?: string; pool?: PoolOptions } = {},
): Scorer {
  const made = new Scorer({
    settings: {
      bundlePath: more.bundlePath ?? fixtureBundle,
      bundleSha256: undefined,
      tasks: ['sentiment'],
      thresholds: {},
      maxBatchTokens: 512,
      deterministic: false,
      keepNonAnswers: false,
      readWhole: false,
    },
    pool: more.pool ?? { workers: 1, timeoutMs: Infinity },
    mapped: mapLabels([sentiment], { sentiment: { negative: 'other', neutral: 'other' } }),
    isPure,
    earlier: undefined,
  });
  t.after(() => made.close());
  return made;
}

test('a shard comes back under the labels that are written, and repeats are not scored again', async (t) => {
  const made = scorer(t);
  const texts = ['great service', 'terrible food'];
  const first = await made.score({ texts });
  assert.deepEqual(first.failures, []);
  // Two labels per text: `other`, which two of the model's were merged into, and `positive`.
  assert.deepEqual([...first.predictions.assigned], [0, 1, 1, 0]);
  const again = await made.score({ texts });
  assert.deepEqual([...again.predictions.scores], [...first.predictions.scores]);
  assert.deepEqual([again.predictions.counts.duplicates, again.predictions.counts.tokens], [2, 0]);
});

test('where neighbours have an influence nothing is taken from an earlier shard', async (t) => {
  const made = scorer(t, { isPure: false });
  for (let time = 0; time < 2; time++) {
    const { predictions } = await made.score({ texts: ['great service'] });
    assert.equal(predictions.counts.duplicates, 0);
    assert.ok(predictions.counts.tokens > 0);
  }
});

test('no worker is there before the run begins, and one is from then on', async (t) => {
  const folder = scratchDirectory(t);
  const filename = join(repositoryRoot, 'dist', 'test', 'support', 'unreliable-worker.js');
  const pool = { workers: 1, timeoutMs: Infinity, overrides: { filename } };
  const made = (): Scorer => scorer(t, { bundlePath: `marks its start in ${folder}`, pool });
  await made().close();
  const begun = made();
  assert.deepEqual(readdirSync(folder), []);
  begun.start();
  await waitUntil(undefined, 'a worker', () => readdirSync(folder).length === 1);
});
