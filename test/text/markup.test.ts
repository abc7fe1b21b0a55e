import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placedWithoutMarkup, withoutMarkup } from '../../src/text/markup.ts';

test('markup is taken out, references are resolved', async () => {
  for (const [cell, text] of [
    [
      '<p>The <b>app</b> crashes every time &amp; support doesn&#39;t answer</p>',
      "The app crashes every time & support doesn't answer",
    ],
    ['<div class="x" style="color:red">Great service</div>', 'Great service'],
    ['Great&nbsp;service', 'Great service'],
    ['Great&#160;service&#xa0;', 'Great service'],
    ['one<br>two<BR/>three<br />', 'one\ntwo\nthree'],
    ['<ul><li>slow</li><li>cold</li></ul>', 'slow\ncold'],
    ['<table><tr><td>slow</td><td>cold</td></tr></table>', 'slow\ncold'],
    ['<font color=red>late</font><o:p></o:p>', 'late'],
    ['<style>p { color: red }</style>late<script>alert("good")</script>', 'late'],
    ['late<!-- good -->', 'late'],
    ['&lt;p&gt;late &amp;amp; cold&lt;/p&gt;', 'late & cold'],
    ['&amp;nbsp;late', 'late'],
    ['<p>&nbsp;</p>', ''],
    ['<p>5 &lt; 6</p>', '5 < 6'],
    ['<b>unclosed', 'unclosed'],
    ['closed</b>', 'closed'],
    ['Dear <name>, it was <i>late</i>', 'Dear <name>, it was late'],
    ['&#128545;', '😡'],
    // What people write about, and with signs, is no markup.
    ['The <title> is gone &amp; nobody sees it', 'The <title> is gone & nobody sees it'],
    ['<b>Use</b> <script> tags', 'Use <script> tags'],
    ['Tom &amp; I waited <an hour, nobody came', 'Tom & I waited <an hour, nobody came'],
    ['Tom &amp; I waited <an hour. <b>Rude</b>', 'Tom & I waited <an hour. Rude'],
    ['A &amp; B <a lot of people> left', 'A & B <a lot of people> left'],
    ['<i>Late</i> <!-- see below', 'Late <!-- see below'],
    ['A &amp; B </ then> <? and> C', 'A & B </ then> <? and> C'],
    // Cells are cut at some length.
    ['<p>late</p><a href="https://exam', 'late'],
    ['<p>late</p></di', 'late'],
    ['<style>p { color: r', ''],
  ] as const) {
    assert.equal(await withoutMarkup(cell), text, cell);
    assert.equal((await placedWithoutMarkup(cell)).text, text, cell);
  }
});

test('what is no markup stays as it is', async () => {
  for (const cell of [
    '5 < 6 & 7',
    'a < b > c',
    'if a<b and b>c',
    'I <3 this',
    'AT&T; fine',
    'R&D &co',
    'from <name> to <my-place>',
    '<b',
    'two  spaces &  a\ttab',
    '1 &lt 2',
    '<love> it',
  ]) {
    assert.equal(await withoutMarkup(cell), cell);
  }
});

test('each character of a text without markup is known by its place in the cell', async () => {
  for (const [cell, word, found] of [
    ['<p>The <b>app</b> crashes</p>', 'app', 'app'],
    ['<p>late &amp; cold</p>', '&', '&amp;'],
    ['one<br>two', '\n', '<br>'],
    ['a &nbsp;\t b<b>!</b>', 'b', 'b'],
    ['&lt;p&gt;late &amp;amp; cold&lt;/p&gt;', 'cold', 'cold'],
    ['&lt;p&gt;late &amp;amp; cold&lt;/p&gt;', '&', '&amp;amp;'],
    ['&#128545; 5 < 6', '😡', '&#128545;'],
    ['Dear <name>, <i>late</i>', '<name>', '<name>'],
    ['no markup', 'markup', 'markup'],
  ] as const) {
    const { text, starts, ends } = await placedWithoutMarkup(cell);
    assert.equal(starts.length, text.length, cell);
    const at = text.indexOf(word);
    assert.equal(cell.slice(starts[at], ends[at + word.length - 1]), found, cell);
  }
});
