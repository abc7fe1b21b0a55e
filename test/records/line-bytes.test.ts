import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CellTable, LineBytes } from '../../src/records/line-bytes.ts';

test('lines find room, however long they are', () => {
  const scores = new CellTable(['', ',0.5', ',0.1234'].map((cell) => Buffer.from(cell)));
  const lines = new LineBytes(scores, 4);
  const cells = ['', ',glad', ',Ärger;服务'].map((cell) => Buffer.from(cell));
  for (let line = 0; line < 3; line++) {
    lines.addText(`id ${line} é`);
    lines.addCells([...cells, 2, 0, 1, Buffer.from('\n')]);
  }
  const line = (number: number): string => `id ${number} é,glad,Ärger;服务,0.1234,0.5\n`;
  assert.equal(lines.take().toString(), [0, 1, 2].map(line).join(''));
  assert.equal(new LineBytes(scores).take().length, 0);
});
