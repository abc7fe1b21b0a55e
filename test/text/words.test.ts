import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSpans, wordSpans } from '../../src/text/words.ts';

function words(text: string): string[] {
  return wordSpans(text).map(({ start, end }) => text.slice(start, end));
}

test('words are found in each script, emoji are words, marks and space are not', () => {
  assert.deepEqual(words("It wasn't good, 5/10 👍🏽!"), ['It', "wasn't", 'good', '5', '10', '👍🏽']);
  assert.deepEqual(words('部屋は汚い。'), ['部屋', 'は', '汚い']);
  assert.deepEqual(words(' ... '), []);
});

test('what is left of a text reads as if the words had not been there', () => {
  const text = 'The room was very dirty!';
  const [the, room, was, very, dirty] = wordSpans(text);
  assert.ok(the && room && was && very && dirty);
  assert.equal(withoutSpans(text, [very]), 'The room was dirty!');
  assert.equal(withoutSpans(text, [the]), 'room was very dirty!');
  assert.equal(withoutSpans(text, [the, room, dirty]), 'was very !');
  assert.equal(withoutSpans(text, []), text);
});
