import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutOpposites, layoutPairs, pairLabels, settleClauses } from '../../src/pipeline/label-pairs.ts';
import { blankPredictions, type TaskLayout } from '../../src/protocol.ts';

const tasks: TaskLayout[] = [
  { name: 'mood', problemType: 'single_label_classification', labels: ['bad', 'good', 'so_so'] },
  { name: 'thing', problemType: 'multi_label_classification', labels: ['room', 'staff'] },
];
const pairing = { task: 'thing', with: 'mood', both: { labels: ['bad', 'good'], label: 'so_so' } };
const pairs = [pairing as typeof pairing & { both: { labels: [string, string] } }];

/** Pairs of a text, given the scores of the text and of its sentences, bad good so_so room staff each. */
function pairsOf(...rows: [number, number, number, number, number][]): string {
  const assigned = rows.flatMap(([bad, good, both, room, staff]) => {
    const best = Math.max(bad, good, both);
    return [bad === best, good === best, both === best, room >= 0.3, staff >= 0.3].map(Number);
  });
  const predictions = {
    ...blankPredictions(rows.length, 5),
    scores: Float32Array.from(rows.flat()),
    assigned: Uint8Array.from(assigned),
    width: 5,
  };
  const [pair] = layoutPairs(tasks, pairs, {});
  assert.ok(pair);
  const sentences = rows.length === 1 ? [0] : rows.slice(1).map((_, index) => index + 1);
  return pairLabels(pair, predictions, 0, sentences)
    .map(({ of, is }) => `${of}=${is}`)
    .join(';');
}

test('each label of the first task gets what is said where it was found', () => {
  const text: [number, number, number, number, number] = [0.1, 0.2, 0.7, 0.8, 0.9];
  assert.equal(pairsOf(text, [0.9, 0.1, 0, 0.9, 0.1], [0.1, 0.9, 0, 0.1, 0.9]), 'room=bad;staff=good');
});

test('a text of one sentence has its own label, or the stronger one of two that make it', () => {
  assert.equal(pairsOf([0.1, 0.9, 0, 0.1, 0.9]), 'staff=good');
  assert.equal(pairsOf([0.2, 0.1, 0.7, 0.9, 0.1]), 'room=bad');
});

test('opposites of about equal weight make a third label, others do not', () => {
  const text: [number, number, number, number, number] = [0.1, 0.2, 0.7, 0.8, 0.1];
  assert.equal(pairsOf(text, [0.9, 0.1, 0, 0.9, 0.1], [0.1, 0.9, 0, 0.9, 0.1]), 'room=so_so');
  assert.equal(pairsOf(text, [0.95, 0.05, 0, 0.9, 0.1], [0.1, 0.9, 0, 0.31, 0.1]), 'room=bad');
});

test('a label that only a sentence has must be sure, one of the text takes the closest sentence', () => {
  const text: [number, number, number, number, number] = [0.1, 0.9, 0, 0.1, 0.1];
  assert.equal(pairsOf(text, [0.1, 0.9, 0, 0.6, 0.1], [0.9, 0.1, 0, 0.1, 0.4]), 'room=good');
  assert.equal(
    pairsOf([0.1, 0.9, 0, 0.5, 0.1], [0.1, 0.9, 0, 0.1, 0.1], [0.9, 0.1, 0, 0.2, 0.1]),
    'room=bad',
  );
});

test('a sentence that says little takes what the text says', () => {
  const text: [number, number, number, number, number] = [0.05, 0.95, 0, 0.8, 0.1];
  assert.equal(pairsOf(text, [0.55, 0.45, 0, 0.9, 0.1], [0, 1, 0, 0.1, 0.1]), 'room=good');
  assert.equal(pairsOf(text, [0.8, 0.2, 0, 0.9, 0.1], [0, 1, 0, 0.1, 0.1]), 'room=bad');
});

test('a clause has one of the opposites, and not what they make together', () => {
  const [opposites] = layoutOpposites(tasks, pairs, {});
  assert.ok(opposites);
  const scores = [0.3, 0.1, 0.6, 0.9, 0.1, 0.3, 0.1, 0.6, 0.9, 0.1, 0, 0, 0, 0, 0];
  const assigned = [0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0];
  const before = {
    ...blankPredictions(3, 5),
    scores: Float32Array.from(scores),
    assigned: Uint8Array.from(assigned),
  };
  const settled = settleClauses(opposites, before, 5, [[1, 2]]);
  assert.deepEqual([...settled.assigned.subarray(5, 10)], [1, 0, 0, 1, 0]);
  assert.deepEqual(
    [...settled.scores.subarray(5, 10)].map((score) => score.toFixed(2)),
    ['0.75', '0.25', '0.00', '0.90', '0.10'],
  );
  for (const kept of [0, 2]) {
    assert.deepEqual(
      settled.assigned.subarray(kept * 5, kept * 5 + 5),
      before.assigned.subarray(kept * 5, kept * 5 + 5),
    );
  }
  assert.deepEqual([...before.assigned], assigned);
  const merged = [{ ...(tasks[0] as TaskLayout), labels: ['bad', 'good'] }];
  assert.deepEqual(layoutOpposites(merged, pairs, { mood: { so_so: 'bad' } }), []);
});

test('a clause that has neither of the opposites leans away from the one that it is set against', () => {
  const fourth = { ...(tasks[0] as TaskLayout), labels: ['bad', 'good', 'so_so', 'neither'] };
  const [opposites] = layoutOpposites([fourth], pairs, {});
  assert.ok(opposites);
  const settled = (...clauses: [bad: number, good: number, neither: number][]): string[] => {
    const scores = clauses.flatMap(([bad, good, neither]) => [bad, good, 0, neither]);
    const assigned = clauses.flatMap((own) =>
      [0, 1, -1, 2].map((at) => Number(own[at] === Math.max(...own))),
    );
    const before = {
      ...blankPredictions(clauses.length, 4),
      scores: Float32Array.from(scores),
      assigned: Uint8Array.from(assigned),
    };
    const after = settleClauses(opposites, before, 4, [[...clauses.keys()]]);
    return clauses.map((_, at) => `${fourth.labels[after.assigned.subarray(at * 4, at * 4 + 4).indexOf(1)]}`);
  };
  assert.deepEqual(settled([0.4, 0.1, 0.5], [0, 1, 0]), ['bad', 'good']);
  assert.deepEqual(settled([0.9, 0.1, 0], [0.1, 0.4, 0.5]), ['bad', 'good']);
  assert.deepEqual(settled([0.1, 0.4, 0.5], [0, 1, 0]), ['neither', 'good']);
  assert.deepEqual(settled([0.2, 0.1, 0.7], [0, 1, 0]), ['neither', 'good']);
  assert.deepEqual(settled([0.4, 0.1, 0.5], [0.1, 0.4, 0.5]), ['neither', 'neither']);
});

test('pairs carry new names, and are left out where a task is not scored', () => {
  const map = { mood: { bad: 'minus', good: 'plus' } };
  const renamed = [
    { ...(tasks[0] as TaskLayout), labels: ['minus', 'plus', 'so_so'] },
    tasks[1] as TaskLayout,
  ];
  const [pair] = layoutPairs(renamed, pairs, map);
  assert.deepEqual(pair?.both, { labels: [0, 1], label: 2 });
  assert.deepEqual(layoutPairs(tasks.slice(0, 1), pairs, {}), []);
});

test('a new name with = in it is refused, as it stands between the labels of a pair', () => {
  const renamed = [{ ...(tasks[0] as TaskLayout), labels: ['a=b', 'good', 'so_so'] }, tasks[1] as TaskLayout];
  assert.throws(() => layoutPairs(renamed, pairs, { mood: { bad: 'a=b' } }), {
    name: 'UsageError',
    message: /Expected labels of mood without =.*found a=b/,
  });
});
