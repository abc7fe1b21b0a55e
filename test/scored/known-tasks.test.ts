import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { report } from '../../src/index.ts';
import { readRunSummary } from '../../src/pipeline/read-manifest.ts';
import { knownLabels } from '../../src/scored/known-tasks.ts';
import { openScoredFile } from '../../src/scored/scored-file.ts';
import { fixtureBundle } from '../support/feedback-labels.ts';
import { scratchDirectory } from '../support/scratch.ts';

const manifest = {
  manifest_version: 1,
  bundle: { name: 'hotel', version: '1' },
  counts: { rows: 4, scored: 4 },
  options: { text: ['words'] },
  problem_types: {
    mood: 'single_label_classification',
    amenity: 'multi_label_classification',
    theme: 'multi_label_classification',
  },
  labels: {
    mood: { glad: 1, cross: 3 },
    amenity: { pool: 1, bar: 0 },
    theme: { room: 2, food: 1, staff: 0, price: 1 },
  },
};

const rows = [
  'words,mood,amenity,theme',
  'nice pool,glad,pool,',
  'cold room,cross,,room',
  'cold food in a cold room,cross,,room;food',
  'too dear,cross,,price',
];

test('the tasks of another bundle are those that its manifest tells, kinds and labels included', async (t) => {
  const path = join(scratchDirectory(t), 'out.csv');
  writeFileSync(path, `${rows.join('\n')}\n`);
  writeFileSync(`${path}.manifest.json`, JSON.stringify(manifest));
  const { tasks: known } = await knownLabels(await readRunSummary(`${path}.manifest.json`), undefined);
  assert.deepEqual(
    known.map(({ name, isMulti, labels }) => [name, isMulti, labels.length]),
    [
      ['mood', false, 2],
      ['amenity', true, 2],
      ['theme', true, 4],
    ],
  );
  const document = await report({ input: path });
  // The task with most labels is taken for that of topics; without a role the first label is compared by, and said.
  assert.deepEqual(document.focus, { task: 'mood', labels: ['glad'], name: 'Glad' });
  assert.equal(document.topics.task, 'theme');
  assert.deepEqual(
    document.tasks.map(({ task, multi_label: isMulti }) => [task, isMulti]),
    [
      ['mood', false],
      ['amenity', true],
      ['theme', true],
    ],
  );
  assert.match(document.notices.join(), /which labels are negative, positive, problem[\s\S]*--role/);
  assert.match(document.notices.join(), /compared by mood=glad/);
});

test('without a manifest a bundle tells the tasks; what was found by name alone is said', async (t) => {
  const path = join(scratchDirectory(t), 'out.csv');
  writeFileSync(path, 'comment,sentiment,mood\ngood,positive,glad\n');
  const file = await openScoredFile(path, { model: fixtureBundle });
  await file.close();
  assert.deepEqual(
    file.tasks.map(({ name, isMulti }) => [name, isMulti]),
    [['sentiment', false]],
  );
  assert.match(file.notices().join(), /no scores and no manifest.*`sentiment` was taken for labels by name/);
  const chosen = await openScoredFile(path, { tasks: ['sentiment', 'mood'] });
  await chosen.close();
  assert.deepEqual(chosen.notices(), []);
  await assert.rejects(knownLabels(undefined, 'no-such-bundle'), { code: 'BUNDLE_NOT_FOUND' });
  const { tasks: fallback } = await knownLabels(undefined, undefined);
  assert.ok(fallback.some(({ name, isMulti }) => name === 'topic' && isMulti));
});
