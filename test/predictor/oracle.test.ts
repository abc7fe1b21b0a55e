import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { shippedBundles } from '../../src/bundle/find-bundle.ts';
import { TextTokenizer } from '../../src/predictor/tokenizer.ts';
import { repositoryRoot } from '../support/paths.ts';

/** Made by `models/training/tokenizer_oracle.py` with the Rust tokenizers. */
interface Oracle {
  tokenizer: Record<string, unknown>;
  cases: [text: string, ids: number[]][];
  /** Texts that voxpop splits otherwise: its Unicode tables are newer than the reference's. */
  known_differences: [text: string, ids: number[]][];
  /** Tokenizers that differ in the changes alone. */
  variants: { changes: Record<string, unknown>; cases: [text: string, ids: number[]][] }[];
}

for (const name of ['xlm-roberta', 'bert-cased', 'bert-uncased', 'byte-level']) {
  const path = join(repositoryRoot, 'test', 'predictor', 'oracle', `${name}.json`);
  const oracle = JSON.parse(readFileSync(path, 'utf8')) as Oracle;
  const tokenizer = new TextTokenizer(oracle.tokenizer, 512, path);

  test(`${name}: token ids are those of the reference`, () => {
    assert.ok(oracle.cases.length > 50);
    for (const [text, ids] of oracle.cases) assert.deepEqual(tokenizer.encode(text).ids, ids, text);
  });

  oracle.variants.forEach(({ changes, cases }, number) => {
    test(`${name}, changed (${number}): token ids are those of the reference`, () => {
      const changed = new TextTokenizer({ ...oracle.tokenizer, ...changes }, 512, path);
      // Twice: the second time words come from the cache.
      for (const [text, ids] of [...cases, ...cases])
        assert.deepEqual(changed.encode(text).ids, ids, JSON.stringify(text));
    });
  });

  test(`${name}: the differences are the known ones`, () => {
    for (const [text, ids] of oracle.known_differences)
      assert.notDeepEqual(tokenizer.encode(text).ids, ids, JSON.stringify(text));
  });

  test(`${name}: special tokens written in a text are plain text`, () => {
    const special = (oracle.tokenizer['added_tokens'] as { content: string; id: number }[])
      // What the vocabulary does not hold is unknown, and so may a special token's letters be.
      .filter(({ content }) => !/unk/i.test(content));
    for (const { content, id } of special) {
      const { ids } = tokenizer.encode(`ok ${content} ok`);
      assert.ok(!ids.slice(1, -1).includes(id), content);
    }
  });
}

test('bundles that ship give the token ids of the reference', async (t) => {
  const path = join(repositoryRoot, 'test', 'predictor', 'oracle', 'shipped.json');
  type Shipped = Pick<Oracle, 'cases' | 'known_differences'> & { sha256: string };
  const { tokenizers } = JSON.parse(readFileSync(path, 'utf8')) as { tokenizers: Shipped[] };
  const shipped = await shippedBundles();
  assert.ok(shipped.length > 1);
  for (const name of shipped) {
    await t.test(name, () => {
      const file = join(repositoryRoot, 'models', name, 'tokenizer.json');
      const bytes = readFileSync(file);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const oracle = tokenizers.find((each) => each.sha256 === sha256);
      const again = 'run models/training/tokenizer_oracle.py again';
      assert.ok(oracle, `${file} is not the one that ${path} is of: ${again}`);
      const tokenizer = new TextTokenizer(
        JSON.parse(bytes.toString('utf8')) as Record<string, unknown>,
        512,
        file,
      );
      assert.ok(oracle.cases.length > 200);
      for (const [text, ids] of oracle.cases) {
        // Of a text without tokens the reference keeps those that frame it; nothing is scored then.
        const expected = ids.length > 2 ? ids : [];
        assert.deepEqual(tokenizer.encode(text).ids, expected, JSON.stringify(text));
      }
      for (const [text, ids] of oracle.known_differences)
        assert.notDeepEqual(tokenizer.encode(text).ids, ids, JSON.stringify(text));
    });
  }
});

test('tables that are cut off and pieces without end are refused', () => {
  const oracle = JSON.parse(
    readFileSync(join(repositoryRoot, 'test', 'predictor', 'oracle', 'xlm-roberta.json'), 'utf8'),
  ) as Oracle;
  const { model, normalizer } = oracle.tokenizer as { model: object; normalizer: object };
  const make = (changes: object): TextTokenizer =>
    new TextTokenizer({ ...oracle.tokenizer, ...changes }, 32, 'tokenizer.json');
  const cutOff = Buffer.from([0xff, 0xff, 0xff, 0xff, 0]).toString('base64');
  assert.throws(() => make({ normalizer: { ...normalizer, precompiled_charsmap: cutOff } }), {
    code: 'TOKENIZER_INVALID',
    message: /charsmap is cut off/,
  });
  const vocab = [
    ['<unk>', 0],
    ['a'.repeat(1000), -1],
  ];
  assert.throws(() => make({ model: { ...model, unk_id: 0, vocab } }), {
    code: 'TOKENIZER_INVALID',
    message: /at most 256 characters/,
  });
});

test('a Unigram tokenizer with Metaspace alone splits at every space, and one without prefix adds none', () => {
  const vocab = ['<unk>', '▁', 'a', 'b', '▁a', '▁b', '▁a▁b'].map((piece, id) => [
    piece,
    id === 6 ? 0 : -1 - id,
  ]);
  const encode = (pre_tokenizer: object): number[] =>
    new TextTokenizer(
      { added_tokens: [], normalizer: null, pre_tokenizer, model: { type: 'Unigram', unk_id: 0, vocab } },
      32,
      'tokenizer.json',
    ).encode('a b').ids;
  const metaspace = { type: 'Metaspace', replacement: '▁' };
  assert.deepEqual(encode(metaspace), [4, 5]);
  assert.deepEqual(encode({ ...metaspace, split: false }), [6]);
  assert.deepEqual(encode({ ...metaspace, prepend_scheme: 'never' }), [2, 5]);
  assert.deepEqual(encode({ ...metaspace, add_prefix_space: false }), [2, 5]);
  assert.deepEqual(
    encode({ type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] }),
    [4, 5],
  );
});
