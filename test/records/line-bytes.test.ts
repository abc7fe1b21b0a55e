import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineBytes } from '../../src/records/line-bytes.ts';

test('lines find room, however long they are', () => {
  const lines = new LineBytes(4);
  const cells = ['', ',glad', ',Ärger;服务', '\n'].map((cell) => Buffer.from(cell));
  for (let line = 0; line < 3; line++) {
    lines.addText(`id ${line} é`);
    lines.addCells(cells);
  }
  const line = (number: number): string => `id ${number} é,glad,Ärger;服务\n`;
  assert.equal(lines.take().toString(), [0, 1, 2].map(line).join(''));
  assert.equal(new LineBytes().take().length, 0);
});
