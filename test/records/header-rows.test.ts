import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHeaderRows } from '../../src/records/header-rows.ts';
import { file, readAll } from './support.ts';

const place = { told: undefined, file: 'a.csv', line: 2 };
const ids = (...names: string[]): string[] => names.map((name) => `{"ImportId":"${name}"}`);

test('rows of survey tools are known', () => {
  const questions = ['Start Date', 'Response ID', 'What could\nwe do better?'];
  const answers = [
    ['2026-01-01', 'R_1', 'a'],
    ['2026-01-02', 'R_2', 'b'],
  ];
  const names = ['StartDate', 'ResponseId', 'Q1'];
  assert.deepEqual(findHeaderRows(names, [questions, ids('a', 'b', 'c'), ...answers], place), {
    count: 2,
    questions,
  });
  assert.deepEqual(findHeaderRows(names, [ids('a', 'b', 'c'), ...answers], place), {
    count: 1,
    questions: undefined,
  });
  assert.deepEqual(findHeaderRows(names, [questions, ...answers], place), { count: 1, questions });
  assert.deepEqual(findHeaderRows(names, answers, place).count, 0);
  const monkey = ['Respondent ID', 'Collector ID', 'Why?', '', 'What else?'];
  const below = ['', '', 'Response', 'Tags', 'Open-Ended Response'];
  assert.equal(findHeaderRows(monkey, [below, ['1', '7', '9', '', 'x']], place).count, 1);
});

test('what may be one is asked about', () => {
  for (const [names, rows] of [
    // SurveyMonkey in another language: blank names are filled in below.
    [
      ['Befragten-ID', 'Warum?', '', 'Was noch?'],
      [
        ['', 'Antwort', 'Schlagworte', 'Offene Antwort'],
        ['1', '9', '', 'x'],
        ['2', '3', '', 'y'],
      ],
    ],
    // Labels over numbers.
    [
      ['id', 'age', 'nps', 'why'],
      [
        ['Number', 'Age in years', 'Would you recommend us?', 'Why?'],
        ['1', '30', '9', 'fast'],
        ['2', '41', '3', 'slow'],
        ['3', '52', '7', 'fine'],
      ],
    ],
  ] as const) {
    const given = structuredClone(rows) as unknown as string[][];
    assert.throws(() => findHeaderRows(names, given, place), {
      code: 'HEADER_ROWS_UNCLEAR',
      hint: /`--header-rows 2`.*`--header-rows 1`/u,
    });
    assert.equal(findHeaderRows(names, given, { ...place, told: 1 }).count, 0);
    assert.equal(findHeaderRows(names, given, { ...place, told: 2 }).count, 1);
  }
});

test('rows like the others are none', () => {
  for (const rows of [
    [
      ['1', 'n/a', 'N/A', 'x'],
      ['2', '4', '5', 'y'],
      ['3', '4', '5', 'y'],
      ['4', '4', '5', 'y'],
    ],
    [
      ['a', 'b', 'c', 'd'],
      ['e', 'f', 'g', 'h'],
    ],
    [['1', '2', '3', 'only one']],
    [
      ['1', 'late', '3', 'x'],
      ['2', '1', '3', 'y'],
      ['2', '1', '3', 'y'],
      ['2', '1', '3', 'y'],
    ],
  ]) {
    assert.equal(findHeaderRows(['id', 'a', 'b', 'c'], rows, place).count, 0, JSON.stringify(rows));
  }
});

test('header rows are rows that say so, wherever they stand', async () => {
  const header = 'id,text\nID,Why?\n"{""ImportId"":""a""}","{""ImportId"":""b""}"\n';
  const path = file(
    'a.csv',
    `${header}1,good\n\ufeff${header}2,bad\n"{""ImportId"":""x""}","{""ImportId"":""y""}"\n`,
  );
  const { head, rows } = await readAll({ inputs: [path] }, ['text']);
  assert.deepEqual([head.headerRows, head.questions], [2, ['ID', 'Why?']]);
  assert.deepEqual(
    rows.map(({ isHeader, texts }) => [isHeader, texts[0]]),
    [
      [true, ''],
      [true, ''],
      [false, 'good'],
      [true, ''],
      [true, ''],
      [true, ''],
      [false, 'bad'],
      [true, ''],
    ],
  );
});

test('names in the middle are a header, however they are written', async () => {
  const told = async (content: string): Promise<(boolean | undefined)[]> => {
    const { rows } = await readAll({ inputs: [file('b.csv', content)] }, ['text']);
    return rows.map(({ isHeader }) => isHeader);
  };
  const names = ['ID,Text', '"id","text"', 'id , text', ' ID,"TEXT"', '\ufeff"id","text"'];
  assert.deepEqual(await told(`id,text\n1,a\n${names.join('\n')}\n2,text\n`), [
    false,
    ...names.map(() => true),
    false,
  ]);
  assert.deepEqual(await told('"id","text"\n1,a\nid,text\n'), [false, true]);
  // A single name may be an answer; as it stands it is none.
  assert.deepEqual(await told('text\nfine\nText\ntext\n'), [false, false, true]);
});
