import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { CacheLevels } from '../../src/cache/cache-levels.ts';
import type { CacheEnd, CacheSettings } from '../../src/cache/messages.ts';
import { blankPredictions, type ShardPredictions } from '../../src/protocol.ts';

export const labelCount = 11;

/** Settings of a run that has one cache, with a bundle of a version. */
export function settingsOf(
  path: string | undefined,
  { version = '1.0.0', ...given }: Partial<CacheSettings> & { version?: string } = {},
): CacheSettings {
  const bundle = { name: 'b', version, sha256: 'aa' };
  const conditions = JSON.stringify({
    bundle,
    tasks: ['t'],
    thresholds: {},
    voxpop: '1',
    onnxruntime: '1',
    cpu: 'x',
  });
  return { path, from: [], lookups: [{ conditions, labelCount }], sizeBytes: 1e9, ...given };
}

/** A model of which every text has a prediction of its own: all bits follow from the text. */
export function predict(texts: readonly string[]): ShardPredictions {
  const shard = blankPredictions(texts.length, labelCount);
  for (const [text, content] of texts.entries()) {
    const bytes = createHash('sha256').update(content, 'utf16le').digest();
    for (let label = 0; label < labelCount; label++) {
      shard.scores[text * labelCount + label] = bytes.readUInt16LE(label) / 65_536;
      shard.assigned[text * labelCount + label] = (bytes[label] as number) & 1;
    }
    shard.flags[text] = (bytes[31] as number) & 3;
  }
  return { ...shard, counts: { ...shard.counts, computeMs: texts.length } };
}

export interface Scored {
  hits: number;
  notices: string[];
}

/** Scores texts as a run does, and asserts that what comes out is what the model says. */
export function score(levels: CacheLevels, texts: string[]): Scored {
  const { predictions, isHit, hits, ticket } = levels.find(texts);
  const expected = predict(texts);
  for (let text = 0; text < texts.length; text++) {
    if (isHit[text] === 0) continue;
    const range = [text * labelCount, (text + 1) * labelCount] as const;
    assert.deepEqual(predictions.scores.slice(...range), expected.scores.slice(...range), texts[text]);
    assert.deepEqual(predictions.assigned.slice(...range), expected.assigned.slice(...range), texts[text]);
    assert.equal(predictions.flags[text], expected.flags[text]);
  }
  if (ticket !== undefined) levels.keep(ticket, predict(texts.filter((_, text) => isHit[text] === 0)));
  return { hits, notices: levels.takeNotices() };
}

/** One run over texts, from opening the cache to closing it, in shards of 100. */
export function run(settings: CacheSettings, texts: string[]): Scored & { end: CacheEnd } {
  const levels = new CacheLevels(settings);
  const all: Scored = { hits: 0, notices: levels.takeNotices() };
  for (let start = 0; start < texts.length; start += 100) {
    const { hits, notices } = score(levels, texts.slice(start, start + 100));
    all.hits += hits;
    all.notices.push(...notices);
  }
  const end = levels.close();
  return { ...all, notices: [...all.notices, ...levels.takeNotices()], end };
}

export function makeTexts(count: number, name = 'text'): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`);
}

/** As `Math.random` would order it, the same each time. */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const order = [...items];
  for (let index = order.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [order[index], order[other]] = [order[other] as Item, order[index] as Item];
  }
  return order;
}
