import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldCapitals } from '../../src/predictor/capitals.ts';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';
import { seededRandom } from '../../src/random.ts';
import { makePieces, makeTokenizer } from '../support/fixture-pieces.ts';

test('a text in capitals is read in small letters, whatever its script', () => {
  for (const [text, read] of [
    ['NEVER AGAIN!!!', 'never again!!!'],
    ['IKEA', 'ikea'],
    ['ОЧЕНЬ ПЛОХО', 'очень плохо'],
    ['İSTANBUL ŞUBESİ', 'istanbul şubesi'],
    ['ΤΕΛΟΣ ΟΔΟΣ', 'τελος οδος'],
    ['STRAßE', 'straße'],
    // Four capitals for a small letter, and no fewer.
    ['WORST IPHONEs', 'worst iphones'],
    ['WORSt ', 'worst '],
    ['bAD!! WORST, ... EVER', 'bad!! worst, ... ever'],
    // Capitals past the end of 16 bits, as two halves each.
    ['𐐔𐐇𐐝𐐀', '𐐼𐐯𐑅𐐨'],
  ] as const)
    assert.equal(foldCapitals(text), read);
});

test('abbreviations and usual texts stay as they are', () => {
  for (const text of [
    'OK',
    'HR!',
    'Das ist GROSS',
    'WORst',
    'The NHS',
    '服务很好',
    '',
    'NO',
    '!!! 123',
    'Never AGAIN',
    '𐐔𐐇𐐝𐐨',
  ])
    assert.equal(foldCapitals(text), text);
});

test('it is told as by counting all letters', () => {
  const random = seededRandom(3);
  const letters = [...Array.from('ABCDÄΣЖabcäςжǅªßİı服😀𐐔𐐨 !1'), '\ud801', '\udc14'];
  let folded = 0;
  for (let round = 0; round < 5000; round++) {
    const share = random();
    const text = Array.from({ length: Math.floor(random() * 24) }, () =>
      random() < share ? 'X' : (letters[Math.floor(random() * letters.length)] as string),
    ).join('');
    const capitals = text.match(/\p{Changes_When_Lowercased}/gu)?.length ?? 0;
    const small = text.match(/\p{Changes_When_Uppercased}/gu)?.length ?? 0;
    const isFolded = capitals >= 4 && small * 4 <= capitals;
    assert.equal(foldCapitals(text), isFolded ? text.replaceAll('İ', 'i').toLowerCase() : text, text);
    if (isFolded) folded++;
  }
  assert.ok(folded > 500 && folded < 4500, `${folded} of 5000`);
});

test('only a tokenizer that is told to folds capitals', () => {
  const json = {
    ...(makeTokenizer(makePieces()) as Record<string, unknown>),
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: {
      type: 'Unigram',
      unk_id: 1,
      vocab: ['<pad>', '<unk>', '<s>', '</s>', 'good', 'G', 'O', 'D'].map((piece) => [piece, -1]),
    },
  };
  const folding = new TextTokenizer(json, 32, 'tokenizer.json', true);
  const plain = new TextTokenizer(json, 32, 'tokenizer.json');
  assert.deepEqual(folding.encode('GOOD').ids, plain.encode('good').ids);
  assert.notDeepEqual(plain.encode('GOOD').ids, plain.encode('good').ids);
});
