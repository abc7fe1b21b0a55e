import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tokenizer } from '@huggingface/tokenizers';
import { bytePairEncoder } from '../../src/predictor/byte-pair.ts';
import { wordPieceEncoder } from '../../src/predictor/word-piece.ts';
import { seededRandom } from '../../src/random.ts';
import { feedbackTexts } from '../support/feedback-texts.ts';
import { makePieces, makeTokenizer } from '../support/fixture-pieces.ts';

type Json = Record<string, unknown>;

/** The library alone is the reference; it is itself checked against the Rust tokenizers. */
function assertSameIds(json: Json, texts: readonly string[]): void {
  const plain = { ...json, added_tokens: [], post_processor: null, decoder: null };
  const isWordPiece = (json['model'] as Json)['type'] === 'WordPiece';
  const words = (isWordPiece ? wordPieceEncoder : bytePairEncoder)(plain, new Set());
  const library = new Tokenizer(plain, {});
  // Twice: the second time words come from the cache.
  for (const text of [...texts, ...texts]) {
    assert.deepEqual(words.encode(text), library.encode(text).ids, JSON.stringify(text));
  }
}

const oddTexts = [
  '',
  ' ',
  'a',
  'aa',
  'aaaa',
  '😀😀x😀',
  'x'.repeat(300),
  'ａｂＣ ﬁ',
  'ab\u0301',
  '\u2581a\u2581\u2581b',
];
// The library makes a token of nothing where a blank text is put a sign in front; the reference does not.
const texts = [...feedbackTexts(), ...oddTexts].filter((text) => text.trim() !== '');

test('WordPiece', () => assertSameIds(makeTokenizer(makePieces()) as Json, texts));

test('byte-pair merges: lowest rank first, leftmost first, unknown characters, whole words', () => {
  const merges = ['a a', 'aa a', 'b a', 'a b', 'aa b', 'ab a'];
  const pieces = ['<unk>', 'a', 'b', 'aa', 'aaa', 'ba', 'ab', 'aab', 'aba', 'bab'];
  const vocab = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  const random = seededRandom(5);
  const made = Array.from({ length: 3000 }, () =>
    Array.from({ length: 1 + Math.floor(random() * 12) }, () => 'aaabbx '[Math.floor(random() * 7)]).join(''),
  );
  for (const options of [{}, { unk_token: '<unk>' }, { unk_token: '<unk>', ignore_merges: true }]) {
    const pre_tokenizer = { type: 'Split', pattern: { String: ' ' }, behavior: 'Isolated', invert: false };
    const model = { type: 'BPE', vocab, merges: merges.map((merge) => merge.split(' ')), ...options };
    const json = { added_tokens: [], normalizer: null, pre_tokenizer, model };
    assertSameIds(json, made);
    assertSameIds({ ...json, model: { ...model, merges } }, made.slice(0, 100));
  }
});

test('unknown characters in a row are one where they fuse, within a word', () => {
  const json = {
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: ' ?[^ ]' }, behavior: 'Isolated', invert: false },
    model: { type: 'BPE', vocab: { '<unk>': 0, a: 1 }, merges: [], unk_token: '<unk>', fuse_unk: true },
  };
  assert.deepEqual(bytePairEncoder(json, new Set()).encode('ax xy a'), [1, 0, 0, 0, 0, 1]);
});

test('more words than are kept', () => {
  const json = makeTokenizer(makePieces()) as Json;
  const tokenizer = wordPieceEncoder(json, new Set());
  const first = tokenizer.encode('good service');
  for (let word = 0; word < 50_000; word++) tokenizer.encode(`w${word}`);
  assert.deepEqual(tokenizer.encode('good service'), first);
});
