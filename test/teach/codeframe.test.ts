import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCodeframe } from '../../src/teach/codeframe.ts';
import { scratchDirectory } from '../support/scratch.ts';

test('a codeframe is read with lists, in any delimiter, in any language', async (t) => {
  const path = join(scratchDirectory(t), 'topics.csv');
  writeFileSync(
    path,
    '\uFEFFLabel;Description;Keywords;Examples;Must\r\n' +
      'refund;Geld zurück;"Rückgabe; Erstattung,money back";"Ich will mein Geld zurück | Where is my refund?";yes\r\n' +
      '客服;;"客服、电话";;主管\r\n' +
      ';;;;\r\n' +
      'other;;;;\r\n',
  );
  assert.deepEqual(await readCodeframe(path), [
    {
      label: 'refund',
      description: 'Geld zurück',
      keywords: ['Rückgabe', 'Erstattung', 'money back'],
      examples: ['Ich will mein Geld zurück', 'Where is my refund?'],
      must: ['Rückgabe', 'Erstattung', 'money back'],
    },
    { label: '客服', description: '', keywords: ['客服', '电话'], examples: [], must: ['主管'] },
    { label: 'other', description: '', keywords: [], examples: [], must: [] },
  ]);
});

test('what is no codeframe is an error that says where', async (t) => {
  const directory = scratchDirectory(t);
  for (const [content, message] of [
    [
      'name,description\na,b\n',
      /topics\.csv:1: expected the columns `label`, .* found `name`, `description`/,
    ],
    ['', /expected the columns `label`, .* found none/],
    ['label\na\n', /expected at least two labels, found 1/],
    ['label\na\na\n', /every label once, found `a` twice/],
    ['label,keywords\na,b\n,c\n', /topics\.csv:3: expected a label, found an empty cell/],
    ['label\n"a;b"\nc\n', /topics\.csv:2: expected a label without `;`/],
    ['label\n"a\nb\n', /topics\.csv:3: expected a table, found a fault in it/],
  ] as const) {
    const path = join(directory, 'topics.csv');
    writeFileSync(path, content);
    await assert.rejects(readCodeframe(path), (error: Error) => {
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(
    readCodeframe(join(directory, 'none.csv')),
    /expected a codeframe, found none: ENOENT/,
  );
});
