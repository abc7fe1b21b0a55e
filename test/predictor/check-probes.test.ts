import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadBundle } from '../../src/bundle/load-bundle.ts';
import type { Probe } from '../../src/bundle/probes.ts';
import { ModelSession } from '../../src/predictor/session.ts';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';
import { verifyBundle } from '../../src/predictor/verify-bundle.ts';
import { writeBundle } from '../support/fixture-bundle.ts';
import { fixturesDirectory } from '../support/paths.ts';
import { scratchDirectory } from '../support/scratch.ts';

/** Probes as the fixture bundle itself computes them. */
async function soundProbes(): Promise<Probe[]> {
  const bundle = await loadBundle(join(fixturesDirectory, 'bundle'));
  const tokenizer = new TextTokenizer(bundle.tokenizer, bundle.manifest.maxLength, '');
  const session = await ModelSession.create(bundle);
  return Promise.all(
    ['great food', 'slow', 'the '.repeat(100).trim()].map(async (text) => {
      const { ids } = tokenizer.encode(text);
      const { logits: found } = await session.run([ids], ids.length);
      const logits = bundle.manifest.tasks.map(({ output }, task) => [output, [...(found[task] ?? [])]]);
      return { text, ids, logits: Object.fromEntries(logits) as Probe['logits'] };
    }),
  );
}

function verify(t: TestContext, probes: unknown): ReturnType<typeof verifyBundle> {
  return verifyBundle(writeBundle(scratchDirectory(t), { probes: probes as object }));
}

test('a bundle that computes its probes is valid, and says how near it came', async (t) => {
  const probes = await soundProbes();
  const exact = await verify(t, { tolerance: 0, probes });
  assert.deepEqual(exact.probes, { texts: 3, near: 3, largestDifference: 0, tolerance: 0 });
  (probes[1] as Probe).logits['sentiment']![2]! += 0.25;
  const near = await verify(t, { tolerance: 0.5, probes });
  assert.deepEqual(near.probes, { texts: 3, near: 3, largestDifference: 0.25, tolerance: 0.5 });
  assert.equal((await verifyBundle(join(fixturesDirectory, 'bundle'))).probes, undefined);
});

test('other ids and other logits fail, and the worst is named', async (t) => {
  const probes = await soundProbes();
  (probes[0] as Probe).logits['topic']![1]! -= 0.125;
  (probes[1] as Probe).logits['sentiment']![2]! += 0.25;
  await assert.rejects(verify(t, { tolerance: 0.1, probes }), {
    code: 'BUNDLE_PROBES_WRONG',
    message:
      /expected logits within 0\.1 of those in probes\.json, found 0\.25: the logit of sentiment positive is .*, for "slow"/,
  });
  const [one] = await soundProbes();
  (one as Probe).ids.splice(1, 1, 5);
  await assert.rejects(verify(t, { tolerance: 1, probes: [one] }), {
    code: 'BUNDLE_PROBES_WRONG',
    message: /found others for 1 of 1 texts: "great food" has 2 \d+ \d+ 3, in the reference 2 5 \d+ 3/,
  });
});

test('one stray text in twenty is no other model, unless it is far off', async (t) => {
  const [probe] = (await soundProbes()) as [Probe];
  const off = (difference: number): Probe => {
    const other = structuredClone(probe);
    other.logits['sentiment']![0]! += difference;
    return other;
  };
  const verifyWith = (...others: Probe[]): ReturnType<typeof verifyBundle> => {
    const sound = Array.from({ length: 40 - others.length }, () => probe);
    return verify(t, { tolerance: 0.01, probes: [...sound, ...others] });
  };
  assert.deepEqual((await verifyWith(off(0.25), off(-0.25))).probes, {
    texts: 40,
    near: 38,
    largestDifference: 0.25,
    tolerance: 0.01,
  });
  await assert.rejects(verifyWith(off(0.25), off(0.25), off(0.25)), { code: 'BUNDLE_PROBES_WRONG' });
  await assert.rejects(verifyWith(off(0.75)), { code: 'BUNDLE_PROBES_WRONG' });
  await assert.rejects(verifyWith(off(NaN)), { code: 'PROBES_INVALID' });
});

test('a probes.json of another shape is refused with what is wrong', async (t) => {
  const [probe] = (await soundProbes()) as [Probe];
  const { sentiment: _, ...others } = probe.logits;
  const wrong: [unknown, RegExp][] = [
    [[], /expected the top level to be an object/],
    [{ probes: [probe] }, /expected tolerance to be a number of at least 0, found nothing/],
    [{ tolerance: 0, probes: [] }, /expected probes to be at least one probe/],
    [
      { tolerance: 0, probes: [{ ...probe, ids: ['1'] }] },
      /expected probes\[0\]\.ids to be numbers, found "1"/,
    ],
    [
      { tolerance: 0, probes: [{ ...probe, logits: others }] },
      /probes\[0\]\.logits\.sentiment to be an array/,
    ],
    [
      { tolerance: 0, probes: [{ ...probe, logits: { ...others, sentiment: [1] } }] },
      /probes\[0\]\.logits\.sentiment to be 3 logits, found 1/,
    ],
  ];
  for (const [probes, message] of wrong)
    await assert.rejects(verify(t, probes), { code: 'PROBES_INVALID', message }, String(message));
});
