import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PieceTrie } from '../../src/predictor/piece-trie.ts';
import { seededRandom } from '../../src/random.ts';

const random = seededRandom(3);
const characters = ['a', 'b', 'é', '中', '😀', '😁'];
const word = (longest: number): string =>
  Array.from({ length: 1 + Math.floor(random() * longest) }, () =>
    random() < 0.05 ? 'x' : characters[Math.floor(random() * characters.length)],
  ).join('');

/** The most likely pieces by trying every piece at every place, in numbers that cannot tie. */
function bestIds(vocab: readonly [string, number][], text: string): number[] {
  const unknownScore = Math.min(...vocab.map(([, score]) => score)) - 10;
  const best: { score: number; ids: number[] }[] = [{ score: 0, ids: [] }];
  for (let end = 1; end <= text.length; end++) {
    for (let start = 0; start < end; start++) {
      const soFar = best[start];
      if (soFar === undefined) continue;
      const part = text.slice(start, end);
      if (/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/.test(part)) continue;
      const id = vocab.findLastIndex(([piece], index) => index > 0 && piece === part);
      if (id === -1 && Array.from(part).length > 1) continue;
      const score = soFar.score + (id === -1 ? unknownScore : (vocab[id] as [string, number])[1]);
      if (score > (best[end]?.score ?? -Infinity))
        best[end] = { score, ids: [...soFar.ids, Math.max(id, 0)] };
    }
  }
  const { ids } = best[text.length] as { ids: number[] };
  return ids.filter((id, at) => id !== 0 || ids[at - 1] !== 0);
}

test('the most likely pieces, in a vocabulary that outgrows its first table', () => {
  const vocab: [string, number][] = [['<unk>', 0]];
  for (const character of characters.slice(1)) vocab.push([character, -8 - random()]);
  for (let piece = 0; piece < 400; piece++) vocab.push([word(piece % 4 === 0 ? 20 : 4), -5 - 5 * random()]);
  const trie = new PieceTrie(vocab, 0, new Set());
  for (let round = 0; round < 300; round++) {
    const text = word(round % 10 === 0 ? 150 : 12);
    const ids = [7];
    trie.encode(text, ids);
    assert.deepEqual(ids, [7, ...bestIds(vocab, text)], text);
  }
});

test('special pieces and the unknown one are never found in a text; a piece given twice has its last id', () => {
  const vocab: [string, number][] = [
    ['a', 0],
    ['b', -1],
    ['ab', -1],
    ['b', -1],
  ];
  const ids: number[] = [];
  new PieceTrie(vocab, 0, new Set(['ab'])).encode('abb', ids);
  assert.deepEqual(ids, [0, 3, 3]);
});

test('a vocabulary of another shape is refused', () => {
  for (const entry of [['a'], [1, 2], ['a', '1'], 'ab', null])
    assert.throws(() => new PieceTrie([entry as unknown as [string, number]], 0, new Set()));
});
