import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsToLabels, findTaskColumns, jsonToLabels } from '../../src/scored/scored-layout.ts';

const open = { prefix: undefined, closed: false };

function found(columns: string[], known: string[], options = open): [string, string | undefined, string][] {
  return findTaskColumns(columns, known, options).map(({ task, textColumn, column }) => [
    task,
    textColumn,
    column,
  ]);
}

test('columns with a score beside them are labels, whatever the task is called', () => {
  assert.deepEqual(found(['text', 'mood', 'mood_score'], ['sentiment']), [['mood', undefined, 'mood']]);
});

test('a column of the same name without a score is the user’s own', () => {
  const columns = ['text', 'sentiment', 'vp_sentiment', 'vp_sentiment_score'];
  assert.deepEqual(found(columns, ['sentiment']), [['sentiment', undefined, 'vp_sentiment']]);
});

test('without scores, known names are labels', () => {
  assert.deepEqual(found(['text', 'sentiment', 'size'], ['sentiment']), [
    ['sentiment', undefined, 'sentiment'],
  ]);
});

test('several text columns, also with dots in their names', () => {
  const columns = ['a.b', 'c', 'a.b.sentiment', 'a.b.sentiment_score', 'c.sentiment', 'c.sentiment_score'];
  assert.deepEqual(found(columns, ['sentiment']), [
    ['sentiment', 'a.b', 'a.b.sentiment'],
    ['sentiment', 'c', 'c.sentiment'],
  ]);
  const prefixed = ['a', 'x_a.mood', 'x_a.mood_score'];
  assert.deepEqual(found(prefixed, [], { prefix: undefined, closed: false }), [['mood', 'a', 'x_a.mood']]);
});

test('tasks that were named are the only ones', () => {
  const columns = ['text', 'sentiment', 'sentiment_score', 'rating', 'rating_score'];
  const closed = { prefix: undefined, closed: true };
  assert.deepEqual(found(columns, ['sentiment'], closed), [['sentiment', undefined, 'sentiment']]);
});

test('cells and JSON become the same labels', () => {
  const several = { labels: ['a', 'b'], scores: [0.5, 0.25] };
  assert.deepEqual(cellsToLabels('a;b', '0.5;0.25'), several);
  const json = { labels: ['a', 'b'], scores: { a: 0.5, b: 0.25, c: 0.1 } };
  assert.deepEqual(jsonToLabels(json), { ...several, isMulti: true });
  assert.deepEqual(cellsToLabels('a', undefined), { labels: ['a'], scores: [] });
  assert.deepEqual(jsonToLabels({ label: 'a' }), { labels: ['a'], scores: [], isMulti: false });
  assert.deepEqual(jsonToLabels({ label: null, score: null })?.labels, []);
  assert.equal(jsonToLabels({ score: 1 }), undefined);
});
