import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LabelNames } from '../../src/report/label-names.ts';

test('labels and languages have the names that people know', () => {
  const names = new LabelNames({ names: { topic: { food_drink: 'Food and drink' } } });
  assert.equal(names.label('topic', 'food_drink'), 'Food and drink');
  assert.equal(names.label('team', 'front_desk'), 'Front desk');
  assert.equal(names.label('language', 'de'), 'German');
  assert.equal(names.label('language', 'other'), 'Other');
  assert.equal(names.language('pt-br'), 'Brazilian Portuguese');
  assert.equal(names.language('Retail'), 'Retail');
});
