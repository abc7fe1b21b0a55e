import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { whyUnfit } from '../../src/bundle/unfit-pattern.ts';
import { refuseUnfitPatterns } from '../../src/bundle/check-tokenizer.ts';
import { repositoryRoot } from '../support/paths.ts';

const unfit: [string, RegExp][] = [
  ['(a+)+b', /a repetition is inside a repetition/],
  ['(a|a)*b', /can match in several ways/],
  ['(\\w|\\d)*!', /\\w means something else/],
  ['(\\s|\\d)*!', /can match in several ways/],
  ['(?=(a|aa)*c)b', /can match in several ways/],
  ['(?=a+c)b', /looks ahead or behind without bound/],
  ['(?<!a+)b', /looks ahead or behind without bound/],
  ['a*a*a*a*a*b', /two repetitions without bound follow each other/],
  ['\\s*\\s+!', /two repetitions without bound follow each other/],
  ['(?:a?){40}b', /more than 1000 ways/],
  ['a?a?a?a?a?a?a?a?a?a?a?b', /more than 1000 ways/],
  ['(a|a)(a|a)(a|a)(a|a)b*', /in more than 8 ways/],
  ['[ab]{1,99}[ab]{1,99}c', /more than 1000 ways/],
  ['(a*){2}', /a repetition is inside a repetition/],
  ['(a)\\1', /refers back/],
  ['a'.repeat(20_000), /more than 10000 characters/],
  ['(', /./],
  ['[\\w-]', /\\w means something else in the reference's engine/],
  ['a.', /\. means something else/],
  ['^a', /\^ means something else/],
  ['a$', /\$ means something else/],
  ['\\ba', /\\b means something else/],
];

test('patterns that could take long, or mean something else, are refused with the reason', () => {
  for (const [pattern, reason] of unfit) assert.match(whyUnfit(pattern) ?? 'passed', reason, pattern);
});

test('patterns of real tokenizers pass', () => {
  for (const pattern of [
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
    ' {2,}',
    '\\s+',
    '[\\u0300-\\u036F]',
    '(?:ab)+',
    '\\p{N}{1,3}',
  ])
    assert.equal(whyUnfit(pattern), undefined, pattern);
});

test('the bundles that come with voxpop pass', () => {
  const models = join(repositoryRoot, 'models');
  const files = readdirSync(models).map((name) => join(models, name, 'tokenizer.json'));
  const tokenizers = files.flatMap((file) => {
    try {
      return [JSON.parse(readFileSync(file, 'utf8')) as unknown];
    } catch {
      return [];
    }
  });
  assert.ok(tokenizers.length > 0);
  for (const tokenizer of tokenizers) refuseUnfitPatterns(tokenizer, 'tokenizer.json');
});
