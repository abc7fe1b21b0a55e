import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isVisible } from '../../src/text/visible.ts';

test('what shows nothing is not visible', () => {
  const invisible =
    '0009 000a 0000 001f 0020 0085 00a0 00ad 034f 061c 115f 1160 180e 200b 200c 200d 200e 200f 2028 2029 2060 2800 ' +
    '3000 3164 fe0f feff ffa0 fffc e0020';
  for (const code of ['', ...invisible.split(' ')]) {
    const character = code === '' ? '' : String.fromCodePoint(Number.parseInt(code, 16));
    assert.equal(isVisible(character), false, `U+${code}`);
    assert.equal(isVisible(` ${character}${character}\n`), false, `U+${code} twice`);
    assert.equal(isVisible(`${character}a`), true, `U+${code} and a letter`);
  }
});

test('everything that shows something is visible', () => {
  for (const text of ['a', '.', '-', '5', '❤️', '👨‍👩‍👧', 'é', '\ufffd', 'क्ष'])
    assert.equal(isVisible(text), true, text);
});
