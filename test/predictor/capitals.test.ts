import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldCapitals } from '../../src/predictor/capitals.ts';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';
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
  ] as const)
    assert.equal(foldCapitals(text), read);
});

test('abbreviations and usual texts stay as they are', () => {
  for (const text of ['OK', 'HR!', 'Das ist GROSS', 'WORst', 'The NHS', '服务很好', '', '!!! 123'])
    assert.equal(foldCapitals(text), text);
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
