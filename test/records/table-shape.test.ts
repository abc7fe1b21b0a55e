import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../../src/errors.ts';
import { findShape, type TableFacts, type TableShape } from '../../src/records/table-shape.ts';

function shape(text: string, facts: Partial<TableFacts> = {}): TableShape {
  return findShape(text, {
    file: 'a.csv',
    isTsv: false,
    newline: '\n',
    quote: '"',
    complete: true,
    told: undefined,
    hasHeader: true,
    skippedLines: 0,
    rejectRows: false,
    ...facts,
  });
}

function fault(text: string, facts: Partial<TableFacts> = {}): [code: string, hint: string] {
  try {
    shape(text, facts);
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    return [error.code, error.hint ?? ''];
  }
  throw new Error(`nothing is wrong with ${JSON.stringify(text)}`);
}

test('the delimiter that splits the rows evenly is taken', () => {
  for (const [text, delimiter] of [
    ['id,text\n1,a\n2,b', ','],
    ['id;text\n1;a, b\n2;c', ';'],
    ['id\ttext\n1\ta;b\n2\tc;d', '\t'],
    ['id|text\n1|a\n', '|'],
    ['NPS;Text\n4,5;gut\n1,5;schlecht', ';'],
    ['"a;b",c\n"d;e",f', ','],
    ['id,text\n', ','],
    ['comment\nGreat\n"Good, but slow"\nBad', ','],
  ] as const) {
    assert.deepEqual(shape(text), { delimiter, isWholeLines: false, notices: [] }, text);
  }
  assert.equal(shape('id,text\n1,a\n', { told: ';' }).delimiter, ';');
  assert.equal(shape('id\ttext\n1\ta, b\n2\tc, d', { isTsv: true }).delimiter, '\t');
});

test('a tie is said', () => {
  const { delimiter, notices } = shape('a;b,c;d\n1;2,3;4\n');
  assert.equal(delimiter, ';');
  assert.match(notices.join(), /`;`, though `,` would/u);
});

test('lines that are a text each are read whole, and it is said', () => {
  const { delimiter, isWholeLines, notices } = shape('comment\nGreat\nGood, but slow\nBad');
  assert.deepEqual([delimiter, isWholeLines, notices.length], [';', true, 1]);
  assert.equal(
    shape('Staff were rude, and slow\nOkay\nFine, thanks, all', { hasHeader: false }).isWholeLines,
    true,
  );
});

test('a table that begins further down', () => {
  for (const [text, lines] of [
    ['Feedback 2026\nid,text\n1,a\n2,b', 1],
    ['Feedback 2026\n\nid;text\n1;a\n', 2],
    ['"Export of\nall answers"\nid,text\n1,a\n2,b', 2],
    ['Report: Feedback\nPeriod: Jan, 2026\nBy: Ann\nid,date,text,score\n1,2,a,4\n2,3,b,5', 3],
    ['Customer Feedback Export,,\n,,\nid,comment,rating\n1,Great,5\n2,Bad,1', 2],
    ['Title\tmore\nid\tq1\tq2\tq3\n1\ta\tb\tc\n2\td\te\tf', 1],
  ] as const) {
    assert.deepEqual(
      fault(text),
      ['TABLE_STARTS_LATER', `Leave out what comes before: \`--skip-rows ${lines}\`.`],
      text,
    );
  }
  assert.match(fault('Title\nid,text\n1,a\n2,b', { skippedLines: 3 })[1], /`--skip-rows 4`/u);
  // Names over some columns only, and an index without one, are no title.
  for (const text of [
    ',comment\n0,Great\n1,Bad',
    ',comment\na,Great\nb,Bad',
    'id,,rating\n1,x,5',
    'comment,\nGreat service,x\nBad,y',
    'Respondent ID,Which?,,,\n1,a,,b,\n2,,c,,d',
  ]) {
    assert.equal(shape(text).delimiter, ',', text);
  }
});

test('a header that fits no row', () => {
  const [code, hint] = fault('id,comment\n1,Great,\n2,Bad,\n');
  assert.equal(code, 'HEADER_RAGGED');
  assert.match(hint, /`--skip-rows 1 --no-header --text column_2`/u);
  assert.equal(fault('id,q,\n1,Great\n2,Bad\n')[0], 'HEADER_RAGGED');
  // One bad row, or some, are bad rows.
  assert.equal(shape('id,comment\n1,Great,x\n2,Bad\n').delimiter, ',');
});

test('rows that are quoted as a whole', () => {
  for (const text of [
    '"id,comment"\n"1,""Great, really"""\n"2,Bad"',
    'id,comment\n"1,""Great, really"""\n"2,Bad"',
    '"id;comment"\n"1;Great"\n"2;Bad"',
  ]) {
    const [code, hint] = fault(text);
    assert.equal(code, 'ROWS_QUOTED', text);
    assert.match(hint, /`python3 -c '.*' < a\.csv \| voxpop score -`/u);
  }
  assert.equal(shape('"comment"\n"Great"\n"Bad"').delimiter, ',');
});

test('delimiters that are not usual are asked about', () => {
  for (const [delimiter, word] of [
    ['^', "'^'"],
    ['~', "'~'"],
    ['\u0001', '"$(printf \'\\001\')"'],
    ['§', "'§'"],
    [':', ':'],
  ] as const) {
    const text = ['id,x,comment', '1,5,Great', '2,3,Bad'].join('\n').replaceAll(',', delimiter);
    assert.deepEqual(fault(text), ['DELIMITER_UNUSUAL', `Name it: \`--delimiter ${word}\`.`]);
    assert.equal(shape(text, { told: delimiter }).delimiter, delimiter);
  }
  // Colons in sentences are no delimiter.
  assert.equal(shape('comment\nGood: fast\nBad\nSo so: slow: late').isWholeLines, false);
  assert.deepEqual(fault('id,text\n1,a\n2,b', { isTsv: true }), [
    'DELIMITER_DIFFERS',
    'Say so: `--delimiter ,`.',
  ]);
});
