import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextPredictions } from '../../src/evaluate/baseline.ts';

const tasks = [
  { name: 'sentiment', labels: ['negative', 'neutral', 'positive'] },
  { name: 'topic', labels: Array.from({ length: 13 }, (_, index) => `topic_${index}`) },
];

test('predictions of a baseline come back by text', () => {
  const held = new TextPredictions(tasks);
  held.add('good', [[2], [0, 7, 8, 12]]);
  held.add('bad', [[0], []]);
  held.add('good', [[0], []]);
  assert.equal(held.texts, 2);
  assert.deepEqual(held.find('good'), [['positive'], ['topic_0', 'topic_7', 'topic_8', 'topic_12']]);
  assert.deepEqual(held.find('bad'), [['negative'], []]);
  assert.equal(held.find('unknown'), undefined);
});

test('100,000 texts make a baseline of less than 2 MB', () => {
  const held = new TextPredictions(tasks);
  for (let text = 0; text < 100_000; text++) held.add(`text ${text}`, [[text % 3], [text % 13]]);
  const json = JSON.stringify(held);
  assert.ok(json.length < 2e6, `${json.length} bytes`);
  assert.deepEqual(held.find('text 77777'), [['positive'], [`topic_${77777 % 13}`]]);
});
