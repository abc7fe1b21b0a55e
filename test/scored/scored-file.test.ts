import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { InputError } from '../../src/errors.ts';
import { report } from '../../src/index.ts';
import { openScoredFile, type ScoredFileOptions } from '../../src/scored/scored-file.ts';
import { scratchDirectory } from '../support/scratch.ts';

const table = [
  'id,comment,sentiment,sentiment_score,v2_sentiment,v2_sentiment_score',
  '1,nice pool,cross,0.9,glad,0.8',
  '2,cold room,glad,0.9,cross,0.8',
];
const records = [
  '{"id":1,"comment":"nice pool","predictions":{"sentiment":{"label":"cross"}},"v2_predictions":{"sentiment":{"label":"glad"}}}',
  '{"id":2,"comment":"cold room","predictions":{"sentiment":{"label":"glad"}},"v2_predictions":{"sentiment":{"label":"cross"}}}',
];

/** Writes a file, with a manifest beside it where a prefix is told. */
function written(t: TestContext, name: string, lines: readonly string[], prefix?: string): string {
  const path = join(scratchDirectory(t), prefix === undefined ? name : `told.${name}`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  if (prefix !== undefined) {
    const manifest = {
      manifest_version: 1,
      options: { prefix },
      problem_types: { sentiment: 'single_label_classification' },
      labels: { sentiment: { glad: 1, cross: 1 } },
    };
    writeFileSync(`${path}.manifest.json`, JSON.stringify(manifest));
  }
  return path;
}

async function labelsOf(
  path: string,
  options: ScoredFileOptions = {},
): Promise<[unknown, string[], string[]]> {
  const file = await openScoredFile(path, options);
  const found: [string | undefined, string | undefined][] = [];
  for await (const batch of file.rows()) {
    for (const { texts } of batch) {
      for (const { text, tasks } of texts) found.push([text, tasks[0]?.labels[0]]);
    }
  }
  await file.close();
  return [found.map(([, label]) => label), found.map(([text]) => text ?? ''), file.notices()];
}

test('of a file that was scored twice the labels of the run that is told are read', async (t) => {
  for (const [name, lines] of [
    ['out.csv', table],
    ['out.jsonl', records],
  ] as const) {
    const bare = written(t, name, lines);
    const told = written(t, name, lines, 'v2_');
    assert.deepEqual((await labelsOf(told))[0], ['glad', 'cross']);
    assert.deepEqual((await labelsOf(told, { prefix: '' }))[0], ['cross', 'glad']);
    assert.deepEqual((await labelsOf(bare, { prefix: 'v2_' }))[0], ['glad', 'cross']);
    await assert.rejects(labelsOf(bare), (error: InputError) => {
      assert.equal(error.code, 'SCORED_TWICE');
      assert.match(error.hint ?? '', /`--prefix ''` or `--prefix v2_`/);
      return true;
    });
    await assert.rejects(labelsOf(bare, { prefix: 'v3_' }), { code: 'NOT_SCORED' });
    const [labels, , notices] = await labelsOf(told, { prefix: 'v3_' });
    assert.deepEqual(labels, ['glad', 'cross']);
    assert.match(notices.join(), /no labels under the prefix `v3_`.*under `v2_`/);
  }
});

test('labels under other names than the manifest tells are found all the same', async (t) => {
  const renamed = ['comment,ai_sentiment,ai_sentiment_score', 'nice pool,glad,0.8'];
  assert.deepEqual((await labelsOf(written(t, 'out.csv', renamed, '')))[0], ['glad']);
});

test('a row that is a sentence has that for its text, and is no comment', async (t) => {
  const sentences = [
    'id,comment,sentence,sentence_start,sentence_end,sentiment,sentiment_score',
    '1,Nice pool. Cold room.,Nice pool.,0,10,glad,0.8',
    '1,Nice pool. Cold room.,Cold room.,11,21,cross,0.8',
    '2,,,,,,',
  ];
  const lines = [
    '{"comment":"Nice pool. Cold room.","predictions":{"sentence":{"text":"Nice pool.","start":0,"end":10},"sentiment":{"label":"glad"}}}',
    '{"comment":"Nice pool. Cold room.","predictions":{"sentence":{"text":"Cold room.","start":11,"end":21},"sentiment":{"label":"cross"}}}',
    '{"comment":"","predictions":{"sentence":null,"sentiment":{"label":null}}}',
  ];
  for (const path of [written(t, 'out.csv', sentences, ''), written(t, 'out.jsonl', lines)]) {
    assert.deepEqual((await labelsOf(path)).slice(0, 2), [
      ['glad', 'cross', undefined],
      ['Nice pool.', 'Cold room.', ''],
    ]);
    await assert.rejects(report({ input: path }), { code: 'ROWS_ARE_SENTENCES' });
  }
});
