import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreRows } from '../../src/pipeline/score-rows.ts';
import type { RobustPredictions } from '../../src/pipeline/robust.ts';
import { blankPredictions, type Shard } from '../../src/protocol.ts';
import type { RecordsHead, Row } from '../../src/records/row.ts';

const head: RecordsHead = {
  file: 'in.jsonl',
  format: 'jsonl',
  delimiter: undefined,
  quoting: { quote: '"', escape: '' },
  encoding: 'utf-8',
  compression: undefined,
  byteOrderMark: false,
  newline: '\n',
  columns: ['a', 'b'],
  headerRows: 0,
  questions: undefined,
  notices: [],
  hasHeader: true,
  totalBytes: undefined,
};

function row(ordinal: number, texts: string[]): Row {
  const json = JSON.stringify({ a: texts[0], b: texts[1] });
  return { ordinal, file: 'in.jsonl', line: ordinal + 1, byteOffset: 0, texts, json };
}

/** A model that cannot score texts that begin with `bad`. */
async function score({ texts }: Shard): Promise<RobustPredictions> {
  const failures = texts.flatMap((text, index) =>
    text.startsWith('bad') ? [{ text: index, code: 'MODEL_FAILED', message: text }] : [],
  );
  const counts = { ...blankPredictions(0, 0).counts, batches: 1 };
  const scores = Float32Array.from(texts, (text) => text.length);
  const predictions = { scores, assigned: new Uint8Array(texts.length), flags: new Uint8Array(texts.length) };
  return { predictions: { ...predictions, counts }, failures };
}

test('rows are rejected by value: unread ones as the reader said, others for their first text that fails', async () => {
  const unread: Row = {
    ordinal: 1,
    file: 'in.jsonl',
    line: 2,
    byteOffset: 0,
    // Not read, so nothing of it is scored; a fault there must not hide the first one.
    texts: ['', 'bad too'],
    rejected: { code: 'INVALID_JSON', message: 'no JSON', raw: 'oops' },
  };
  const rows = [row(0, ['x', 'yy']), unread, row(2, ['z', 'bad 1']), row(3, ['bad 2', 'bad 3'])];
  async function* chunks(): AsyncGenerator<Row[]> {
    yield rows;
  }
  const plan = { rows: chunks(), head, scorer: { score }, skip: 0, limit: Infinity, promptly: false };
  const before = structuredClone(rows);
  const shards = [];
  for await (const shard of scoreRows({ ...plan, maxShardsInFlight: 1, signal: undefined }))
    shards.push(shard);
  assert.equal(shards.length, 1);
  const [{ rejected, predictions }] = shards as [(typeof shards)[number]];
  assert.deepEqual(
    [...rejected].map(([index, { code, message, raw }]) => [index, code, message, raw]),
    [
      [1, 'INVALID_JSON', 'no JSON', 'oops'],
      [2, 'MODEL_FAILED', 'bad 1', '{"a":"z","b":"bad 1"}'],
      [3, 'MODEL_FAILED', 'bad 2', '{"a":"bad 2","b":"bad 3"}'],
    ],
  );
  assert.deepEqual([...predictions.scores].slice(0, 2), [1, 2]);
  assert.deepEqual(rows, before, 'rows are left as they are');
});
