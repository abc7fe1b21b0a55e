import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cellsToLabels,
  findTaskColumns,
  jsonToLabels,
  type LabelSearch,
  rivalPrefixes,
} from '../../src/scored/scored-layout.ts';

const open: LabelSearch = { prefix: undefined, closed: false };

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

test('where the prefix is told, labels of an earlier run and of other tools are none', () => {
  const twice = ['text', 'sentiment', 'sentiment_score', 'v2_sentiment', 'v2_sentiment_score'];
  for (const [prefix, column] of [
    ['', 'sentiment'],
    ['v2_', 'v2_sentiment'],
  ] as const) {
    for (const closed of [true, false]) {
      assert.deepEqual(found(twice, ['sentiment'], { prefix, closed }), [['sentiment', undefined, column]]);
    }
  }
  const tool = ['text', 'tool_sentiment', 'tool_sentiment_score', 'sentiment', 'sentiment_score'];
  assert.deepEqual(found(tool, ['sentiment'], { prefix: '', closed: true }), [
    ['sentiment', undefined, 'sentiment'],
  ]);
  const bare = ['text', 'sentiment', 'v2_sentiment'];
  assert.deepEqual(found(bare, ['sentiment'], { prefix: 'v2_', closed: true }), [
    ['sentiment', undefined, 'v2_sentiment'],
  ]);
  const several = ['a', 'x_a.mood', 'x_a.mood_score', 'x_b.mood', 'x_b.mood_score'];
  assert.deepEqual(found(several, ['mood'], { prefix: 'x_', closed: true, textColumns: ['a', 'b'] }), [
    ['mood', 'a', 'x_a.mood'],
    ['mood', 'b', 'x_b.mood'],
  ]);
});

test('labels of several runs are told by what stands before them', () => {
  const rivals = (columns: string[]): string[] =>
    rivalPrefixes(findTaskColumns(columns, ['mood', 'kind'], open));
  assert.deepEqual(rivals(['text', 'mood', 'mood_score', 'kind', 'kind_score']), []);
  assert.deepEqual(rivals(['text', 'mood', 'mood_score', 'v2_mood', 'v2_mood_score']), ['', 'v2_']);
  assert.deepEqual(rivals(['a', 'a.mood', 'a.mood_score', 'v2_a.mood', 'v2_a.mood_score']), ['', 'v2_']);
  assert.deepEqual(rivals(['a', 'b', 'a.mood', 'a.mood_score', 'b.mood', 'b.mood_score']), []);
  assert.deepEqual(rivals(['mood', 'mood']), ['']);
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
  // As spreadsheets in Europe save them; what is no score at all is none.
  assert.deepEqual(cellsToLabels('a', '0,5'), { labels: ['a'], scores: [0.5] });
  assert.deepEqual(cellsToLabels('a', 'May 1'), { labels: ['a'], scores: [] });
  assert.deepEqual(jsonToLabels({ label: 'a' }), { labels: ['a'], scores: [], isMulti: false });
  assert.deepEqual(jsonToLabels({ label: null, score: null })?.labels, []);
  assert.equal(jsonToLabels({ score: 1 }), undefined);
});
