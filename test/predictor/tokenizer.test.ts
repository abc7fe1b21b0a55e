import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';
import { makePieces, makeTokenizer, specialTokens } from '../support/fixture-pieces.ts';

const json = makeTokenizer(makePieces()) as Record<string, unknown>;
const tokenizer = new TextTokenizer(json, 32, 'tokenizer.json');
const [pad, , begin, end] = [0, 1, 2, 3];

test('special tokens frame the text', () => {
  const { ids, truncated } = tokenizer.encode('good');
  assert.equal(ids[0], begin);
  assert.equal(ids.at(-1), end);
  assert.equal(ids.length, 3);
  assert.equal(truncated, false);
});

test('special tokens written in a text are plain text', () => {
  for (const literal of specialTokens) {
    const inner = tokenizer.encode(`good ${literal} bad`).ids.slice(1, -1);
    assert.ok(inner.length > 2, 'the literal is split into pieces');
    for (const special of [pad, begin, end])
      assert.ok(!inner.includes(special), `${literal} became ${special}`);
  }
});

test('special tokens stay plain text with a model whose pieces could match them whole', () => {
  // Unigram finds any vocabulary entry in the text, the special tokens' too.
  const unigram = {
    ...json,
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: {
      type: 'Unigram',
      unk_id: 1,
      vocab: ['<pad>', '<unk>', '<s>', '</s>', '<', '/', 's', '>', 'good'].map((piece) => [piece, -1]),
    },
  };
  const ids = new TextTokenizer(unigram, 32, 'tokenizer.json').encode('good </s>').ids;
  assert.deepEqual(ids, [2, 8, 4, 5, 6, 7, 3]);
});

test('texts without tokens give no ids at all', () => {
  for (const text of ['', ' ', '\n\t\u3000 ', '\uFEFF'])
    assert.deepEqual(tokenizer.encode(text).ids, [], JSON.stringify(text));
});

test('long texts are cut to max_length and say so, in bounded time', () => {
  const exact = tokenizer.encode('good '.repeat(30));
  assert.deepEqual([exact.ids.length, exact.truncated], [32, false]);
  const longer = tokenizer.encode('good '.repeat(31));
  assert.deepEqual([longer.ids.length, longer.truncated], [32, true]);
  assert.equal(longer.ids.at(-1), end);
  const huge = tokenizer.encode('x'.repeat(5_000_000));
  assert.ok(huge.truncated && huge.ids.length <= 32);
  assert.deepEqual(tokenizer.encode(`${' '.repeat(1_000_000)}good`), tokenizer.encode('good'));
});

test('lone surrogates and noncharacters are texts like any other', () => {
  for (const text of ['\ud800', 'good \udc00 bad', '\uFFFE</s>', '\uFFFEgood']) {
    const { ids } = tokenizer.encode(text);
    assert.ok(ids.length >= 3 && ids.every((id) => Number.isInteger(id) && id >= 0), JSON.stringify(text));
    assert.ok(!ids.slice(1, -1).includes(end));
  }
});

test('post-processors of BERT and XLM-R frame alike', () => {
  for (const type of ['BertProcessing', 'RobertaProcessing']) {
    const post_processor = { type, cls: ['<s>', begin], sep: ['</s>', end] };
    const ids = new TextTokenizer({ ...json, post_processor }, 32, '').encode('good').ids;
    assert.deepEqual(ids, tokenizer.encode('good').ids);
  }
  const none = new TextTokenizer({ ...json, post_processor: null }, 32, '').encode('good').ids;
  assert.equal(none.length, 1);
  assert.throws(() => new TextTokenizer({ ...json, post_processor: { type: 'Odd' } }, 32, 'tokenizer.json'), {
    code: 'TOKENIZER_INVALID',
    message: /the post-processor Odd is not supported/,
  });
});
