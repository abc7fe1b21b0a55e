import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openRecords, type RowStart } from '../../src/records/open-records.ts';
import type { RecordsOptions } from '../../src/records/records-options.ts';
import type { Row } from '../../src/records/row.ts';
import { startAt, surveyRows } from '../../src/records/survey.ts';
import { createRandom, file, plainRow, randomCell, readAll } from './support.ts';

type Options = Partial<RecordsOptions> & { inputs: string[] };

/** At most `count` rows, and the bytes that were read for them. */
async function readFrom(options: Options, start: RowStart, count: number): Promise<[Row[], number]> {
  let bytesRead = 0;
  const records = await openRecords({ ...options, onBytes: (bytes) => (bytesRead += bytes.length) });
  const rows: Row[] = [];
  for await (const batch of records.rows(['text'], start)) {
    rows.push(...batch);
    if (rows.length >= count) break;
  }
  await records.close();
  return [rows.slice(0, count), bytesRead];
}

/** Many rows, some of which are everything that is hard about cells. */
function makeCsv(rows: number, seed: number): string {
  const random = createRandom(seed);
  let text = 'id,text\r\n';
  for (let row = 0; row < rows; row++) {
    const cell = row % 5 === 0 ? `"${randomCell(random).replaceAll('"', '""')}"` : `text ${row}`;
    text += `${row},${cell}${row % 3 === 0 ? '\r\n' : '\n'}${row % 97 === 0 ? '\n' : ''}`;
    if (row % 501 === 0) text += `bad,"quote" of ${row},too many\n`;
    if (row % 777 === 0) text += `ragged\n`;
  }
  return text;
}

function makeJsonl(rows: number): string {
  let text = '';
  for (let row = 0; row < rows; row++) {
    if (row % 101 === 0) text += row % 2 === 0 ? '\n' : '\u3000 \r\n';
    text += row % 503 === 0 ? `{"text": bad ${row}\n` : `{"id":${row},"text":"näive ${row}"}\n`;
  }
  return text;
}

const csv = makeCsv(20_000, 1);
const jsonl = makeJsonl(20_000);
const latin1 = Buffer.from(makeCsv(9_000, 2).replaceAll(/[^\0-\x7e]/gu, 'ä'), 'latin1');
const cases: [name: string, options: Options][] = [
  ['CSV', { inputs: [file('a.csv', csv)] }],
  ['CSV with a byte order mark and sep=', { inputs: [file('a.csv', `\ufeffsep=,\r\n${csv}`)] }],
  ['CSV without header', { inputs: [file('a.csv', csv.replace('id,text', '0,x'))], header: false }],
  ['CSV of one column', { inputs: [file('a.csv', `text\n${'a\n\n'.repeat(9_000)}`)] }],
  ['JSONL', { inputs: [file('a.jsonl', jsonl)] }],
  ['gzip', { inputs: [file('a.jsonl.gz', gzipSync(jsonl))] }],
  ['windows-1252', { inputs: [file('a.csv', latin1)], encoding: 'windows-1252' }],
  ['UTF-16', { inputs: [file('a.csv', Buffer.from(`\ufeff${csv}`, 'utf16le'))] }],
  ['several', { inputs: [file('a.csv', makeCsv(9_000, 3)), file('b.csv', 'id,text\n'), file('c.csv', csv)] }],
  [
    'invalid bytes',
    {
      inputs: [
        file('a.csv', Buffer.concat([Buffer.from('id,text\n1,\xff\n', 'latin1'), Buffer.from(csv.slice(9))])),
      ],
      invalidUtf8: 'reject',
    },
  ],
  [
    'invalid bytes replaced',
    {
      inputs: [
        file('a.csv', Buffer.concat([Buffer.from('id,text\n1,\xff\n', 'latin1'), Buffer.from(csv.slice(9))])),
      ],
      invalidUtf8: 'replace',
    },
  ],
];

for (const [name, given] of cases) {
  test(`reading can begin with any row: ${name}`, async () => {
    const options = { ...given, rejectRows: true, keepNonAnswers: true };
    const all = (await readAll(options, ['text'])).rows.map(plainRow);
    const survey = await surveyRows(options, Infinity, undefined);
    assert.equal(survey.rows, all.length);
    const random = createRandom(7);
    const ordinals = [0, 1, 8191, 8192, 8193, all.length - 1, all.length, random(all.length)];
    for (const ordinal of ordinals.filter((each) => each <= all.length)) {
      const [rows] = await readFrom(options, startAt(survey, ordinal), 300);
      assert.deepEqual(rows.map(plainRow), all.slice(ordinal, ordinal + 300), `from row ${ordinal}`);
    }
  });
}

test('what goes before is not read again where places are known', async () => {
  const lines = Array.from({ length: 50_000 }, (_, row) => `{"text":"${'x'.repeat(90)} ${row}"}\n`).join('');
  const options = { inputs: [file('a.jsonl', lines)] };
  const survey = await surveyRows(options, Infinity, undefined);
  const [rows, bytesRead] = await readFrom(options, startAt(survey, 49_990), 10);
  assert.equal(rows.length, 10);
  assert.ok(bytesRead < lines.length / 4, `${bytesRead} of ${lines.length} bytes`);
});

test('counting ends at a limit, and with an error where a record is bad', async () => {
  const path = file('a.csv', 'id,text\n1,a\n2,b\n3\n4,d\n');
  assert.equal((await surveyRows({ inputs: [path] }, 2, undefined)).rows, 2);
  await assert.rejects(surveyRows({ inputs: [path] }, Infinity, undefined), {
    code: 'RAGGED_ROW',
    message: /:4: /u,
  });
  const aborted = AbortSignal.abort(new Error('enough'));
  await assert.rejects(surveyRows({ inputs: [path] }, Infinity, aborted), /enough/u);
});
