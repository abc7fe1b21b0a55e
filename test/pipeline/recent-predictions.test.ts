import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PredictError } from '../../src/errors.ts';
import { blankPredictions, type Shard, type ShardPredictions, textFlags } from '../../src/protocol.ts';
import { RecentPredictions } from '../../src/pipeline/recent-predictions.ts';

/** A model that says how long a text is; an empty text is empty. */
function predict(texts: readonly string[]): ShardPredictions {
  return {
    scores: Float32Array.from(texts.flatMap((text) => [text.length, 0.5])),
    assigned: Uint8Array.from(texts.flatMap((text) => [text.length % 2, 1])),
    flags: Uint8Array.from(texts, (text) => (text === '' ? textFlags.empty : 0)),
    counts: {
      ...blankPredictions(0, 0).counts,
      tokens: texts.length,
      paddedTokens: texts.length,
      batches: 1,
    },
  };
}

function recording(answer = async (texts: string[]) => predict(texts)): {
  sent: string[][];
  recent: RecentPredictions;
} {
  const sent: string[][] = [];
  const recent = new RecentPredictions(({ texts }: Shard) => {
    sent.push(texts);
    return answer(texts);
  });
  return { sent, recent };
}

function values({ scores, assigned, flags }: ShardPredictions): unknown {
  return { scores: [...scores], assigned: [...assigned], flags: [...flags] };
}

test('each text is sent once, and every shard gets what it would have got alone', async () => {
  const { sent, recent } = recording();
  const shards = [
    ['a', 'bb', 'a', ''],
    ['bb', 'ccc', ''],
    ['a', 'a'],
  ];
  // Started together: a repetition also finds what is still under way.
  const found = await Promise.all(shards.map((texts) => recent.score({ texts })));
  assert.deepEqual(sent, [['a', 'bb', ''], ['ccc']]);
  found.forEach((predictions, shard) =>
    assert.deepEqual(values(predictions), values(predict(shards[shard] as string[]))),
  );
  assert.deepEqual(
    found.map(({ counts }) => counts.duplicates),
    [1, 1, 2],
  );
  assert.equal(
    found.reduce((sum, { counts }) => sum + counts.tokens, 0),
    4,
  );
});

test('texts that differ only at their ends, in case or in spaces are other texts', async () => {
  const { sent, recent } = recording();
  const long = 'The coffee was excellent and '.repeat(8);
  const texts = [long, `${long}cold`, `${long}strong`, `${long}Cold`, `${long}cold `, ` ${long}cold`];
  const found = [await recent.score({ texts }), await recent.score({ texts: texts.toReversed() })];
  assert.deepEqual(sent, [texts]);
  assert.deepEqual(found.map(values), [values(predict(texts)), values(predict(texts.toReversed()))]);
});

test('long texts and those of long ago are sent again', async () => {
  const { sent, recent } = recording();
  const long = 'x'.repeat(300);
  await recent.score({ texts: ['first', long] });
  await recent.score({ texts: [long, 'first'] });
  assert.deepEqual(sent.at(-1), [long]);
  for (let shard = 0; shard < 100; shard++) await recent.score({ texts: [`shard ${shard}`] });
  await recent.score({ texts: ['first', 'shard 99'] });
  assert.deepEqual(sent.at(-1), ['first']);
});

test('a failure is its own shard’s: shards that counted on it are sent whole, and nothing of it is kept', async () => {
  let failures = 1;
  const { sent, recent } = recording(async (texts) => {
    if (failures-- > 0) throw new PredictError('WORKER_DIED', 'a worker thread died');
    return predict(texts);
  });
  const [failed, dependent] = await Promise.allSettled([
    recent.score({ texts: ['a', 'bb'] }),
    recent.score({ texts: ['bb', 'ccc'] }),
  ]);
  assert.equal(failed.status, 'rejected');
  assert.ok(dependent.status === 'fulfilled');
  assert.deepEqual(values(dependent.value), values(predict(['bb', 'ccc'])));
  assert.deepEqual(values(await recent.score({ texts: ['a'] })), values(predict(['a'])));
  assert.deepEqual(sent, [['a', 'bb'], ['ccc'], ['bb', 'ccc'], ['a']]);
});
