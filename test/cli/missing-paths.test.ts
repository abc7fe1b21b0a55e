/** A path that no record of JSON Lines has is refused by every verb, as a column is that a table does not have. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { runMain } from '../support/run-main.ts';
import { scratchDirectory } from '../support/scratch.ts';

const records = [
  { id: 1, comment: 'Great service', gold: 'positive', predictions: { sentiment: { label: 'positive' } } },
  { id: 2, comment: 'Terrible app', shop: 'A', predictions: { sentiment: { label: 'negative' } } },
];
const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
const bundle = ['-m', fixtureBundle, '-w', '1'];

const refused: [name: string, option: RegExp, args: (file: string) => string[]][] = [
  ['report --by', /`sop`[\s\S]*`shop`|`sop`[\s\S]*--by/u, (file) => ['report', file, '--by', 'sop']],
  ['report --date', /`when`[\s\S]*--date/u, (file) => ['report', file, '--date', 'when']],
  ['report --text', /`words`[\s\S]*--text/u, (file) => ['report', file, '--text', 'words']],
  ['compare --key', /`nr`[\s\S]*--key/u, (file) => ['compare', file, file, '--key', 'nr']],
  [
    'evaluate --gold',
    /`right`[\s\S]*--gold/u,
    (file) => ['evaluate', file, ...bundle, '--gold', 'sentiment=right'],
  ],
  [
    'evaluate --by',
    /`when`[\s\S]*--by/u,
    (file) => ['evaluate', file, ...bundle, '--gold', 'sentiment=gold', '--by', 'when'],
  ],
];

for (const [name, expected, args] of refused) {
  test(`a path that no record has is refused: ${name}`, async (t) => {
    const file = join(scratchDirectory(t), 'scored.jsonl');
    writeFileSync(file, lines);
    const { code, stderr } = await runMain(args(file));
    assert.equal(code, exitCodes.usage, stderr);
    assert.match(stderr, expected);
  });
}

test('a path that only some records have is taken', async (t) => {
  const file = join(scratchDirectory(t), 'scored.jsonl');
  writeFileSync(file, lines);
  const { code, stdout, stderr } = await runMain(['report', file, '--by', 'shop', '--format', 'json']);
  assert.equal(code, exitCodes.ok, stderr);
  assert.match(stdout, /"by": "shop"/u);
});
