import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textTable } from '../../src/text/text-table.ts';

test('values from files give neither escapes nor commands of a CI service', () => {
  const table = textTable([
    ['label', 'texts'],
    ['a\n::error::b\u001b[31m\u2028c', '1'],
    ['::error::d', '1'],
  ]);
  assert.equal(table.split('\n').length, 4);
  assert.doesNotMatch(table, /^\s*::|[^\P{Cc}\n]|\u2028/mu);
});

test('without a head, the first row counts like any other', () => {
  assert.equal(textTable([['topic', '0.9', 'here']], { hasHead: false }), 'topic  0.9  here\n');
  const rows = [
    ['a', '0.75', 'only here'],
    ['b', '12', ''],
  ];
  assert.equal(textTable(rows, { hasHead: false }), 'a  0.75  only here\nb    12\n');
});
