import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTaskLabels } from '../../src/teach/task-labels.ts';

test('labels that are written differently are named, those that are left out for it, too', () => {
  const cells = [
    'App',
    'App',
    'app',
    'Front_Desk',
    'Front_Desk',
    'front desk',
    'front desk',
    'Parking',
    'Parking',
  ];
  const texts = cells.map((label, at) => ({
    text: `text ${at}`,
    place: { file: 'labelled.csv', line: at + 2, ordinal: at },
    cells: [[label]],
  }));
  const { layout, notices } = findTaskLabels(texts, 0, {
    name: 'team',
    column: 'Team',
    kind: undefined,
    file: 'labelled.csv',
    known: [],
  });
  assert.deepEqual(layout.labels, ['App', 'Front_Desk', 'Parking', 'front desk']);
  assert.deepEqual(notices, [
    'team: left out, as a label needs 2 rows: `app`',
    'team: `App` and `app` count as different labels; write them alike if they are one',
    'team: `Front_Desk` and `front desk` count as different labels; write them alike if they are one',
  ]);
});
