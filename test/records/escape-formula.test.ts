import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeFormula } from '../../src/records/escape-formula.ts';

test("what a spreadsheet takes for a formula gets a ' in front", () => {
  const invisible = [
    '',
    ' ',
    '\u00a0',
    '\ufeff',
    '\0',
    '\u200b',
    '\u3000',
    '\u2060',
    '\u2800',
    ' \u200b\u00a0 ',
  ];
  const signs = '=+-@＝＋－＠﹦﹢﹣﹫\u2212'.split('');
  for (const before of invisible) {
    for (const sign of signs) {
      const cell = `${before}${sign}1+1`;
      assert.equal(escapeFormula(cell), `'${cell}`, JSON.stringify(cell));
    }
  }
  for (const cell of ['\t1', '\n=1', '\r1', '\n\n@SUM(A1)', '-5']) {
    assert.equal(escapeFormula(cell), `'${cell}`, JSON.stringify(cell));
  }
});

test('everything else stays as it is', () => {
  for (const cell of ['', ' ', '1-1', 'a=b', "'=1", '"=1"', ' good', '\u200bgood', 'mail@example.org']) {
    assert.equal(escapeFormula(cell), cell);
  }
});
