import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeHtml, html, pageHead, trusted } from '../../src/text/html.ts';

test('values are escaped, templates in templates are not, false shows nothing', () => {
  const evil = `<script>"&'</script>`;
  const page = html`<p title="${evil}">${evil}${html`<b>${1}</b>`}${[html`<i></i>`, 'a<b']}${false}</p>`;
  const escaped = '&#60;script&#62;&#34;&#38;&#39;&#60;/script&#62;';
  assert.equal(page.markup, `<p title="${escaped}">${escaped}<b>1</b><i></i>a&#60;b</p>`);
  assert.equal(html`${trusted('<svg/>')}`.markup, '<svg/>');
});

test('characters that a page cannot hold are replaced', () => {
  assert.equal(escapeHtml('a\u0000b\u001bc\ud800d\ne'), 'a\ufffdb\ufffdc\ufffdd\ne');
});

test('the head of a page takes a title from anywhere, and lets nothing be loaded', () => {
  const { markup } = pageHead({ title: '</title><script>', policy: "default-src 'none'", style: 'a>b{}' });
  assert.match(markup, /<title>&#60;\/title&#62;&#60;script&#62;<\/title>/u);
  assert.match(markup, /http-equiv="Content-Security-Policy" content="default-src 'none'"/u);
  assert.match(markup, /<style>\s+a>b\{\}\s+<\/style>/u);
});
