import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectLineEnds } from '../../src/records/line-ends.ts';
import { cells, readBothWays } from './support.ts';

const whole = { complete: true, quote: '"' };

test('how lines end', () => {
  for (const [text, newline, isDoubled] of [
    ['a,b', '\n', false],
    ['a,b\n1,2\n', '\n', false],
    ['a,b\r\n1,2\r\n', '\r\n', false],
    ['a,b\r1,2\r', '\r', false],
    ['a,b\r1,2\r\n', '\r', false],
    ['a,b\r1,2\n', '\r', false],
    ['a,b\r\r\n1,2\r\r\n', '\r\n', true],
    ['a,b\n1,x\ry\n', '\n', false],
    ['"a\r",b\n1,2\n', '\n', false],
    ['"a\n",b\r1,2\r', '\r', false],
    ['5" x,b\r1,2\r', '\r', false],
  ] as const) {
    assert.deepEqual(detectLineEnds('a.csv', text, whole), { newline, isDoubled }, JSON.stringify(text));
  }
});

test('two kinds of line ends that both end lines are an error', () => {
  // What follows is not known.
  assert.throws(() => detectLineEnds('a.csv', 'a\r1,2\n', { ...whole, complete: false }), {
    code: 'MIXED_LINE_ENDS',
  });
  assert.throws(() => detectLineEnds('my file.csv', 'a,b\r1,2\r3,4\n5,6\n', whole), {
    code: 'MIXED_LINE_ENDS',
    hint: "Make them one: `tr '\\r' '\\n' < 'my file.csv' | voxpop score -`.",
  });
});

test('line ends are no data', async () => {
  for (const content of ['id,text\r\r\n1,"a\r\nb"\r\r\n2,c\r\r\n', 'id,text\r1,"a\r\nb"\r2,c\r\n']) {
    const read = await readBothWays('a.csv', content);
    assert.deepEqual(cells(read), [['1', 'a\r\nb'], ['2', 'c']], JSON.stringify(content)); // prettier-ignore
  }
});
