import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Tokenizer } from '@huggingface/tokenizers';
import { stringify } from 'csv-stringify/sync';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { feedbackJsonl, parseFeedback } from './support/feedback.ts';
import { makeBundle, type BundleOverrides } from './support/fixture-bundle.ts';
import { fixtureTasks } from './support/fixture-tasks.ts';
import { fixturesDirectory } from './support/paths.ts';

const csv = readFileSync(join(fixturesDirectory, 'feedback.csv'), 'utf8');
const rows = parseFeedback(csv);
const tokenizer = new Tokenizer(JSON.parse(String(makeBundle()['tokenizer.json'])) as object, {});
const padding = 0;
const maxLength = 32;
const unknown = tokenizer.token_to_id('<unk>');

function encode(text: string): number[] {
  const { ids } = tokenizer.encode(text);
  return ids.length <= maxLength ? ids : [...ids.slice(0, maxLength - 1), ...ids.slice(-1)];
}

/** Runs a bundle's model over texts as one batch; returns, per text, the logits of all tasks side by side. */
async function run(session: InferenceSession, texts: string[], morePadding = 0): Promise<number[][]> {
  const encoded = texts.map(encode);
  const length = Math.max(...encoded.map((ids) => ids.length)) + morePadding;
  const ids = encoded.flatMap((row) => [...row, ...Array<number>(length - row.length).fill(padding)]);
  const mask = encoded.flatMap((row) => Array.from({ length }, (_, index) => Number(index < row.length)));
  const tensor = (values: number[]): Tensor =>
    new Tensor('int64', BigInt64Array.from(values.map(BigInt)), [texts.length, length]);
  const feeds: Record<string, Tensor> = { input_ids: tensor(ids), attention_mask: tensor(mask) };
  if (session.inputNames.includes('token_type_ids')) feeds['token_type_ids'] = tensor(ids.map(() => 0));
  const outputs = await session.run(feeds);
  return texts.map((_, row) =>
    fixtureTasks.flatMap(({ output, labels }) => {
      const logits = outputs[output]?.data as Float32Array;
      return [...logits.subarray(row * labels.length, (row + 1) * labels.length)];
    }),
  );
}

async function open(overrides: BundleOverrides = {}): Promise<InferenceSession> {
  const model = makeBundle(overrides)['model.onnx'] as Uint8Array;
  return InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

function best(logits: number[], task: string): string | undefined {
  let first = 0;
  for (const { name, labels } of fixtureTasks) {
    const own = logits.slice(first, first + labels.length);
    if (name === task) return labels[own.indexOf(Math.max(...own))];
    first += labels.length;
  }
  throw new Error(`Expected a fixture task, got ${task}`);
}

describe('fixtures/bundle', () => {
  test('is what the maker makes, and small', () => {
    let bytes = 0;
    for (const [path, content] of Object.entries(makeBundle())) {
      const file = readFileSync(join(fixturesDirectory, 'bundle', path));
      bytes += file.length;
      assert.ok(file.equals(Buffer.from(content)), `${path} differs: run npm run fixtures`);
    }
    assert.ok(bytes < 200_000, `${bytes} bytes`);
  });

  test('knows the characters of fixtures/feedback.csv', () => {
    const strangers = rows.filter(({ comment }) => tokenizer.encode(comment).ids.includes(unknown ?? -1));
    assert.deepEqual(strangers, []);
  });

  test('labels obvious texts as a person would', async () => {
    const session = await open();
    const cases: [text: string, labels: Record<string, string>][] = [
      ['The staff was great, thank you!', { sentiment: 'positive', topic: 'service_staff', language: 'en' }],
      ['Terrible delivery, very disappointed.', { sentiment: 'negative', topic: 'delivery_timeliness' }],
      ['The app crashes with an error.', { sentiment: 'negative', actionability: 'problem' }],
      ['Please add a dark mode', { actionability: 'suggestion', topic: 'design_features' }],
      ['Das Essen war sehr gut', { sentiment: 'positive', topic: 'food_drink', language: 'de' }],
      ['El servicio es muy malo', { sentiment: 'negative', topic: 'service_staff', language: 'es' }],
      ['La livraison est très en retard', { topic: 'delivery_timeliness', language: 'fr' }],
      ['Персонал очень хорошо', { sentiment: 'positive', language: 'ru' }],
      ['配送がとても遅いです', { topic: 'delivery_timeliness', language: 'ja' }],
      ['物流很慢,很失望', { sentiment: 'negative', topic: 'delivery_timeliness', language: 'zh' }],
      ['อาหารอร่อยมาก', { sentiment: 'positive', topic: 'food_drink', language: 'th' }],
      ['👍👍', { sentiment: 'positive', emotion: 'joy' }],
      ['On Tuesday I came by.', { sentiment: 'neutral', actionability: 'none', language: 'en' }],
    ];
    const logits = await run(
      session,
      cases.map(([text]) => text),
    );
    cases.forEach(([text, labels], row) => {
      for (const [task, label] of Object.entries(labels)) {
        assert.equal(best(logits[row] ?? [], task), label, `${task} of ${text}`);
      }
    });
  });

  test('gives the same logits, bit for bit, in every batch and under padding', async () => {
    const session = await open();
    const texts = rows.map(({ comment }) => comment);
    const alone = (await Promise.all(texts.map((text) => run(session, [text])))).flat();
    assert.deepEqual(await run(session, texts), alone);
    assert.deepEqual(await run(session, texts, 7), alone);
    assert.deepEqual(await run(session, texts.toReversed()), alone.toReversed());
  });

  test('heeds no token types where it is made to ask for them', async () => {
    const texts = ['Good', 'Das Paket ist kaputt'];
    assert.deepEqual(await run(await open({ tokenTypeIds: true }), texts), await run(await open(), texts));
  });

  test('can be made to depend on its neighbours', async () => {
    const session = await open({ neighbourDependent: true });
    const [alone] = await run(session, ['Great food']);
    const [beside] = await run(session, ['Great food', 'Terrible queue']);
    assert.notDeepEqual(alone, beside);
  });
});

describe('fixtures/feedback.csv', () => {
  const comments = rows.map(({ comment }) => comment);
  const count = (pattern: RegExp): number => comments.filter((comment) => pattern.test(comment)).length;

  test('is RFC 4180 with LF and no BOM, quoted only where needed', () => {
    assert.equal(csv, stringify(rows, { header: true }));
    assert.ok(csv.startsWith('id,date,channel,rating,country,comment\n'));
    assert.ok(!csv.includes('\r'));
  });

  test('has the same rows as feedback.jsonl', () => {
    const jsonl = readFileSync(join(fixturesDirectory, 'feedback.jsonl'), 'utf8');
    assert.equal(jsonl, feedbackJsonl(csv), 'run npm run fixtures');
  });

  test('has ids, dates, channels and ratings as a survey tool exports them', () => {
    rows.forEach((row, index) => {
      assert.equal(row.id, `R-${String(index + 1).padStart(4, '0')}`);
      assert.match(row.date, /^2026-0[1-6]-\d\d$/);
      assert.match(row.channel, /^(web|app|email|store|call_center|survey)$/);
      assert.match(row.rating, /^[1-5]?$/);
      assert.match(row.country, /^[A-Z]{2}$/);
    });
  });

  test('holds what real exports hold', () => {
    assert.ok(rows.length >= 200);
    assert.ok(count(/^\s*$/) >= 8, 'empty comments');
    assert.ok(comments.length - new Set(comments).size >= 12, 'duplicates');
    assert.ok(count(/(\S+\s+){100}/) >= 4, 'comments of 100 words and more');
    assert.ok(count(/\S\n+\S/) >= 2, 'newlines inside');
    assert.ok(count(/"/) >= 8, 'quotes inside');
    assert.ok(count(/^(?:\p{Extended_Pictographic}|\u200d|\ufe0f)+$/u) >= 4, 'emoji alone');
    assert.ok(count(/<\/s>.*\[SEP\]/) === 1, 'literal special tokens');
    for (const script of ['Arabic', 'Cyrillic', 'Devanagari', 'Thai', 'Hangul', 'Hiragana', 'Han']) {
      assert.ok(count(new RegExp(`\\p{Script=${script}}`, 'u')) >= 6, script);
    }
  });
});
