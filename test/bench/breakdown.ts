/**
 * Where the time goes: every stage of a run alone, in one thread, over the same rows in memory. In a process of its own:
 * `node breakdown.js <input> <output> <bundle>`, result as JSON on stdout.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import * as ort from 'onnxruntime-node';
import { loadBundle } from '../../src/bundle/load-bundle.ts';
import { shardRows } from '../../src/pipeline/shard.ts';
import { blankPredictions, type ShardPredictions, textFlags } from '../../src/protocol.ts';
import { type Batch, cutBatches, defaultMaxBatchTokens } from '../../src/predictor/batch.ts';
import { decodeRow, type TaskDecoder } from '../../src/predictor/decode.ts';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';
import { openRecords } from '../../src/records/open-records.ts';
import type { Row } from '../../src/records/row.ts';
import { createRowWriter } from '../../src/records/writer.ts';

export interface Breakdown {
  /** Processor time of each stage, in the order of a row's way, in milliseconds. */
  stages: Record<string, number>;
  tokens: number;
  /** Of padded tokens, those that are padding. */
  padShare: number;
  /** Of the session alone, on batches cut from all texts at once, so that nearly all are full. */
  ceilingTokensPerSecond: number;
}

const [input, output, bundlePath] = process.argv.slice(2) as [string, string, string];
const stages: Record<string, number> = {};

async function stage<Value>(name: string, act: () => Value | Promise<Value>): Promise<Value> {
  const before = process.cpuUsage();
  const value = await act();
  const { user, system } = process.cpuUsage(before);
  stages[name] = (stages[name] ?? 0) + (user + system) / 1000;
  return value;
}

const bundle = await loadBundle(bundlePath);
const { tasks, maxLength, padTokenId } = bundle.manifest;
const tokenizer = new TextTokenizer(bundle.tokenizer, maxLength, bundlePath);
const session = await ort.InferenceSession.create(bundle.model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableMemPattern: false,
  logSeverityLevel: 3,
});
const inputs = session.inputMetadata.map(({ name }) => name);
const wide = session.inputMetadata.every((value) => value.isTensor && value.type === 'int64');

await stage('read', async () => {
  for await (const chunk of createReadStream(input)) void chunk;
});
const records = await openRecords({ inputs: [input], from: 'csv' });
const rows = await stage('parse', async () => {
  const all: Row[] = [];
  for await (const some of records.rows(['comment'])) all.push(...some);
  return all;
});
// Reading is part of parsing it.
stages['parse'] = Math.max(0, (stages['parse'] as number) - (stages['read'] as number));

const texts = rows.map((row) => row.texts[0] as string);
const distinct = [...new Set(texts)];
const ids = await stage('tokenise', () => distinct.map((text) => tokenizer.encode(text).ids));
const tokens = ids.reduce((sum, each) => sum + each.length, 0);

let padded = 0;
const batches: Batch[] = [];
for (let first = 0; first < ids.length; first += shardRows) {
  const lengths = ids.slice(first, first + shardRows).map((each) => each.length);
  for (const { texts: some, sequence } of cutBatches(lengths, maxLength, defaultMaxBatchTokens)) {
    batches.push({ texts: some.map((text) => text + first), sequence });
    padded += some.length * sequence;
  }
}
const feeds = await stage('pad', () => batches.map(toFeeds));
const results = await stage('session', async () => {
  const all: ort.InferenceSession.OnnxValueMapType[] = [];
  for (const each of feeds) all.push(await session.run(each));
  return all;
});

let width = 0;
const decoders: TaskDecoder[] = tasks.map((task) => {
  const decoder = { task, offset: width, thresholds: task.thresholds ?? task.labels.map(() => 0) };
  width += task.labels.length;
  return decoder;
});
const found = blank(distinct.length);
await stage('decode', () => {
  batches.forEach((batch, at) => {
    for (const decoder of decoders) {
      const logits = results[at]?.[decoder.task.output as string]?.data as Float32Array;
      batch.texts.forEach((text, row) =>
        decodeRow(decoder, logits, row, found.scores, found.assigned, text * width + decoder.offset),
      );
    }
  });
});

const places = new Map(distinct.map((text, place) => [text, place]));
const shards: { rows: Row[]; predictions: ShardPredictions }[] = [];
for (let first = 0; first < rows.length; first += shardRows) {
  const some = rows.slice(first, first + shardRows);
  const predictions = blank(some.length);
  some.forEach((row, at) => {
    const place = places.get(row.texts[0] as string) as number;
    predictions.scores.set(found.scores.subarray(place * width, (place + 1) * width), at * width);
    predictions.assigned.set(found.assigned.subarray(place * width, (place + 1) * width), at * width);
    predictions.flags[at] = (ids[place] as number[]).length === 0 ? textFlags.empty : 0;
  });
  shards.push({ rows: some, predictions });
}
await stage('transfer', () => {
  for (const shard of shards) {
    structuredClone(shard.rows.map((row) => row.texts[0]));
    structuredClone(shard.predictions);
  }
});
const writer = await createRowWriter(records.head, {
  to: 'csv',
  tasks,
  textColumns: ['comment'],
  scores: 'top',
  prefix: '',
  flagTruncated: false,
});
await stage('write', async () => {
  const file = createWriteStream(output);
  file.write(writer.header());
  for (const shard of shards) {
    file.write(writer.rows(shard.rows, shard.predictions, new Map()).lines);
  }
  file.end();
  await finished(file);
});
await records.close();

const packed = cutBatches(
  ids.map((each) => each.length),
  maxLength,
  defaultMaxBatchTokens,
).map(toFeeds);
const startedMs = performance.now();
for (const each of packed) await session.run(each);
const ceilingTokensPerSecond = (tokens / (performance.now() - startedMs)) * 1000;

const result: Breakdown = { stages, tokens, padShare: 1 - tokens / padded, ceilingTokensPerSecond };
process.stdout.write(JSON.stringify(result));

function blank(count: number): ShardPredictions {
  return {
    scores: new Float32Array(count * width),
    assigned: new Uint8Array(count * width),
    flags: new Uint8Array(count),
    counts: blankPredictions(0, 0).counts,
  };
}

function toFeeds({ texts: some, sequence }: Batch): Record<string, ort.Tensor> {
  const dims = [some.length, sequence];
  const make = (value: (id: number | undefined) => number): ort.Tensor => {
    const values = new Int32Array(some.length * sequence * (wide ? 2 : 1));
    some.forEach((text, row) => {
      for (let at = 0; at < sequence; at++) {
        values[(row * sequence + at) * (wide ? 2 : 1)] = value(ids[text]?.[at]);
      }
    });
    return wide
      ? new ort.Tensor('int64', new BigInt64Array(values.buffer), dims)
      : new ort.Tensor('int32', values, dims);
  };
  const all: Record<string, () => ort.Tensor> = {
    input_ids: () => make((id) => id ?? padTokenId),
    attention_mask: () => make((id) => (id === undefined ? 0 : 1)),
    token_type_ids: () => make(() => 0),
  };
  return Object.fromEntries(inputs.map((name) => [name, (all[name] as () => ort.Tensor)()]));
}
