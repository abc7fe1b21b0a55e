import assert from 'node:assert/strict';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { asyncBufferFromFile, parquetReadObjects, parquetMetadataAsync, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { exitCodes } from '../../src/errors.ts';
import { scoreFile } from '../support/exports.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { runMain } from '../support/run-main.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** Columns of each kind, as their elements describe them, with what the file stores for two rows and what that means. */
const columns: { element: SchemaElement[]; stored: unknown[]; csv: string[]; json: string[] }[] = [
  column({ name: 'id', type: 'INT64' }, [9007199254740993n, -1n], ['9007199254740993', '-1']),
  column({ name: 'small', type: 'INT32', converted_type: 'INT_8' }, [-5, null], ['-5', '']),
  column(
    { name: 'unsigned', type: 'INT64', converted_type: 'UINT_64' },
    [-1n, 3n],
    ['18446744073709551615', '3'],
  ),
  column(
    { name: 'comment', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    ['Great service', 'Terrible app'],
    ['Great service', 'Terrible app'],
  ),
  column(
    { name: 'price', type: 'INT64', converted_type: 'DECIMAL', precision: 18, scale: 2 },
    [-5n, 1234567890123456789n],
    ['-0.05', '12345678901234567.89'],
  ),
  column({ name: 'day', type: 'INT32', converted_type: 'DATE' }, [-1, 20000], ['1969-12-31', '2024-10-04']),
  column(
    {
      name: 'at',
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
    },
    [1767225600123456789n, -1n],
    ['2026-01-01T00:00:00.123456789Z', '1969-12-31T23:59:59.999999999Z'],
  ),
  column(
    {
      name: 'local',
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' },
    },
    [1500000n, null],
    ['1970-01-01T00:00:01.5', ''],
  ),
  column({ name: 'ok', type: 'BOOLEAN' }, [true, false], ['true', 'false']),
  column({ name: 'share', type: 'DOUBLE' }, [0.1, 1e300], ['0.1', '1e+300']),
  column(
    {
      name: 'uuid',
      type: 'FIXED_LEN_BYTE_ARRAY',
      type_length: 16,
      logical_type: { type: 'UUID' },
    },
    [Uint8Array.from({ length: 16 }, (_, index) => index), null],
    ['00010203-0405-0607-0809-0a0b0c0d0e0f', ''],
  ),
];

function column(element: SchemaElement, stored: unknown[], csv: string[]): (typeof columns)[number] {
  const isNumber =
    /INT|DOUBLE|BOOLEAN/u.test(element.type ?? '') && !csv.some((text) => /\d-\d|:/u.test(text));
  const json = csv.map((text) => (text === '' ? 'null' : isNumber ? text : JSON.stringify(text)));
  return { element: [{ ...element, repetition_type: 'OPTIONAL' }], stored, csv, json };
}

/** Writes the columns as they are stored; what they mean is only said in the footer. */
function madeFile(path: string, groups = 1): void {
  const writer = new ByteWriter();
  const root = { name: 'schema', num_children: columns.length };
  const bare = columns.map(({ element }) => {
    const { logical_type: _, converted_type, ...rest } = element[0] as SchemaElement;
    return converted_type === 'UTF8' ? { ...rest, converted_type } : rest;
  });
  const file = new ParquetWriter({ writer, schema: [root, ...bare] });
  const columnData = columns.map(({ element, stored }) => ({
    name: (element[0] as SchemaElement).name,
    data: stored,
    statistics: false,
  }));
  for (let group = 0; group < groups; group++) void file.write({ columnData, rowGroupSize: 2 });
  file.schema = [root, ...columns.flatMap(({ element }) => element)];
  void file.finish();
  writeFileSync(path, writer.getBytes());
}

function made(t: TestContext, groups?: number): { folder: string; file: string } {
  const folder = scratchDirectory(t);
  const file = join(folder, 'in.parquet');
  madeFile(file, groups);
  return { folder, file };
}

const names = columns.map(({ element }) => (element[0] as SchemaElement).name);

test('each value of a Parquet file is its exact text in CSV', async (t) => {
  const { file } = made(t);
  const { code, stdout, stderr } = await scoreFile(file, '--to', 'csv');
  assert.equal(code, exitCodes.ok, stderr);
  const rows = [0, 1].map((row) => columns.map(({ csv }) => csv[row]).join(','));
  assert.equal(stdout, `${names.join(',')},sentiment\n${rows[0]},positive\n${rows[1]},negative\n`);
});

test('numbers stay numbers in JSON, with all digits', async (t) => {
  const { file } = made(t);
  const { stdout, stderr } = await scoreFile(file, '--to', 'jsonl');
  const [first, second] = stdout.split('\n');
  for (const [row, line] of [first, second].entries()) {
    const fields = columns.map(({ json }, place) => `"${names[place]}":${json[row]}`);
    assert.ok(line?.startsWith(`{${fields.join(',')},"predictions":`), `${line}\n${stderr}`);
  }
});

test('Parquet comes out with the types and values that went in, and labels beside them', async (t) => {
  const { folder, file } = made(t, 3);
  const output = join(folder, 'out.parquet');
  const args = ['score', file, '-m', fixtureBundle, '-w', '1', '--tasks', 'sentiment,topic', '--wide'];
  const { code, stderr } = await runMain([...args, '-o', output]);
  assert.equal(code, exitCodes.ok, stderr);
  const [before, after] = await Promise.all([file, output].map((path) => described(path)));
  assert.deepEqual(after?.schema.slice(0, names.length), before?.schema);
  const added = after?.schema.slice(names.length).map(({ name, type }) => `${name} ${type}`) ?? [];
  assert.deepEqual(added.slice(0, 4), [
    'sentiment BYTE_ARRAY',
    'sentiment_score DOUBLE',
    'topic BYTE_ARRAY',
    'topic_score BYTE_ARRAY',
  ]);
  assert.ok(
    added.length > 5 && added.slice(4).every((each) => /^topic_\w+ INT32$/u.test(each)),
    added.join(),
  );
  assert.equal(after?.rows.length, 6);
  for (const [index, row] of after?.rows.entries() ?? []) {
    for (const name of names) assert.deepEqual(row[name], before?.rows[index]?.[name], name);
    assert.equal(row.sentiment, index % 2 === 0 ? 'positive' : 'negative');
    assert.equal(typeof row.sentiment_score, 'number');
  }
  // A run again finds that there is nothing to do, and an output of it can be read by the other commands.
  const again = await runMain([...args, '-o', output, '--resume']);
  assert.match(again.stderr, /[Nn]othing to do/u);
  const report = await runMain(['report', output, '--format', 'json']);
  assert.match(report.stdout, /"rows": 6/u, report.stderr);
  const compared = await runMain(['compare', file, output]);
  assert.equal(compared.code, exitCodes.usage);
});

async function described(
  path: string,
): Promise<{ schema: SchemaElement[]; rows: Record<string, unknown>[] }> {
  const file = await asyncBufferFromFile(path);
  const { schema } = await parquetMetadataAsync(file);
  return { schema: schema.slice(1), rows: await parquetReadObjects({ file }) };
}

test('tables and JSON are written as Parquet, text as it is', async (t) => {
  const folder = scratchDirectory(t);
  const table = join(folder, 'in.csv');
  writeFileSync(table, 'id,comment\n007,Great service\n,Terrible app\n');
  const output = join(folder, 'out.parquet');
  assert.equal((await scoreFile(table, '-o', output)).code, exitCodes.ok);
  assert.deepEqual((await described(output)).rows, [
    { id: '007', comment: 'Great service', sentiment: 'positive' },
    { id: '', comment: 'Terrible app', sentiment: 'negative' },
  ]);
});

test('a damaged file, a pipe and options of text are errors that say what to do', async (t) => {
  const { folder, file } = made(t);
  const piped = await runMain(['score', '-', '-m', fixtureBundle], readFileSync(file));
  assert.equal(piped.code, exitCodes.usage);
  assert.match(piped.stderr, /a Parquet file\n.*`\.\.\. > file\.parquet`/u);
  const option = await scoreFile(file, '--delimiter', ';');
  assert.match(option.stderr, /along with --delimiter, found parquet/u);
  const shard = await scoreFile(file, '--shard', '0/2', '-o', join(folder, 'x.parquet'));
  assert.match(shard.stderr, /along with --shard, got parquet/u);
  truncateSync(file, statSync(file).size - 20);
  const cut = await scoreFile(file);
  assert.equal(cut.code, exitCodes.usage);
  assert.match(cut.stderr, /in\.parquet: expected a whole Parquet file/u);
});

test('DuckDB reads what is written', async (t) => {
  const { folder, file } = made(t, 2);
  const output = join(folder, 'out.parquet');
  assert.equal((await scoreFile(file, '-o', output)).code, exitCodes.ok);
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const types = 'typeof(small), typeof(price), typeof("day"), typeof("at"), typeof(uuid), typeof(sentiment)';
  const query = `select ${types}, price::varchar, uuid::varchar, sentiment from '${output}' where id > 0`;
  const reader = await connection.runAndReadAll(query);
  const row = [
    'TINYINT',
    'DECIMAL(18,2)',
    'DATE',
    'TIMESTAMP WITH TIME ZONE',
    'UUID',
    'VARCHAR',
    '-0.05',
    '00010203-0405-0607-0809-0a0b0c0d0e0f',
    'positive',
  ];
  assert.deepEqual(reader.getRows(), [row, row]);
  connection.closeSync();
  instance.closeSync();
});
