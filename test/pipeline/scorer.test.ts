import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { mapLabels } from '../../src/pipeline/label-map.ts';
import { Scorer } from '../../src/pipeline/scorer.ts';
import type { TaskLayout } from '../../src/protocol.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';

const sentiment: TaskLayout = {
  name: 'sentiment',
  problemType: 'single_label_classification',
  labels: ['negative', 'neutral', 'positive'],
};

function scorer(t: TestContext, isPure: boolean): Scorer {
  const made = new Scorer({
    settings: {
      bundlePath: fixtureBundle,
      bundleSha256: undefined,
      tasks: ['sentiment'],
      thresholds: {},
      maxBatchTokens: 512,
      deterministic: false,
      keepNonAnswers: false,
      readWhole: false,
    },
    pool: { workers: 1, timeoutMs: Infinity },
    mapped: mapLabels([sentiment], { sentiment: { negative: 'other', neutral: 'other' } }),
    isPure,
    earlier: undefined,
  });
  t.after(() => made.close());
  return made;
}

test('a shard comes back under the labels that are written, and repeats are not scored again', async (t) => {
  const made = scorer(t, true);
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
  const made = scorer(t, false);
  for (let time = 0; time < 2; time++) {
    const { predictions } = await made.score({ texts: ['great service'] });
    assert.equal(predictions.counts.duplicates, 0);
    assert.ok(predictions.counts.tokens > 0);
  }
});
