import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type ShardPredictions, textFlags } from '../../src/protocol.ts';
import { Predictor, type PredictorOptions } from '../../src/predictor/predictor.ts';
import { verifyBundle } from '../../src/predictor/verify-bundle.ts';
import { allLabels } from '../support/fixture-pieces.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { feedbackTexts } from '../support/feedback-texts.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { scratchDirectory } from '../support/scratch.ts';

const fixtureBundle = join(fixturesDirectory, 'bundle');
const texts = feedbackTexts();

function load(options: PredictorOptions = {}): Promise<Predictor> {
  return Predictor.load(fixtureBundle, options);
}

/** Per text, its own part of the result: scores, assigned labels and flags as bytes. */
function perText({ scores, assigned, flags }: ShardPredictions): string[] {
  const labels = scores.length / flags.length;
  return [...flags].map((flag, text) => {
    const part = [...scores.subarray(text * labels, (text + 1) * labels)];
    return JSON.stringify([flag, part, [...assigned.subarray(text * labels, (text + 1) * labels)]]);
  });
}

function neighbourDependentBundle(t: TestContext): string {
  return writeBundle(scratchDirectory(t), { neighbourDependent: true });
}

async function sentimentAndAction(predictor: Predictor, text: string): Promise<unknown[]> {
  const [prediction] = await predictor.predict([text]);
  assert.ok(prediction);
  const { sentiment, actionability } = prediction.tasks;
  assert.ok(sentiment && 'label' in sentiment && actionability && 'label' in actionability);
  return [sentiment.label, actionability.label];
}

test('obvious texts get the obvious labels', async () => {
  const predictor = await load();
  const labels = await Promise.all(
    ['This is great, I love it', 'terrible, it crashes all the time'].map((text) =>
      sentimentAndAction(predictor, text),
    ),
  );
  assert.deepEqual(labels, [
    ['positive', 'none'],
    ['negative', 'problem'],
  ]);
});

test('predictions are the same for every batch budget and any neighbours', async () => {
  const expected = perText(await (await load()).predictShard(texts));
  for (const maxBatchTokens of [1, 256, 2048, 16384]) {
    const predictor = await load({ maxBatchTokens });
    assert.deepEqual(perText(await predictor.predictShard(texts)), expected, `budget ${maxBatchTokens}`);
    const reversed = perText(await predictor.predictShard(texts.toReversed()));
    assert.deepEqual(reversed.toReversed(), expected, `reversed, budget ${maxBatchTokens}`);
  }
});

test('duplicates are computed once and counted', async () => {
  const predictor = await load();
  const { counts, ...result } = await predictor.predictShard(['good', 'bad', 'good', '', '', 'good']);
  assert.equal(counts.duplicates, 2);
  assert.equal(counts.tokens, 6);
  const parts = perText({ counts, ...result });
  assert.equal(parts[2], parts[0]);
  assert.equal(parts[5], parts[0]);
  assert.notEqual(parts[1], parts[0]);
});

test('odd texts are scored or empty, and do not disturb their neighbours', async () => {
  const predictor = await load();
  const odd = [
    '',
    ' \n',
    '😀😀😀',
    'מצוין 100% تجربة',
    'a\u0000b',
    '\ud83d',
    '</s> [SEP] <pad>',
    'word '.repeat(200_000),
  ];
  const alone = perText(await predictor.predictShard(texts));
  const mixed = perText(
    await predictor.predictShard(texts.flatMap((text, index) => [text, odd[index % odd.length] ?? ''])),
  );
  assert.deepEqual(
    mixed.filter((_, index) => index % 2 === 0),
    alone,
  );
  const predictions = await predictor.predict(odd);
  assert.deepEqual(
    predictions.map((prediction) => prediction.empty),
    [true, true, false, false, false, false, false, false],
  );
  assert.deepEqual(
    predictions.map((prediction) => prediction.truncated),
    [false, false, false, false, false, false, false, true],
  );
});

test('tasks and thresholds are chosen by name, in bundle order', async () => {
  const predictor = await load({ tasks: ['topic', 'sentiment'], thresholds: { topic: 0 } });
  assert.deepEqual(
    predictor.tasks.map((task) => task.name),
    ['sentiment', 'topic'],
  );
  const [prediction] = await predictor.predict(['hello']);
  assert.ok(prediction);
  assert.deepEqual(Object.keys(prediction.tasks), ['sentiment', 'topic']);
  const topic = prediction.tasks['topic'];
  assert.ok(topic?.labels);
  assert.equal(topic.labels.length, 13);
  await assert.rejects(load({ tasks: ['mood'] }), {
    name: 'UsageError',
    message: /Expected a task of the bundle \(sentiment, .*\), found mood/,
  });
  await assert.rejects(load({ thresholds: { mood: 1 } }), { code: 'TASK_UNKNOWN' });
});

test('vectors are asked for by themselves, one per text that is not empty', async (t) => {
  const predictor = await load({ maxBatchTokens: 64 });
  assert.deepEqual(
    perText(await predictor.predictShard(texts)),
    perText(await (await load()).predictShard(texts)),
  );
  const some = [...texts, ''];
  const found = await predictor.vectors(some);
  assert.deepEqual(found.toReversed(), await predictor.vectors(some.toReversed()));
  const [positive] = await predictor.vectors(['great great']);
  assert.ok(positive?.length === allLabels.length && positive[allLabels.indexOf('positive')] !== 0);
  const empty = (await predictor.predictShard(some)).flags.map((flag) => flag & textFlags.empty);
  assert.deepEqual(
    found.map((vector) => vector === undefined),
    [...empty].map((flag) => flag !== 0),
  );
  const without = await Predictor.load(writeBundle(scratchDirectory(t), { vectors: false }));
  await assert.rejects(without.vectors(['a']), { code: 'VECTORS_MISSING' });
});

test('a bundle that depends on neighbours is found out, and deterministic scoring helps it', async (t) => {
  const path = neighbourDependentBundle(t);
  const verification = await verifyBundle(path);
  assert.equal(verification.batchInvariant, false);
  assert.ok(verification.largestDifference > 0);

  const batched = await Predictor.load(path);
  const deterministic = await Predictor.load(path, { deterministic: true });
  const some = texts.slice(0, 40);
  const eachAlone = async (predictor: Predictor): Promise<string[]> => {
    const parts: string[] = [];
    for (const text of some) parts.push(...perText(await predictor.predictShard([text])));
    return parts;
  };
  assert.notDeepEqual(perText(await batched.predictShard(some)), await eachAlone(batched));
  assert.deepEqual(perText(await deterministic.predictShard(some)), await eachAlone(deterministic));
});

test('a bundle that claims to be batch invariant and is not fails verification', async (t) => {
  const path = writeBundle(scratchDirectory(t), {
    neighbourDependent: true,
    manifest: { batch_invariant: true },
  });
  await assert.rejects(verifyBundle(path), { code: 'BUNDLE_NOT_BATCH_INVARIANT' });
  assert.equal((await verifyBundle(fixtureBundle)).batchInvariant, true);
});
