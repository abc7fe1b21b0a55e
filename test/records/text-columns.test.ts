import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordsHead } from '../../src/records/row.ts';
import { resolveTextColumns } from '../../src/records/text-columns.ts';

function head(columns: string[], format: RecordsHead['format'] = 'csv'): RecordsHead {
  const rest = {
    encoding: 'utf-8',
    gzip: false,
    byteOrderMark: false,
    newline: '\n',
    hasHeader: true,
    totalBytes: 1,
  } as const;
  return { format, delimiter: ',', columns, ...rest };
}

test('the text column is guessed when that is clear', () => {
  for (const [columns, column] of [
    [['id', 'comment', 'rating'], 'comment'],
    [['id', ' Review_Text '], ' Review_Text '],
    [['id', 'Open-Text'], 'Open-Text'],
    [['anything'], 'anything'],
    [['编号', '评论'], '评论'],
    [['ид', 'Комментарий'], 'Комментарий'],
    [['id', 'Re\u0301ponse'], 'Re\u0301ponse'],
  ] as const) {
    assert.deepEqual(resolveTextColumns(head([...columns]), undefined), { columns: [column], guessed: true });
  }
});

test('an unclear guess is an error that lists the columns', () => {
  assert.throws(() => resolveTextColumns(head(['id', 'text', 'comment']), undefined), {
    code: 'TEXT_COLUMN_AMBIGUOUS',
    message: 'Expected one column of text, found several: `text`, `comment`',
    hint: /--text <column>/u,
  });
  assert.throws(() => resolveTextColumns(head(['id', 'q1', 'q2']), []), {
    code: 'TEXT_COLUMN_NOT_GUESSED',
    message: /found `id`, `q1`, `q2`$/u,
    exitCode: 2,
  });
  assert.throws(() => resolveTextColumns(head([], 'jsonl'), undefined), { code: 'TEXT_COLUMN_NOT_GUESSED' });
  assert.throws(() => resolveTextColumns(head(['text', 'text']), undefined), {
    code: 'TEXT_COLUMN_DUPLICATED',
  });
});

test('wanted columns are checked', () => {
  const columns = ['id', 'Comment', 'a b', 'twice', 'twice'];
  assert.deepEqual(resolveTextColumns(head(columns), ['a b', 'Comment']), {
    columns: ['a b', 'Comment'],
    guessed: false,
  });
  for (const [wanted, hint] of [
    ['comment', 'Did you mean `--text Comment`?'],
    ['Coment', 'Did you mean `--text Comment`?'],
    ['A_B ', "Did you mean `--text 'a b'`?"],
    ['verbatim', 'Name one of these with `--text`.'],
    ['xy', 'Name one of these with `--text`.'],
  ] as const) {
    assert.throws(() => resolveTextColumns(head(columns), [wanted]), { code: 'TEXT_COLUMN_NOT_FOUND', hint });
  }
  assert.throws(() => resolveTextColumns(head(columns), ['twice']), { code: 'TEXT_COLUMN_DUPLICATED' });
  assert.throws(() => resolveTextColumns(head(columns), ['id', 'id']), { code: 'TEXT_COLUMN_TWICE' });
  assert.deepEqual(resolveTextColumns(head(columns, 'jsonl'), ['x.y']).columns, ['x.y']);
});
