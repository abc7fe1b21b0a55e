import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameList } from '../../src/text/name-list.ts';

test('a message shows a few names, and of each its start', () => {
  assert.equal(nameList(['id', 'a b']), '`id`, `a b`');
  const many = Array.from({ length: 30 }, (_, place) => String(place));
  assert.match(nameList(many), /`19`, \.\.\. \(30 in all\)$/u);
  // A file that is no table may have one name of megabytes.
  assert.equal(nameList(['x'.repeat(1_000_000)]), `\`${'x'.repeat(200)}...\``);
});
