import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnReference } from '../../src/records/column-place.ts';
import { type ColumnProfile, profileColumn } from '../../src/records/column-profile.ts';
import { usualQuoting } from '../../src/records/delimited-record.ts';
import type { RecordsHead } from '../../src/records/row.ts';
import { chosenColumns, resolveTextColumns, type TextColumns } from '../../src/records/text-columns.ts';

function head(columns: string[], more: Partial<RecordsHead> = {}): RecordsHead {
  return {
    file: 'a.csv',
    format: 'csv',
    delimiter: ',',
    quoting: usualQuoting,
    columns,
    encoding: 'utf-8',
    compression: undefined,
    byteOrderMark: false,
    newline: '\n',
    headerRows: 0,
    questions: undefined,
    notices: [],
    hasHeader: true,
    totalBytes: 1,
    ...more,
  };
}

/** Resolves with what the first rows hold, by column; nothing unless given. */
function resolve(of: RecordsHead, wanted?: string[], values: string[][] = []): Promise<TextColumns> {
  const profiles = of.columns.map((_, place): ColumnProfile =>
    profileColumn({ reference: columnReference(of.columns, place), number: place + 1 }, values[place] ?? []),
  );
  return resolveTextColumns(of, wanted, async () => profiles);
}

const comments = ['Fast delivery, thank you', 'Support never answered', 'It broke after two days'];
const numbers = ['9', '2', '10'];

test('the text column is guessed when that is clear', async () => {
  for (const [columns, column] of [
    [['id', 'comment', 'rating'], 'comment'],
    [['id', ' Review_Text '], ' Review_Text '],
    [['id', 'Open-Text'], 'Open-Text'],
    [['Comment'], 'Comment'],
    [['编号', '评论'], '评论'],
    [['ид', 'Комментарий'], 'Комментарий'],
    [['id', 'Re\u0301ponse'], 'Re\u0301ponse'],
    [['id', '\ufeffcomment\u200b'], '\ufeffcomment\u200b'],
  ] as const) {
    assert.deepEqual(await resolve(head([...columns])), {
      columns: [column],
      guessed: true,
      numbered: false,
    });
  }
  // Without a header nobody could have given a name.
  const bare = head(['column_1'], { hasHeader: false });
  assert.deepEqual((await resolve(bare)).columns, ['column_1']);
});

test('one column alone is not sure', async () => {
  await assert.rejects(resolve(head(['id^comment^rating'])), {
    code: 'ONE_COLUMN',
    exitCode: 2,
    hint: /`--no-header`.*`--text 'id\^comment\^rating'`.*`--delimiter <character>`/u,
  });
  await assert.rejects(resolve(head(['error'], { format: 'jsonl' })), { code: 'TEXT_COLUMN_NOT_GUESSED' });
});

test('values count along with names', async () => {
  const survey = head(['Respondent', 'Response', 'Why do you say that?']);
  await assert.rejects(resolve(survey, undefined, [numbers, numbers, comments]), {
    code: 'TEXT_COLUMN_NOT_GUESSED',
    message: /found `Response` with values such as `9`, `2`, `10`/u,
    hint: /`--text 'Why do you say that\?'`/u,
  });
  // Of two names one is that of numbers.
  const reviews = head(['reviews', 'review text']);
  assert.deepEqual((await resolve(reviews, undefined, [numbers, comments])).columns, ['review text']);
  await assert.rejects(resolve(head(['reviews']), undefined, [['120', '15']]), {
    code: 'TEXT_COLUMN_NOT_GUESSED',
  });
  // Choices from a list beside what reads like comments.
  const choices = ['Good', 'Bad', 'Good', 'Good', 'Bad', 'Good'];
  const many = [...comments, 'Too expensive for me', 'The staff was kind', 'I had to wait an hour'];
  await assert.rejects(resolve(head(['Answer', 'Tell us more']), undefined, [choices, many]), {
    hint: /`--text 'Tell us more'`/u,
  });
  assert.deepEqual(
    (await resolve(head(['id', 'comment']), undefined, [numbers, ['ok', 'bad', 'ok']])).columns,
    ['comment'],
  );
  assert.deepEqual((await resolve(head(['id', 'comment']), undefined, [numbers, []])).columns, ['comment']);
  // A field that nobody filled in, beside what reads like comments.
  const unused = many.map(() => '');
  await assert.rejects(resolve(head(['Comments', 'Tell us more']), undefined, [unused, many]), {
    code: 'TEXT_COLUMN_NOT_GUESSED',
    message: /found `Comments`, which is empty in the first \d+ rows/u,
    hint: /`--text 'Tell us more'`/u,
  });
});

test('a name too long to be typed is told by its number', async () => {
  const long = 'Why? '.repeat(100);
  await assert.rejects(resolve(head(['id', long]), undefined, [numbers, comments]), {
    hint: /^By its values it may be `--text 2`; /u,
  });
});

test('an unclear guess is an error that lists the columns', async () => {
  await assert.rejects(resolve(head(['id', 'text', 'comment'])), {
    code: 'TEXT_COLUMN_AMBIGUOUS',
    message: 'Expected one column of text, found several: `text`, `comment`',
    hint: /`--text text` or `--text comment`/u,
  });
  await assert.rejects(resolve(head(['id', 'q1', 'q2']), []), {
    code: 'TEXT_COLUMN_NOT_GUESSED',
    message: /found `id`, `q1`, `q2` \(delimited by `,`\)$/u,
    exitCode: 2,
  });
  await assert.rejects(resolve(head([], { format: 'jsonl' })), { code: 'TEXT_COLUMN_NOT_GUESSED' });
  await assert.rejects(resolve(head(['text', 'text'])), {
    code: 'TEXT_COLUMN_AMBIGUOUS',
    hint: /`--text 'text#1'` or `--text 'text#2'`/u,
  });
});

test('wanted columns are checked', async () => {
  const columns = ['id', 'Comment', 'a b', 'twice', 'twice', ''];
  for (const [wanted, found] of [
    [['a b', 'Comment'], undefined],
    [
      ['3', '2'],
      ['a b', 'Comment'],
    ],
    [['twice#2'], undefined],
    [['5'], ['twice#2']],
    [['6'], undefined],
  ] as const) {
    const chosen = await resolve(head(columns), [...wanted]);
    const numbered = found !== undefined;
    assert.deepEqual(chosen, { columns: found ?? wanted, guessed: false, numbered });
    // Who told a number hears the name.
    const names = found?.map((name) => `"${name}"`).join(', ');
    assert.equal(chosenColumns(chosen), found && `the column${found.length > 1 ? 's' : ''} ${names}`);
  }
  for (const [wanted, hint] of [
    ['comment', 'Did you mean `--text Comment`?'],
    ['Coment', 'Did you mean `--text Comment`?'],
    ['A_B ', "Did you mean `--text 'a b'`?"],
    ['verbatim', 'Name one of these with `--text`, or its number.'],
    ['xy', 'Name one of these with `--text`, or its number.'],
    ['7', 'Name one of these with `--text`, or its number.'],
    ['twice#3', 'Did you mean `--text twice`?'],
  ] as const) {
    await assert.rejects(resolve(head(columns), [wanted]), { code: 'TEXT_COLUMN_NOT_FOUND', hint });
  }
  await assert.rejects(resolve(head(columns), ['twice']), {
    code: 'TEXT_COLUMN_DUPLICATED',
    hint: "Say which one: `--text 'twice#1'` or `--text 'twice#2'`.",
  });
  await assert.rejects(resolve(head(columns), ['id', 'id']), { code: 'TEXT_COLUMN_TWICE' });
  await assert.rejects(resolve(head(columns), ['id', '1']), { code: 'TEXT_COLUMN_TWICE' });
  assert.deepEqual((await resolve(head(columns, { format: 'jsonl' }), ['x.y'])).columns, ['x.y']);
  // A name goes before a number.
  assert.deepEqual((await resolve(head(['2', 'b']), ['2'])).columns, ['2']);
});
