import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../../src/pipeline/tally.ts';
import {
  blankPredictions,
  labelCountOf,
  type ShardPredictions,
  type TaskLayout,
} from '../../src/protocol.ts';
import type { Row, RowChange } from '../../src/records/row.ts';

const tasks: TaskLayout[] = [
  { name: 'mood', problemType: 'single_label_classification', labels: ['glad', 'sad'] },
  { name: 'language', problemType: 'single_label_classification', labels: ['en', '__proto__'] },
  { name: 'topic', problemType: 'multi_label_classification', labels: ['price', 'staff', 'constructor'] },
];

/** @param labels of each text */
function predicted(labels: string[][]): ShardPredictions {
  const predictions = blankPredictions(labels.length, labelCountOf(tasks));
  const all = tasks.flatMap((task) => task.labels);
  for (const [text, own] of labels.entries())
    for (const label of own) predictions.assigned[text * all.length + all.indexOf(label)] = 1;
  return predictions;
}

function row(change?: RowChange): Row {
  return { ordinal: 0, file: '-', line: 1, byteOffset: 0, texts: ['text'], change };
}

const first = {
  rows: [row(), row('new')],
  labels: [
    ['glad', 'en', 'price', 'staff'],
    ['sad', '__proto__'],
  ],
};
const second = { rows: [row('new'), row('changed')], labels: [['glad', 'en', 'constructor'], ['sad']] };

test('labels are counted, by language and of new rows, too', () => {
  const tally = new Tally(tasks);
  for (const { rows, labels } of [first, second]) tally.add(rows, predicted(labels), new Map());
  const { labels, labelsByLanguage, labelsOfNew } = tally.state;
  assert.deepEqual(labels, {
    mood: { glad: 2, sad: 2 },
    language: Object.fromEntries([
      ['en', 2],
      ['__proto__', 1],
    ]),
    topic: { price: 1, staff: 1, constructor: 1 },
  });
  assert.deepEqual(Object.keys(labelsByLanguage), ['en', '__proto__']);
  assert.deepEqual(labelsByLanguage['en']?.['mood'], { glad: 2, sad: 0 });
  // Of new rows only what came up, so that a manifest without any stays short.
  assert.deepEqual(Object.keys(labelsOfNew), ['mood', 'language', 'topic']);
  assert.deepEqual(labelsOfNew['topic'], { constructor: 1 });
  assert.deepEqual(new Tally(tasks).state.labelsOfNew, {});
});

test('a run that goes on counts as if it had never stopped', () => {
  const whole = new Tally(tasks);
  for (const { rows, labels } of [first, second]) whole.add(rows, predicted(labels), new Map());
  const before = new Tally(tasks);
  before.add(first.rows, predicted(first.labels), new Map());
  const kept = JSON.stringify(before.state);
  const after = new Tally(tasks, JSON.parse(kept) as Tally['state']);
  after.add(second.rows, predicted(second.labels), new Map());
  assert.deepEqual(after.state, whole.state);
  assert.equal(JSON.stringify(before.state), kept);
});
