import assert from 'node:assert/strict';
import { test } from 'node:test';
import { likelyEncodings } from '../../src/records/likely-encodings.ts';

/** @param beyond bytes of characters that are not in Latin 1 */
function encoded(text: string, beyond: Record<string, number>): Buffer {
  return Buffer.from(Array.from(text, (character) => beyond[character] ?? character.charCodeAt(0)));
}

const inLatin9 = { '€': 0xa4, œ: 0xbd, Š: 0xa6, š: 0xa8 };
const inWindows = { '€': 0x80, œ: 0x9c, Š: 0x8a, š: 0x9a };

test('the first encoding that is named reads right, the euro sign included', () => {
  for (const text of [
    'id,comment\n1,25 € sind für Schüler zu viel\n',
    'id,comment\n1,Grüße und schöne Räume überall für später\n2,Nur 5€\n',
    'id,comment\n1,"Au cœur de la ville, très cher: 30 €"\n',
    'id,comment\n1,Škoda und Skoda über alles\n',
  ]) {
    for (const [label, beyond] of [
      ['iso-8859-15', inLatin9],
      ['windows-1252', inWindows],
    ] as const) {
      const bytes = encoded(text, beyond);
      const [first] = likelyEncodings(bytes);
      assert.equal(first?.label, label, text);
      // As a stream: else Node 20 takes windows-1252 for ISO 8859-1.
      assert.equal(new TextDecoder(label).decode(bytes, { stream: true }), text);
    }
  }
});

test('where both read alike the more usual one is named, and once', () => {
  const named = likelyEncodings(encoded('id,comment\n1,Grün und schön, déjà vu\n', {}));
  assert.equal(named[0]?.label, 'windows-1252');
  assert.ok(!named.some(({ label }) => label === 'iso-8859-15'));
});
