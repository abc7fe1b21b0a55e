import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionFlag, optionWords } from '../../src/text/option-flag.ts';

test('options are named as they are typed', () => {
  assert.equal(optionFlag('maxRejects'), '--max-rejects');
  assert.equal(optionWords('text', ['id', "what's new"]), "--text id --text 'what'\\''s new'");
  assert.equal(optionWords('limit', 9), '--limit 9');
  assert.equal(optionWords('wide', true), '--wide');
  for (const value of [{ topic: 0.4 }, [], [{}], null])
    assert.equal(optionWords('threshold', value), undefined);
});
