import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeMarkdown } from '../../src/text/markdown.ts';

test('a number at the start is no list, and one with decimals stays as it is', () => {
  assert.equal(escapeMarkdown('1. first'), '1\\. first');
  assert.equal(escapeMarkdown('2) second'), '2\\) second');
  assert.equal(escapeMarkdown('3.'), '3\\.');
  assert.equal(escapeMarkdown('0.8% (0.3 to 2%)'), '0.8% (0.3 to 2%)');
});

test('what foreign text would do in a page is taken from it', () => {
  assert.equal(
    escapeMarkdown('[x](https://a.example) <b>@all</b>'),
    '\\[x\\](https\\://a.example) \\<b\\>\\@all\\</b\\>',
  );
});
