import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinTexts, splitTexts } from '../../src/cache/messages.ts';

test('texts are the same on the other side, halves of characters included', () => {
  for (const texts of [
    [],
    [''],
    ['a', '', 'b'],
    ['gut \ud83d', '\ude00', '服务', 'é'],
    ['x'.repeat(100_000)],
  ])
    assert.deepEqual(splitTexts(structuredClone(joinTexts(texts))), texts);
});
