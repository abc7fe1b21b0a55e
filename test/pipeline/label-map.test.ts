import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { InputError, UsageError } from '../../src/errors.ts';
import { mapLabels, readLabelMap } from '../../src/pipeline/label-map.ts';
import type { ShardPredictions, TaskLayout } from '../../src/protocol.ts';
import { scratchDirectory } from '../support/scratch.ts';

const tasks: TaskLayout[] = [
  {
    name: 'sentiment',
    problemType: 'single_label_classification',
    labels: ['negative', 'neutral', 'positive'],
  },
  { name: 'topic', problemType: 'multi_label_classification', labels: ['food', 'staff', 'drink'] },
];

/** Two texts: negative with food and drink, positive with nothing. */
const predictions: ShardPredictions = {
  scores: Float32Array.of(0.5, 0.25, 0.25, 0.75, 0.125, 0.5, 0, 0.25, 0.75, 0.25, 0.25, 0.125),
  assigned: Uint8Array.of(1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0),
  flags: Uint8Array.of(0, 0),
  counts: { duplicates: 0, tokens: 0, paddedTokens: 0, batches: 0 },
};

test('labels are renamed, and merged under the highest of their scores', () => {
  const { tasks: mapped, apply } = mapLabels(tasks, {
    sentiment: { negative: 'detractor' },
    topic: { food: 'menu', drink: 'menu' },
  });
  assert.deepEqual(
    mapped.map(({ labels }) => labels),
    [
      ['detractor', 'neutral', 'positive'],
      ['menu', 'staff'],
    ],
  );
  const { scores, assigned } = apply(predictions);
  assert.deepEqual([...scores], [0.5, 0.25, 0.25, 0.75, 0.125, 0, 0.25, 0.75, 0.25, 0.25]);
  assert.deepEqual([...assigned], [1, 0, 0, 1, 0, 0, 0, 1, 0, 0]);
});

test('an empty map changes nothing', () => {
  const { tasks: mapped, apply } = mapLabels(tasks, {});
  assert.deepEqual(mapped, tasks);
  assert.deepEqual(apply(predictions), predictions);
});

test('an unknown task or label is an error that lists the known ones', () => {
  assert.throws(() => mapLabels(tasks, { mood: {} }), UsageError);
  assert.throws(
    () => mapLabels(tasks, { topic: { foood: 'Menu' } }),
    (error: UsageError) => error.message.includes('food, staff, drink') && error.message.includes('foood'),
  );
});

test('a file that is no map says so', async (context) => {
  const directory = scratchDirectory(context);
  const wrong = ['[]', '{', '{"topic": {"food": 1}}', '{"topic": {"food": "a;b"}}', '{"topic": "Menu"}'];
  for (const [index, text] of wrong.entries()) {
    const file = join(directory, `${index}.json`);
    writeFileSync(file, text);
    await assert.rejects(readLabelMap(file), InputError, text);
  }
  await assert.rejects(readLabelMap(join(directory, 'missing.json')), InputError);
  const file = join(directory, 'right.json');
  writeFileSync(file, '{"topic": {"food": "Menu"}}');
  assert.deepEqual(await readLabelMap(file), { topic: { food: 'Menu' } });
});
