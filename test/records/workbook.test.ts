import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { exitCodes } from '../../src/errors.ts';
import { scoreFile } from '../support/exports.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { runMain } from '../support/run-main.ts';
import { scratchDirectory } from '../support/scratch.ts';

const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
/** Styles of the cells: plain, a day, a day with its time, a share, a price. */
const styles =
  '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy\\ hh:mm"/>' +
  '<numFmt numFmtId="165" formatCode="#,##0.00\\ [$€-407]"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>' +
  '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="9"/><xf numFmtId="165"/></cellXfs></styleSheet>';
const strings =
  '<sst><si><t>comment</t></si><si><r><t xml:space="preserve">Great </t></r><r><t>service</t></r><rPh><t>x</t></rPh></si>' +
  '<si><t>Terrible &amp; slow_x000D_\napp &#252;</t></si></sst>';

/** Rewrites the parts of a workbook: their names, or what they hold. */
function remade(path: string, change: (name: string, text: string) => [name: string, text: string]): string {
  const parts = Object.entries(unzipSync(readFileSync(path))).map(([name, bytes]) => {
    const [newName, changed] = change(name, strFromU8(bytes));
    return [newName, strToU8(changed)] as const;
  });
  writeFileSync(path, zipSync(Object.fromEntries(parts)));
  return path;
}

interface MadeSheet {
  name: string;
  rows: string;
  state?: string;
}

/** A workbook as spreadsheet programs write it: texts apart, behind the sheets. */
function made(t: TestContext, sheets: MadeSheet[], { is1904 = false } = {}): string {
  const path = join(scratchDirectory(t), 'in.xlsx');
  const list = sheets.map(
    ({ name, state }, index) =>
      `<x:sheet name="${name}" sheetId="${index + 5}" r:id="rId${index}"${state === undefined ? '' : ` state="${state}"`}/>`,
  );
  const targets = sheets.map(
    (_, index) =>
      `<Relationship Id="rId${index}" Type="${office}/worksheet" Target="/xl/worksheets/s${index}.xml"/>`,
  );
  const parts: Record<string, string> = {
    '[Content_Types].xml': '<Types/>',
    'xl/workbook.xml': `<x:workbook xmlns:x="m" xmlns:r="${office}"><x:workbookPr date1904="${is1904 ? 1 : 0}"/><x:sheets>${list.join('')}</x:sheets></x:workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${targets.join('')}<Relationship Id="a" Type="${office}/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="b" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    ...Object.fromEntries(
      sheets.map(({ rows }, index) => [
        `xl/worksheets/s${index}.xml`,
        `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
      ]),
    ),
    'xl/styles.xml': styles,
    'xl/sharedStrings.xml': strings,
  };
  writeFileSync(
    path,
    zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)]))),
  );
  return path;
}

const text = (reference: string, value: string): string =>
  `<c r="${reference}" t="inlineStr"><is><t>${value}</t></is></c>`;
const answers =
  `<row r="1">${text('A1', 'id')}<c r="B1" t="s"><v>0</v></c>${['day', 'at', 'share', 'price', 'ok', 'sum', 'error', 'big'].map((name, place) => text(`${'CDEFGHIJ'[place]}1`, name)).join('')}</row>` +
  '<row r="3"><c r="A3"><v>7</v></c><c r="B3" t="s"><v>1</v></c><c r="C3" s="1"><v>46023</v></c><c r="D3" s="2"><v>46023.4375</v></c><c r="E3" s="3"><v>0.15</v></c><c r="F3" s="4"><v>12.5</v></c><c r="G3" t="b"><v>1</v></c><c r="H3"><f>A3*2</f><v>14</v></c><c r="I3" t="e"><v>#N/A</v></c><c r="J3"><v>12345678901234</v></c></row>' +
  '<row><c t="str"><f>"x"</f><v>a</v></c><c t="s"><v>2</v></c><c r="H4"><f>B4</f></c></row><row r="9"><c r="A9"/></row>';
const header = 'id,comment,day,at,share,price,ok,sum,error,big,sentiment';

test('a sheet is read as it is shown: texts, days, values of formulas', async (t) => {
  const file = made(t, [{ name: 'Answers', rows: answers }]);
  const { code, stdout, stderr } = await scoreFile(file, '--to', 'csv');
  assert.equal(code, exitCodes.ok, stderr);
  assert.equal(
    stdout,
    `${header}\n7,Great service,2026-01-01,2026-01-01T10:30:00,0.15,12.5,true,14,#N/A,12345678901234,positive\n` +
      'a,"Terrible & slow\r\napp ü",,,,,,,,,negative\n',
  );
  assert.match(stderr, /A formula has no value in the file \(from row 4 on\)/u);
  const lines = await scoreFile(file, '--to', 'jsonl');
  assert.ok(
    lines.stdout.startsWith(
      '{"id":7,"comment":"Great service","day":"2026-01-01","at":"2026-01-01T10:30:00","share":0.15,"price":12.5,"ok":true,"sum":14,"error":"#N/A","big":12345678901234,"predictions"',
    ),
    lines.stdout,
  );
});

test('ids keep their zeros and all of their digits', async (t) => {
  const rows =
    `<row r="1">${text('A1', 'zip')}${text('B1', 'id')}${text('C1', 'comment')}</row>` +
    '<row r="2"><c r="A2" s="4"><v>1067</v></c><c r="B2"><v>12345678901234567891</v></c><c r="C2" t="s"><v>1</v></c></row>' +
    '<row r="3"><c r="A3" s="4"><v>123456</v></c><c r="B3" s="3"><v>-9007199254740993</v></c><c r="C3" t="s"><v>1</v></c></row>';
  const file = remade(made(t, [{ name: 'Answers', rows }]), (name, part) => [
    name,
    part.replace(/formatCode="#[^"]*"/u, 'formatCode="00000"'),
  ]);
  const { stdout, stderr } = await scoreFile(file, '--to', 'csv');
  assert.equal(
    stdout,
    'zip,id,comment,sentiment\n01067,12345678901234567891,Great service,positive\n' +
      '123456,-9007199254740993,Great service,positive\n',
    stderr,
  );
  const lines = (await scoreFile(file, '--to', 'jsonl')).stdout.split('\n');
  assert.match(lines[0] ?? '', /^\{"zip":"01067","id":12345678901234567891,/u);
  assert.match(lines[1] ?? '', /^\{"zip":123456,"id":-9007199254740993,/u);
});

test('a header in the middle is not labelled, and said', async (t) => {
  const names = (row: number): string =>
    `<row r="${row}">${text(`A${row}`, 'id')}${text(`B${row}`, 'comment')}</row>`;
  const answer = (row: number): string =>
    `<row r="${row}"><c r="A${row}"><v>${row}</v></c><c r="B${row}" t="s"><v>1</v></c></row>`;
  const rows = names(1) + answer(2) + names(3) + answer(4) + names(5);
  const { stdout, stderr } = await scoreFile(made(t, [{ name: 'Answers', rows }]), '--to', 'csv');
  assert.equal(
    stdout,
    'id,comment,sentiment\n2,Great service,positive\nid,comment,\n4,Great service,positive\nid,comment,\n',
  );
  assert.match(stderr, /2 rows repeat the header \(row 3\)/u);
  assert.match(stderr, /2 header rows/u);
});

test('rows that the workbook hides are read, and said', async (t) => {
  const row = (number: number, facts = ''): string =>
    `<row r="${number}"${facts}>${text(`A${number}`, number === 1 ? 'comment' : 'Great service')}</row>`;
  const rows = row(1) + row(2) + row(3, ' hidden="1"') + '<row r="4" hidden="1"/>' + row(5, ' hidden="true"');
  const { stdout, stderr } = await scoreFile(made(t, [{ name: 'Answers', rows }]), '--to', 'csv');
  assert.equal(stdout.trim().split('\n').length, 4);
  assert.match(stderr, /2 rows are hidden in the workbook \(from row 3 on\)/u);
});

test('a workbook is found under the name that its archive tells', async (t) => {
  const renamed = remade(made(t, [{ name: 'Answers', rows: answers }]), (name, part) => {
    if (name === '[Content_Types].xml')
      return [
        '_rels/.rels',
        `<Relationships><Relationship Id="d" Type="${office}/officeDocument" Target="/xl/book2.xml"/></Relationships>`,
      ];
    return [name.replace('workbook.xml', 'book2.xml'), part];
  });
  const { stdout, stderr } = await scoreFile(renamed, '--to', 'csv');
  assert.match(stdout, /^7,Great service,2026-01-01,/mu, stderr);
  // A text document has no sheets.
  const letter = remade(renamed, (name, part) => [name, part.replaceAll('/worksheet"', '/settings"')]);
  assert.match((await scoreFile(letter, '--to', 'csv')).stderr, /found an? (?:Office document|ZIP archive)/u);
});

test('days are counted from 1904 where the workbook says so', async (t) => {
  const file = made(t, [{ name: 'Answers', rows: answers }], { is1904: true });
  assert.match(
    (await scoreFile(file, '--to', 'csv')).stdout,
    /^7,Great service,2030-01-02,2030-01-02T10:30:00,/mu,
  );
});

test('a workbook comes out with types and formats, and reads the same again', async (t) => {
  const file = made(t, [{ name: 'Answers', rows: answers }]);
  const output = join(scratchDirectory(t), 'out.xlsx');
  const { code, stderr } = await scoreFile(file, '-o', output);
  assert.equal(code, exitCodes.ok, stderr);
  const parts = Object.entries(unzipSync(readFileSync(output))).map(([name, bytes]) => [
    name,
    strFromU8(bytes),
  ]);
  const { 'xl/worksheets/sheet1.xml': sheet = '', 'xl/styles.xml': written = '' } = Object.fromEntries(
    parts,
  ) as Record<string, string>;
  for (const cell of [
    '<c r="A2"><v>7</v></c>',
    '<c r="B2" t="inlineStr"><is><t xml:space="preserve">Great service</t></is></c>',
    '<c r="C2" s="1"><v>46023</v></c>',
    '<c r="D2" s="2"><v>46023.4375</v></c>',
    '<c r="E2" s="3"><v>0.15</v></c>',
    '<c r="F2" s="4"><v>12.5</v></c>',
    '<c r="G2" t="b"><v>1</v></c>',
    '<c r="H2"><v>14</v></c>',
    'slow_x000D_\napp ü',
    '<c r="K3" t="inlineStr"><is><t xml:space="preserve">negative</t></is></c>',
  ]) {
    assert.ok(sheet.includes(cell), `${cell} in ${sheet}`);
  }
  assert.match(written, /formatCode="dd\\\.mm\\\.yyyy\\ hh:mm"/u);
  const columns = header.replace(',sentiment', '').split(',').join(',');
  const [before, after] = [
    await scoreFile(file, '--to', 'csv', '--columns', columns),
    await scoreFile(output, '--to', 'csv', '--columns', columns, '--prefix', 'new_'),
  ];
  assert.equal(after.stdout.replace('new_', ''), before.stdout);
  const again = await scoreFile(file, '-o', output, '--resume');
  assert.match(again.stderr, /[Nn]othing to do/u);
  const report = await runMain(['report', output, '--format', 'json']);
  assert.match(report.stdout, /"rows": 2/u, report.stderr);
});

test('which sheet is meant is asked where it is not clear', async (t) => {
  const info: MadeSheet = { name: 'Info &amp; more', rows: `<row r="1">${text('A1', 'Export')}</row>` };
  const hidden: MadeSheet = { name: 'Hidden', rows: answers, state: 'hidden' };
  const several = made(t, [info, { name: 'Answers', rows: answers }, hidden, { name: 'Empty', rows: '' }]);
  const unclear = await scoreFile(several, '--to', 'csv');
  assert.equal(unclear.code, exitCodes.usage);
  assert.match(
    unclear.stderr,
    /several: `Info & more`, `Answers`\n.*`--sheet 'Info & more'` or `--sheet Answers`/u,
  );
  for (const sheet of ['Answers', '2', '3']) {
    const { stdout, stderr } = await scoreFile(several, '--to', 'csv', '--sheet', sheet);
    assert.match(stdout, /^7,Great service,/mu, stderr);
  }
  const unknown = await scoreFile(several, '--sheet', 'Answer');
  assert.match(unknown.stderr, /Did you mean `--sheet Answers`/u);
  const one = made(t, [{ name: 'Answers', rows: answers }, hidden]);
  assert.match((await scoreFile(one, '--to', 'csv')).stderr, /only the sheet `Answers` is read/u);
});

test('titles, header rows and no header are as in any table', async (t) => {
  const titled = `<row r="1">${text('A1', 'Survey 2026')}</row><row r="3">${text('A3', 'Nr')}${text('B3', 'comment')}</row><row r="4"><c r="A4"><v>1</v></c>${text('B4', 'Great service')}</row>`;
  const file = made(t, [{ name: 'Answers', rows: titled }]);
  const asked = await scoreFile(file, '--to', 'csv');
  assert.match(asked.stderr, /in line 3, with `Nr`, `comment`\n.*`--skip-rows 2`/u);
  const read = await scoreFile(file, '--to', 'csv', '--skip-rows', '2');
  assert.equal(read.stdout, 'Nr,comment,sentiment\n1,Great service,positive\n');
  const bare = await scoreFile(file, '--to', 'csv', '--skip-rows', '3', '--no-header', '-t', 'column_2');
  assert.equal(bare.stdout, '1,Great service,positive\n');
  const survey = `<row r="1">${text('A1', 'ResponseId')}${text('B1', 'Q2')}</row><row r="2">${text('A2', 'Response ID')}${text('B2', 'Why?')}</row><row r="3">${text('A3', '{"ImportId":"_recordId"}')}${text('B3', '{"ImportId":"QID2"}')}</row><row r="4">${text('A4', 'R_1a')}${text('B4', 'Great service')}</row>`;
  const answersOnly = await scoreFile(made(t, [{ name: 'S', rows: survey }]), '--to', 'csv', '-t', 'Q2');
  assert.match(answersOnly.stdout, /^Response ID,Why\?,\n.*,\nR_1a,Great service,positive\n$/mu);
  assert.match(answersOnly.stderr, /2 header rows/u);
});

test('what is no workbook, damaged or too long is an error that says what to do', async (t) => {
  const folder = scratchDirectory(t);
  const document = join(folder, 'in.docx');
  writeFileSync(
    document,
    zipSync({ '[Content_Types].xml': strToU8('<Types/>'), 'word/document.xml': strToU8('<w/>') }),
  );
  assert.match((await scoreFile(document)).stderr, /found an Office document\n.*Only workbooks \(\.xlsx\)/u);
  const file = made(t, [{ name: 'Answers', rows: answers }]);
  const piped = await runMain(['score', '-', '-m', fixtureBundle], readFileSync(file));
  assert.match(piped.stderr, /`\.\.\. > file\.xlsx`/u);
  assert.match((await scoreFile(file, '--delimiter', ';')).stderr, /along with --delimiter, found xlsx/u);
  const table = join(folder, 'in.csv');
  writeFileSync(table, `comment\n${'a'.repeat(32_768)}\n`);
  assert.match((await scoreFile(table, '--sheet', 'x')).stderr, /along with --sheet, found csv/u);
  const long = await scoreFile(table, '-o', join(folder, 'out.xlsx'));
  assert.equal(long.code, exitCodes.usage);
  assert.match(long.stderr, /at most 32767 characters.*`comment`/u);
  const bytes = readFileSync(file);
  const cut = join(folder, 'cut.xlsx');
  writeFileSync(cut, bytes.subarray(0, bytes.length - 30));
  const damaged = await scoreFile(cut);
  assert.equal(damaged.code, exitCodes.usage);
  assert.match(damaged.stderr, /expected a whole workbook/u);
});
