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

const unigram = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [
      ['<unk>', 0],
      ['a', -1],
    ],
  },
};
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
const bytePair = {
  ...unigram,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
};

const unsupported: [string, object, RegExp][] = [
  ['no model', { model: null }, /found the model undefined/],
  ['another model', { model: { type: 'WordLevel', vocab: {} } }, /found the model WordLevel/],
  [
    'bytes for unknown characters',
    { model: { ...unigram.model, byte_fallback: true } },
    /found Unigram with byte_fallback true/,
  ],
  ['no unknown piece', { model: { ...unigram.model, unk_id: null } }, /found Unigram with unk_id null/],
  ['an unknown piece outside', { model: { ...unigram.model, unk_id: 2 } }, /found Unigram with unk_id 2/],
  ['no pre-tokenizer', { pre_tokenizer: null }, /found Unigram with no pre-tokenizer/],
  [
    'Metaspace in front of the first word',
    {
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [{ type: 'WhitespaceSplit' }, { ...metaspace, prepend_scheme: 'first' }],
      },
    },
    /found Unigram with WhitespaceSplit, Metaspace first/,
  ],
  [
    'another sign for a space',
    { pre_tokenizer: { ...metaspace, replacement: '_' } },
    /found Unigram with Metaspace of "_"/,
  ],
  [
    'Metaspace first, white space after it',
    { pre_tokenizer: { type: 'Sequence', pretokenizers: [metaspace, { type: 'WhitespaceSplit' }] } },
    /found Unigram with Metaspace always, WhitespaceSplit/,
  ],
  [
    'BERT at word boundaries',
    { ...(json as object), pre_tokenizer: { type: 'Whitespace' } },
    /found WordPiece with Whitespace/,
  ],
  [
    'a byte-level prefix before every part',
    {
      ...bytePair,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { String: 'a' }, behavior: 'Isolated', invert: false },
          { type: 'ByteLevel', add_prefix_space: true },
        ],
      },
    },
    /found BPE with Split Isolated, ByteLevel with prefix/,
  ],
  [
    'a split that drops what it splits at',
    {
      ...bytePair,
      pre_tokenizer: { type: 'Split', pattern: { String: 'a' }, behavior: 'Removed', invert: false },
    },
    /found BPE with Split Removed/,
  ],
  ['dropout', { ...bytePair, model: { ...bytePair.model, dropout: 0.1 } }, /found BPE with dropout 0\.1/],
  [
    'an end of words',
    { ...bytePair, model: { ...bytePair.model, end_of_word_suffix: '</w>' } },
    /found BPE with end_of_word_suffix "<\/w>"/,
  ],
  ['a normalizer', { normalizer: { type: 'Nmt' } }, /the normalizer Nmt is not supported/],
  [
    'an added token without text',
    { added_tokens: [{ id: 1, content: '' }] },
    /expected added tokens with content and id/,
  ],
  [
    'an id that is none',
    { ...bytePair, model: { ...bytePair.model, vocab: { a: -1 } } },
    /the piece a, found -1/,
  ],
];

test('tokenizers of other shapes than those compared with the reference are refused, in words', () => {
  assert.deepEqual(new TextTokenizer(unigram, 32, '').encode('a').ids, [1]);
  assert.deepEqual(new TextTokenizer(bytePair, 32, '').encode('a').ids, [0]);
  for (const [name, changes, message] of unsupported) {
    const make = (): TextTokenizer => new TextTokenizer({ ...unigram, ...changes }, 32, 'tokenizer.json');
    assert.throws(make, { code: 'TOKENIZER_INVALID', message }, name);
  }
});

test('a tokenizer without types, as they were saved long ago, is told by its parts', () => {
  const { type: _, ...model } = unigram.model;
  assert.deepEqual(new TextTokenizer({ ...unigram, model }, 32, '').encode('a').ids, [1]);
});

test('the highest id is that of what texts may have: no special token, unless it stands around them', () => {
  const vocab = ['<unk>', 'a', 'b', '</s>', '<mask>'].map((piece) => [piece, -1]);
  const token = (content: string, id: number, special: boolean): object => ({ content, id, special });
  const highest = (changes: object): number =>
    new TextTokenizer({ ...unigram, model: { ...unigram.model, vocab }, ...changes }, 32, '').highestId;
  assert.equal(highest({}), 4);
  const special = [token('</s>', 3, true), token('<mask>', 4, true)];
  assert.equal(highest({ added_tokens: special }), 2);
  assert.equal(highest({ added_tokens: [...special, token('<user>', 9, false)] }), 9);
  const post_processor = { type: 'BertProcessing', cls: ['a', 1], sep: ['</s>', 3] };
  assert.equal(highest({ added_tokens: special, post_processor }), 3);
});
