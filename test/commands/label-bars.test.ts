import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelBars } from '../../src/commands/label-bars.ts';
import type { TaskLayout } from '../../src/protocol.ts';

const tasks: TaskLayout[] = [
  { name: 'mood', problemType: 'single_label_classification', labels: ['good', 'bad'] },
  { name: 'gate', problemType: 'single_label_classification', labels: ['something', 'nothing'] },
  { name: 'topic', problemType: 'multi_label_classification', labels: ['room', 'staff'] },
];

/** Label and share of each bar. */
function shares(
  labels: Record<string, Record<string, number>>,
  scored: number,
  textsPerRow: number,
): string[] {
  return labelBars(labels, { tasks, scored, textsPerRow }).flatMap((line) => {
    const [, label = '', share = ''] = /^ {2}(\w+).* ([\d.]+%)/.exec(line) ?? [];
    return label === '' ? [] : [`${label} ${share}`];
  });
}

test('shares of the task that tells feedback from none are of all rows that it labels', () => {
  const labels = {
    mood: { good: 8, bad: 2 },
    gate: { something: 10, nothing: 10 },
    topic: { room: 5, staff: 10 },
  };
  assert.deepEqual(shares(labels, 10, 1), [
    'good 80.0%',
    'bad 20.0%',
    'something 50.0%',
    'nothing 50.0%',
    'staff 100.0%',
    'room 50.0%',
  ]);
});

test('rows of two texts have shares of texts', () => {
  const labels = { mood: { good: 15, bad: 5 }, topic: { room: 5, staff: 20 } };
  assert.deepEqual(shares({ ...labels, gate: { something: 20, nothing: 4 } }, 10, 2), [
    'good 75.0%',
    'bad 25.0%',
    'staff 100.0%',
    'room 25.0%',
    'something 83.3%',
    'nothing 16.7%',
  ]);
});

test('what has no label of a task is seen', () => {
  assert.deepEqual(shares({ mood: { good: 5, bad: 0 } }, 10, 1), ['good 50.0%']);
});
