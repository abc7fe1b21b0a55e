import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutToWidth, displayWidth } from '../../src/text/display-width.ts';
import { textTable } from '../../src/text/text-table.ts';

const wide = ['👨‍👩‍👧', '🇩🇪', '\u{20bb7}', '\u2764\ufe0f', '👍🏽', '1️⃣', '한', 'Ａ'];

test('one character that is seen takes two columns, of however many code points it is', () => {
  for (const character of wide) assert.equal(displayWidth(character), 2, character);
  assert.equal(displayWidth('e\u0301a\u200b'), 2);
});

test('what is cut to a width holds whole characters', () => {
  for (const character of wide) {
    assert.equal(cutToWidth(character.repeat(3), 5), character.repeat(2));
    assert.equal(cutToWidth(`a${character}`, 2), 'a');
  }
});

test('columns of a table line up', () => {
  const table = textTable([['name', 'texts'], ...wide.map((name) => [name, '1'])]);
  const widths = table
    .trimEnd()
    .split('\n')
    .map((line) => displayWidth(line));
  assert.deepEqual(new Set(widths).size, 1);
});
