import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after } from 'node:test';
import { blankPredictions, type ShardPredictions, type TaskLayout } from '../../src/protocol.ts';
import { openRecords } from '../../src/records/open-records.ts';
import type { RecordsOptions } from '../../src/records/records-options.ts';
import type { RecordsHead, Row } from '../../src/records/row.ts';
import type { RowWriter, WriterOptions } from '../../src/records/format-writer.ts';
import { unreadRows } from '../../src/records/rejected.ts';
import { createRowWriter } from '../../src/records/writer.ts';
import { seededRandom } from '../../src/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'voxpop-records-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A path in a folder that goes away after the tests of the file. */
export function temporaryPath(name: string): string {
  return join(folder, `${files++}-${name}`);
}

export function file(name: string, content: string | Buffer): string {
  const path = temporaryPath(name);
  writeFileSync(path, content);
  return path;
}

/** Stdin that gives its bytes in pieces of `size`. */
export function pieces(content: string | Buffer, size = 1): Readable {
  const bytes = Buffer.from(content as string);
  const count = Math.ceil(bytes.length / size);
  return Readable.from(
    Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size)),
  );
}

export interface Read {
  head: RecordsHead;
  rows: Row[];
}

/** Reads all rows; with no text columns unless given, and texts as the cells hold them, whatever they say. */
export async function readAll(
  options: Partial<RecordsOptions> & { inputs: string[] },
  textColumns: string[] = [],
): Promise<Read> {
  const records = await openRecords({ keepNonAnswers: true, ...options });
  const rows: Row[] = [];
  for await (const batch of records.rows(textColumns)) rows.push(...batch);
  return { head: records.head, rows };
}

/** Reads content as a file, and again through stdin byte by byte, which must give the same. */
export async function readBothWays(
  name: string,
  content: string | Buffer,
  textColumns: string[] = [],
  options: Partial<RecordsOptions> = {},
): Promise<Read> {
  const whole = await readAll({ ...options, inputs: [file(name, content)] }, textColumns);
  const from = options.from ?? whole.head.format;
  const byByte = await readAll({ ...options, from, inputs: ['-'], stdin: pieces(content) }, textColumns);
  const plain = (rows: Row[]): unknown => rows.map((row) => ({ ...plainRow(row), file: '' }));
  assert.deepEqual(plain(byByte.rows), plain(whole.rows));
  const plainHead = (head: RecordsHead): RecordsHead => ({ ...head, file: '', totalBytes: 0 });
  assert.deepEqual(plainHead(byByte.head), plainHead(whole.head));
  return whole;
}

/** A row of any format as a plain object, with the bytes of its record as `record`. */
export function plainRow(row: Row): object {
  const { cells: decoded, record, ...rest } = row;
  return { ...rest, cells: decoded, record: record?.text() };
}

export function cells({ rows }: Read): unknown {
  return rows.map((row) => row.cells);
}

export const sentiment: TaskLayout = {
  name: 'sentiment',
  problemType: 'single_label_classification',
  labels: ['negative', 'neutral', 'positive'],
};

export const emotion: TaskLayout = {
  name: 'emotion',
  problemType: 'multi_label_classification',
  labels: ['anger', 'joy', 'trust'],
};

/** Predictions for texts: each is the list of scores; a score of 0.5 and more assigns the label. */
export function predictions(texts: number[][], flags: number[] = []): ShardPredictions {
  const scores = Float32Array.from(texts.flat());
  return {
    scores,
    assigned: Uint8Array.from(scores, (score) => (score >= 0.5 ? 1 : 0)),
    flags: Uint8Array.from(texts, (_, index) => flags[index] ?? 0),
    counts: blankPredictions(0, 0).counts,
  };
}

/** A writer of CSV with one text column and one task and no scores, unless told otherwise. */
export function createWriter(head: RecordsHead, options: Partial<WriterOptions> = {}): Promise<RowWriter> {
  return createRowWriter(head, {
    to: 'csv',
    tasks: [sentiment],
    textColumns: ['text'],
    scores: 'none',
    prefix: '',
    flagTruncated: false,
    ...options,
  });
}

/** All that such a writer makes of what was read, scored alike unless told otherwise. */
export async function outputOf(
  { head, rows }: Read,
  options: Partial<WriterOptions> = {},
  scored = predictions(rows.flatMap(() => (options.textColumns ?? ['text']).map(() => [1, 0, 0]))),
): Promise<string> {
  const writer = await createWriter(head, options);
  return writer.header() + String(writer.rows(rows, scored, unreadRows(rows)).lines);
}

/** Whole numbers from 0 to below `limit` that are the same in each run. */
export function createRandom(seed: number): (limit: number) => number {
  const random = seededRandom(seed);
  return (limit) => Math.floor(random() * limit);
}

const cellParts = [
  'a',
  ' ',
  '"',
  '""',
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r\n',
  '\r',
  '\0',
  '\u2028',
  'é',
  '😀',
  '評論',
];
cellParts.push('\ufeff', "'", '=1+1', '\\', 'null', '{', '}');

/** A cell made of everything that is hard about cells. */
export function randomCell(random: (limit: number) => number): string {
  return Array.from({ length: random(5) }, () => cellParts[random(cellParts.length)]).join('');
}
