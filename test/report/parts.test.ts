import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainTable, stackBar } from '../../src/report/parts.ts';
import { html } from '../../src/text/html.ts';

test('columns of words begin where they begin, and the last one has its name with it', () => {
  const head = ['who', 'comments', 'sentiment', 'most "to" fix'];
  const rows = [{ cells: ['all', 5, html`<b>bar</b>`, 'rooms'] }];
  const { markup } = plainTable('t', head, rows, 2);
  assert.match(markup, /<table class="broad">/);
  assert.match(markup, /<td class="n">5<\/td>/);
  assert.match(markup, /<td><b>bar<\/b><\/td>/);
  assert.match(markup, /<td data-head="most &#34;to&#34; fix">rooms<\/td>/);
  const numbers = plainTable('t', head.slice(0, 2), [{ cells: ['all', 5] }]).markup;
  assert.doesNotMatch(numbers, /broad|data-head/);
});

test('a share in a bar is marked where a narrow one has no room for its figure', () => {
  const { markup } = stackBar({ negative: 30, positive: 70 }, ['negative', 'positive']);
  assert.match(markup, /class="negative few"/);
  assert.match(markup, /class="positive"/);
});
